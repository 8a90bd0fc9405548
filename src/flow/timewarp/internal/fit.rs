//! Means, widths and correlations of internal coordinates, from frames.

use super::coordinates::InternalCoordinates;
use super::local::LocalNormal;
use super::torsion::TorsionDensity;
use super::tree::PlacementTree;
use crate::flow::timewarp::training::pairs::{Frames, Shaking, draw_whole_pair};
use crate::vector::wrap_half_open;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::{PI, TAU};

/// Pairs that the numbers are taken from.
const N_PAIRS: usize = 60_000;
/// Frames that the wells of rotors are taken from.
const N_FRAMES: usize = 5_000;
/// Bins that a torsion's turn is cut between.
const N_BINS: usize = 36;
/// Standard deviation above which a torsion has a density of its own, rad.
const WIDE_RAD: f64 = 0.4;
/// Standard deviation below which a coordinate of x counts as always the same, nm or rad.
const SAME: f64 = 1e-6;
/// Highest sum of multiples in a harmonic.
const MAX_ORDER: i32 = 3;

/// Internal coordinates of an x and a y, `[n_atoms, 3]` each.
type Pair = [Vec<f64>; 2];

impl InternalCoordinates {
    /// Coordinates whose z have mean 0 and variance 1 over the pairs that training draws, uncorrelated but for wide torsions.
    ///
    /// The turn of a torsion is cut in the middle of its emptiest twelfth.
    ///
    /// # Panics
    /// If the frames have no pair.
    #[must_use]
    pub fn fit(tree: PlacementTree, sources: &[Frames], shaking: Shaking, seed: u64) -> Self {
        let n_atoms = tree.n_atoms();
        let mut stream = Xoshiro256PlusPlus::seed_from_u64(seed ^ 0x1f17);
        let mut coordinates = Self {
            means: vec![0.0; 3 * n_atoms],
            centers_rad: vec![0.0; n_atoms],
            correlations: vec![0.0; 3 * n_atoms],
            spreads: vec![0.0; 3 * n_atoms],
            widths: vec![1.0; 3 * n_atoms],
            torsions: Vec::new(),
            local: LocalNormal::neutral((0..3 * n_atoms).collect(), Vec::new()),
            tree,
        };
        coordinates.find_wells(sources, &mut stream);
        let mut pairs: Vec<Pair> = (0..N_PAIRS)
            .map(|_| {
                let naming = Some(coordinates.naming());
                let (_, [x, y]) = draw_whole_pair(sources, shaking, naming, &mut stream);
                let frame = coordinates.tree.frame(&x);
                [&x, &y].map(|positions| coordinates.tree.coordinates(&frame, positions).0)
            })
            .collect();
        coordinates.find_turns(&pairs);
        coordinates.find_densities(&pairs);
        let features: Vec<Vec<f64>> = pairs
            .iter()
            .map(|[_, y]| coordinates.local.features(y))
            .collect();
        for [x, y] in &mut pairs {
            let turns = coordinates.turns(x);
            for values in [x, y] {
                coordinates.flatten(values, &turns);
            }
        }
        for index in 0..3 * n_atoms {
            coordinates.fit_one(index, &pairs);
        }
        let moved = pairs.iter().map(|pair| coordinates.moved(pair));
        let rows: Vec<_> = features.into_iter().zip(moved).collect();
        let n_distinct = sources.iter().map(Frames::n_pairs).sum();
        coordinates.local.fit(&rows, n_distinct);
        coordinates
    }

    fn find_wells(&mut self, sources: &[Frames], stream: &mut Xoshiro256PlusPlus) {
        let n_atoms = self.tree.n_atoms();
        let mut sums = vec![[0.0; 2]; n_atoms];
        for _ in 0..N_FRAMES {
            let frames = &sources[stream.random_range(0..sources.len())];
            let n_frames = frames.positions.len() / (3 * n_atoms);
            let positions = frames.conformation(stream.random_range(0..n_frames));
            let frame = self.tree.frame(&positions);
            let (values, _) = self.tree.coordinates(&frame, &positions);
            for &[atom, ..] in &self.tree.rotors {
                let (sin, cos) = (3.0 * values[3 * atom + 2]).sin_cos();
                sums[atom] = [sums[atom][0] + sin, sums[atom][1] + cos];
            }
        }
        for &[atom, ..] in &self.tree.rotors {
            self.centers_rad[atom] = sums[atom][0].atan2(sums[atom][1]) / 3.0;
        }
    }

