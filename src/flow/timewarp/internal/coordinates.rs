//! Distances, angles and torsions of a conformation, seen from the frame of another, as whitened variables of a flow.

use super::local::LocalNormal;
use super::torsion::TorsionDensity;
use super::tree::{LocalFrame, Naming, PlacementTree};
use crate::flow::timewarp::error::TimewarpError;
use crate::vector::wrap_half_open;
use nalgebra::Vector3;
use serde::{Deserialize, Serialize};
use std::f64::consts::{PI, TAU};

/// Internal coordinates with the predictor that whitens them: d = (u(y) - μ - ρ (u(x) - μ)) / w for every coordinate u, and
/// z = L⁻¹ (d - s(ω)) for those that are no wide torsions, given the wide torsions ω of y; of wide torsions z = d.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InternalCoordinates {
    /// How atoms are placed.
    pub tree: PlacementTree,
    /// μ in nm or rad, `[n_atoms, 3]`.
    pub means: Vec<f64>,
    /// Middle of the turn that a torsion is counted in, rad, `[n_atoms]`; a y beyond its ends is never proposed. For a rotor
    /// the middle of one of its three wells: y stays in the one that x is in.
    pub centers_rad: Vec<f64>,
    /// Torsions with a wide density of their own, of which u is g(ω), rotors among them; of others u is ω itself.
    pub torsions: Vec<TorsionDensity>,
    /// ρ, `[n_atoms, 3]`.
    pub correlations: Vec<f64>,
    /// Standard deviation of u(x), `[n_atoms, 3]`; 0 where u(x) is always the same.
    pub spreads: Vec<f64>,
    /// w in nm or rad, `[n_atoms, 3]`.
    pub widths: Vec<f64>,
    /// How the other coordinates follow the wide torsions and each other.
    pub local: LocalNormal,
}

/// Whitened coordinates of a y given an x.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Encoded {
    /// z, `[n_atoms, 3]`.
    pub(crate) whitened: Vec<f64>,
    /// ln |dz/dy|.
    pub(crate) log_det: f64,
}

impl InternalCoordinates {
    /// What a flow in these coordinates is conditioned on: x in its own frame, and its whitened coordinates, `[n_atoms, 3]` each.
    pub(crate) fn condition(&self, x: &[f64]) -> [Vec<f64>; 2] {
        let frame = self.tree.frame(x);
        let own = x.as_chunks::<3>().0.iter();
        let own = own
            .flat_map(|&atom| <[f64; 3]>::from(frame.axes * (Vector3::from(atom) - frame.origin)));
        let (mut values, _) = self.tree.coordinates(&frame, x);
        let turns = self.turns(&values);
        self.flatten(&mut values, &turns);
        let whitened = (0..values.len()).map(|i| {
            if self.spreads[i] > 0.0 {
                (values[i] - self.means[i]) / self.spreads[i]
            } else {
                0.0
            }
        });
        [own.collect(), whitened.collect()]
    }

