//! Means, widths and correlations of internal coordinates, from frames. Fits no network.

use super::internal::{InternalCoordinates, PlacementTree, wrapped};
use super::pairs::{Frames, Shaking, draw_whole_pair};
use super::torsion_density::TorsionDensity;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::{PI, TAU};

/// Pairs that the numbers are taken from.
const N_PAIRS: usize = 20_000;
/// Bins that a torsion's turn is cut between.
const N_BINS: usize = 36;
/// Standard deviation above which a torsion has a density of its own, rad.
const WIDE_RAD: f64 = 0.4;
/// Standard deviation below which a coordinate of x counts as always the same, nm or rad.
const SAME: f64 = 1e-6;

impl InternalCoordinates {
    /// Coordinates whose z have mean 0 and variance 1 over the pairs that training draws, each by itself.
    ///
    /// The turn of a torsion is cut in the middle of its emptiest twelfth.
    ///
    /// # Panics
    /// If the frames have no pair.
    #[must_use]
    pub fn fit(tree: PlacementTree, sources: &[Frames], shaking: Shaking, seed: u64) -> Self {
        let n_atoms = tree.n_atoms();
        let mut stream = Xoshiro256PlusPlus::seed_from_u64(seed ^ 0x1f17);
        let mut pairs: Vec<[Vec<f64>; 2]> = (0..N_PAIRS)
            .map(|_| {
                let (_, [x, y]) = draw_whole_pair(sources, shaking, Some(&tree), &mut stream);
                let frame = tree.frame(&x);
                [&x, &y].map(|positions| tree.coordinates(&frame, positions).0)
            })
            .collect();
        let mut coordinates = Self {
            means: vec![0.0; 3 * n_atoms],
            centers_rad: vec![0.0; n_atoms],
            correlations: vec![0.0; 3 * n_atoms],
            spreads: vec![0.0; 3 * n_atoms],
            widths: vec![1.0; 3 * n_atoms],
            torsions: Vec::new(),
            tree,
        };
        coordinates.find_turns(&pairs);
        coordinates.find_densities(&pairs);
        for [x, y] in &mut pairs {
            let (means, turns) = coordinates.wells(x);
            for values in [&mut *x, y] {
                coordinates.flatten(values, &turns);
                // As if x were in the first well, so that one mean serves all.
                for &[atom, ..] in &coordinates.tree.rotors {
                    values[3 * atom + 2] -= means[3 * atom + 2] - coordinates.means[3 * atom + 2];
                }
            }
        }
        for index in 0..3 * n_atoms {
            coordinates.fit_one(index, &pairs);
        }
        coordinates
    }

    fn find_turns(&mut self, pairs: &[[Vec<f64>; 2]]) {
        for atom in self.with_torsion().collect::<Vec<_>>() {
            let is_rotor = self.tree.rotors.iter().any(|rotor| rotor[0] == atom);
            let torsions = || pairs.iter().map(|[_, y]| y[3 * atom + 2]);
            self.centers_rad[atom] = if is_rotor {
                let (sin, cos) = torsions().fold((0.0, 0.0), |(sin, cos), torsion| {
                    let (s, c) = (3.0 * torsion).sin_cos();
                    (sin + s, cos + c)
                });
                self.means[3 * atom + 2] = sin.atan2(cos) / 3.0;
                self.means[3 * atom + 2]
            } else {
                wrapped(emptiest(torsions()) + PI)
            };
        }
    }

    fn find_densities(&mut self, pairs: &[[Vec<f64>; 2]]) {
        for atom in self.with_torsion().collect::<Vec<_>>() {
            let center = self.centers_rad[atom];
            let angle = |[_, y]: &[Vec<f64>; 2]| center + wrapped(y[3 * atom + 2] - center);
            let angles: Vec<f64> = pairs.iter().map(angle).collect();
            let is_rotor = self.tree.rotors.iter().any(|rotor| rotor[0] == atom);
            if !is_rotor && spread(&angles) > WIDE_RAD {
                let density = TorsionDensity::fit(atom, center, &angles);
                self.torsions.push(density);
            }
        }
    }

    fn fit_one(&mut self, index: usize, pairs: &[[Vec<f64>; 2]]) {
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let share = 1.0 / pairs.len() as f64;
        let mean = |of: &dyn Fn(f64, f64) -> f64| {
            share
                * pairs
                    .iter()
                    .map(|[x, y]| of(x[index], y[index]))
                    .sum::<f64>()
        };
        let (mean_x, mean_y) = (mean(&|x, _| x), mean(&|_, y| y));
        let variance_x = mean(&|x, _| (x - mean_x).powi(2));
        let variance_y = mean(&|_, y| (y - mean_y).powi(2));
        let covariance = mean(&|x, y| (x - mean_x) * (y - mean_y));
        self.means[index] = mean_y;
        if variance_x > SAME * SAME {
            self.means[index] = 0.5 * (mean_x + mean_y);
            self.spreads[index] = variance_x.sqrt();
            self.correlations[index] = (covariance / variance_x).clamp(-1.0, 1.0);
        }
        let rest = variance_y - self.correlations[index] * covariance;
        self.widths[index] = rest.max(SAME * SAME).sqrt();
    }
}

#[expect(clippy::cast_precision_loss, reason = "a small number")]
fn spread(values: &[f64]) -> f64 {
    let share = 1.0 / values.len() as f64;
    let mean = share * values.iter().sum::<f64>();
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (share * squares).sqrt()
}

/// Middle of the twelfth of a turn that has the fewest angles; of several, of that farthest from the others' mean.
fn emptiest(angles: impl Iterator<Item = f64>) -> f64 {
    let (mut counts, mut sin, mut cos) = ([0_usize; N_BINS], 0.0, 0.0);
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let width = TAU / N_BINS as f64;
    for angle in angles {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the number of bins"
        )]
        let bin = ((wrapped(angle) + PI) / width) as usize;
        counts[bin.min(N_BINS - 1)] += 1;
        sin += angle.sin();
        cos += angle.cos();
    }
    let mean = f64::atan2(sin, cos);
    let candidates = (0..N_BINS).map(|bin| {
        let around = (N_BINS - 1..=N_BINS + 1).map(|shift| counts[(bin + shift) % N_BINS]);
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let middle = -PI + (bin as f64 + 0.5) * width;
        (around.sum::<usize>(), middle)
    });
    let distance = |middle: f64| wrapped(middle - mean).abs();
    candidates
        .min_by(|(a, at), (b, bt)| a.cmp(b).then(distance(*bt).total_cmp(&distance(*at))))
        .map_or(0.0, |(_, middle)| middle)
}