    fn is_rotor(&self, atom: usize) -> bool {
        self.tree.rotors.iter().any(|rotor| rotor[0] == atom)
    }

    fn find_turns(&mut self, pairs: &[Pair]) {
        for atom in self.with_torsion().collect::<Vec<_>>() {
            if !self.is_rotor(atom) {
                let torsions = pairs.iter().map(|[_, y]| y[3 * atom + 2]);
                self.centers_rad[atom] = wrap_half_open(emptiest(torsions) + PI);
            }
        }
    }

    /// Densities of rotors and of wide torsions, each of these given the one before; and what the other coordinates may follow.
    fn find_densities(&mut self, pairs: &[Pair]) {
        let mut harmonics = Vec::new();
        let mut before: Option<(usize, Vec<f64>)> = None;
        for atom in self.with_torsion().collect::<Vec<_>>() {
            let center = self.centers_rad[atom];
            let fold = if self.is_rotor(atom) { 3 } else { 1 };
            let turn = TAU / f64::from(fold);
            let angle = |[_, y]: &Pair| {
                let turns = (y[3 * atom + 2] - center) / turn;
                center + turn * (turns - turns.round())
            };
            let angles: Vec<f64> = pairs.iter().map(angle).collect();
            if fold == 3 {
                let density = TorsionDensity::fit(atom, fold, center, &angles, None);
                self.torsions.push(density);
                harmonics.push(vec![(atom, 3)]);
            } else if spread(&angles) > WIDE_RAD {
                let given = before.as_ref().map(|(atom, angles)| (*atom, &angles[..]));
                let density = TorsionDensity::fit(atom, fold, center, &angles, given);
                self.torsions.push(density);
                harmonics.extend(orders(atom, before.as_ref().map(|(atom, _)| *atom)));
                before = Some((atom, angles));
            }
        }
        let is_wide = |index: &usize| self.torsions.iter().any(|t| 3 * t.atom + 2 == *index);
        let others = (0..self.means.len()).filter(|index| !is_wide(index));
        self.local = LocalNormal::neutral(others.collect(), harmonics);
    }

    /// d, where u stands for the coordinates.
    fn moved(&self, [x, y]: &Pair) -> Vec<f64> {
        let predicted = |i: usize| self.means[i] + self.correlations[i] * (x[i] - self.means[i]);
        (0..x.len())
            .map(|i| (y[i] - predicted(i)) / self.widths[i])
            .collect()
    }

    fn fit_one(&mut self, index: usize, pairs: &[Pair]) {
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

/// Multiples of a torsion up to the highest order, alone and with those of the one before.
fn orders(atom: usize, before: Option<usize>) -> Vec<Vec<(usize, i32)>> {
    let alone = (1..=MAX_ORDER).map(|own| vec![(atom, own)]);
    let both = before.into_iter().flat_map(|other| {
        let multiples = (1..MAX_ORDER).flat_map(|own| {
            let most = MAX_ORDER - own;
            (-most..=most).map(move |multiple| (own, multiple))
        });
        multiples
            .filter(|(_, multiple)| *multiple != 0)
            .map(move |(own, multiple)| vec![(atom, own), (other, multiple)])
    });
    alone.chain(both).collect()
}

fn spread(values: &[f64]) -> f64 {
    let share = 1.0 / values.len() as f64;
    let mean = share * values.iter().sum::<f64>();
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (share * squares).sqrt()
}

/// Middle of the twelfth of a turn that has the fewest angles; of several, of that farthest from the others' mean.
fn emptiest(angles: impl Iterator<Item = f64>) -> f64 {
    let (mut counts, mut sin, mut cos) = ([0_usize; N_BINS], 0.0, 0.0);
    let width = TAU / N_BINS as f64;
    for angle in angles {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "between 0 and the number of bins"
        )]
        let bin = ((wrap_half_open(angle) + PI) / width) as usize;
        counts[bin.min(N_BINS - 1)] += 1;
        sin += angle.sin();
        cos += angle.cos();
    }
    let mean = f64::atan2(sin, cos);
    let candidates = (0..N_BINS).map(|bin| {
        let around = (N_BINS - 1..=N_BINS + 1).map(|shift| counts[(bin + shift) % N_BINS]);
        let middle = -PI + (bin as f64 + 0.5) * width;
        (around.sum::<usize>(), middle)
    });
    let distance = |middle: f64| wrap_half_open(middle - mean).abs();
    candidates
        .min_by(|(a, at), (b, bt)| a.cmp(b).then(distance(*bt).total_cmp(&distance(*at))))
        .map_or(0.0, |(_, middle)| middle)
}