    /// How pairs have to lie and be named.
    pub(crate) fn naming(&self) -> Naming<'_> {
        Naming {
            tree: &self.tree,
            wells_rad: &self.centers_rad,
        }
    }

    /// ln |dz/dy| of the whitened coordinates z of y given x, positions `[n_atoms, 3]` in nm each.
    #[must_use]
    pub fn log_det(&self, x: &[f64], y: &[f64]) -> f64 {
        self.encode(x, y).log_det
    }

    /// Whitened coordinates of y given x.
    pub(crate) fn encode(&self, x: &[f64], y: &[f64]) -> Encoded {
        let frame = self.tree.frame(x);
        let (predicted, turns) = self.predict(&frame, x);
        let (mut values, log_volume) = self.tree.coordinates(&frame, y);
        let features = self.local.features(&values);
        let log_slopes = self.flatten(&mut values, &turns);
        for ((value, predicted), width) in values.iter_mut().zip(predicted).zip(&self.widths) {
            *value = (*value - predicted) / width;
        }
        self.local.whiten(&mut values, &features);
        Encoded {
            whitened: values,
            log_det: log_slopes - log_volume - self.log_widths(),
        }
    }

    /// The y that has these whitened coordinates given x, with ln |dz/dy|; `None` where there is none.
    pub(crate) fn decode(&self, x: &[f64], whitened: &[f64]) -> Option<(Vec<f64>, f64)> {
        let frame = self.tree.frame(x);
        let (predicted, turns) = self.predict(&frame, x);
        let mut values = vec![0.0; whitened.len()];
        let mut log_slopes = 0.0;
        for torsion in &self.torsions {
            let index = 3 * torsion.atom + 2;
            let flat = predicted[index] + self.widths[index] * whitened[index];
            let (center, given) = (turns[torsion.atom], given(torsion, &values));
            values[index] = torsion.raise(center, flat, given);
            log_slopes += torsion.flatten(center, values[index], given).1;
        }
        let mut moves = whitened.to_vec();
        self.local.color(&mut moves, &self.local.features(&values));
        for &index in &self.local.coordinates {
            values[index] = predicted[index] + self.widths[index] * moves[index];
        }
        let is_beyond = |atom: usize| {
            let turn = values[3 * atom + 2] - turns[atom];
            !(-PI..PI).contains(&turn)
        };
        if self.with_torsion().any(is_beyond) {
            return None;
        }
        let y = self.tree.positions(&frame, &values)?;
        let log_volume = self.tree.log_volume(&values);
        Some((y, log_slopes - log_volume - self.log_widths()))
    }

    fn log_widths(&self) -> f64 {
        self.widths.iter().map(|w| w.ln()).sum::<f64>() + self.local.log_det()
    }

    /// What y is expected at after x, and the middles of the turns of its torsions.
    fn predict(&self, frame: &LocalFrame, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (mut values, _) = self.tree.coordinates(frame, x);
        let turns = self.turns(&values);
        self.flatten(&mut values, &turns);
        for ((value, mean), correlation) in
            values.iter_mut().zip(&self.means).zip(&self.correlations)
        {
            *value = mean + correlation * (*value - mean);
        }
        (values, turns)
    }

    /// Middles of turns after x: those of rotors are wells that x is in.
    pub(crate) fn turns(&self, values: &[f64]) -> Vec<f64> {
        let mut turns = self.centers_rad.clone();
        for &[atom, ..] in &self.tree.rotors {
            let third = TAU / 3.0;
            turns[atom] += ((values[3 * atom + 2] - turns[atom]) / third).round() * third;
        }
        turns
    }

    /// Atoms that are placed by a torsion.
    pub(super) fn with_torsion(&self) -> impl Iterator<Item = usize> {
        let others = self.tree.placements.iter().map(|placement| placement[0]);
        others.chain([self.tree.frame[2]])
    }

    /// Takes every torsion into the turn around its middle.
    pub(super) fn unwind(&self, values: &mut [f64], turns: &[f64]) {
        for atom in self.with_torsion() {
            let value = &mut values[3 * atom + 2];
            *value = turns[atom] + wrap_half_open(*value - turns[atom]);
        }
    }

    /// From angles to u; the sum of ln g'.
    pub(crate) fn flatten(&self, values: &mut [f64], turns: &[f64]) -> f64 {
        self.unwind(values, turns);
        let mut log_slopes = 0.0;
        // The last first, so that the others' angles are still there.
        for torsion in self.torsions.iter().rev() {
            let (center, index) = (turns[torsion.atom], 3 * torsion.atom + 2);
            let (flat, log_slope) = torsion.flatten(center, values[index], given(torsion, values));
            values[index] = flat;
            log_slopes += log_slope;
        }
        log_slopes
    }

    /// Checks that the coordinates make sense.
    ///
    /// # Errors
    /// [`TimewarpError::Config`].
    pub(crate) fn check(&self) -> Result<(), TimewarpError> {
        let fault = |got: String, expected| TimewarpError::Config {
            key: "internal",
            got,
            expected,
        };
        let n_atoms = self.tree.n_atoms();
        let mut is_placed = vec![false; n_atoms];
        let frame = self.tree.frame.iter().map(|atom| (atom, [].as_slice()));
        let others = self.tree.placements.iter().map(|p| (&p[0], &p[1..]));
        for (&atom, by) in frame.chain(others) {
            let is_known = by.iter().all(|&b| b < n_atoms && is_placed[b]);
            if atom >= n_atoms || is_placed[atom] || !is_known {
                return Err(fault(
                    format!("a tree in which atom {atom} has no place"),
                    "every atom once, after those that place it",
                ));
            }
            is_placed[atom] = true;
        }
        let is_rotor = |rotor: &[usize; 3]| rotor.iter().all(|&atom| atom < n_atoms);
        let numbers = [&self.means, &self.correlations, &self.spreads, &self.widths];
        let fits = numbers.iter().all(|n| n.len() == 3 * n_atoms)
            && self.centers_rad.len() == n_atoms
            && self.tree.rotors.iter().all(is_rotor)
            && self.has_sound_densities();
        let is_finite = numbers.into_iter().chain([&self.centers_rad]);
        let is_sound = fits
            && is_finite.flatten().all(|n| n.is_finite())
            && self.widths.iter().all(|&w| w > 0.0);
        if !is_sound {
            return Err(fault(
                format!("numbers that do not fit {n_atoms} atoms"),
                "finite ones for every atom, and widths over 0",
            ));
        }
        Ok(())
    }

    fn has_sound_densities(&self) -> bool {
        let n_atoms = self.tree.n_atoms();
        let atoms: Vec<usize> = self.torsions.iter().map(|torsion| torsion.atom).collect();
        let is_sound = |(index, torsion): (usize, &TorsionDensity)| {
            let earlier = &atoms[..index];
            let given = torsion.given.is_none_or(|other| earlier.contains(&other));
            let is_new = torsion.atom < n_atoms && !earlier.contains(&torsion.atom);
            is_new && given && torsion.is_sound()
        };
        self.torsions.iter().enumerate().all(is_sound) && self.local.is_sound(n_atoms, &atoms)
    }
}

/// The torsion that another is given, from internal coordinates whose torsions are angles.
fn given(torsion: &TorsionDensity, values: &[f64]) -> f64 {
    torsion.given.map_or(0.0, |atom| values[3 * atom + 2])
}
