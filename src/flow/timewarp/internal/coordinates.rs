//! Distances, angles and torsions of a conformation, seen from the frame of another, as whitened variables of a flow.
//!
//! Atoms are placed one after another. The frame of x is made of three of its atoms; the first of y is placed by its
//! coordinates in that frame, the second by its coordinates relative to the first, every other by its distance r to an
//! atom before it, an angle θ and a torsion ω, whose volume element is r² sin θ dr dθ dω. Turning or moving x and y
//! together changes nothing.

use super::local::LocalNormal;
use super::torsion::TorsionDensity;
use crate::flow::timewarp::config::TimewarpConfig;
use crate::flow::timewarp::error::TimewarpError;
use crate::flow::timewarp::training::pairs::Naming;
use nalgebra::{Matrix3, Vector3};
use serde::{Deserialize, Serialize};
use std::f64::consts::{PI, TAU};

/// In which order atoms are placed, and by which others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacementTree {
    /// The atoms of the frame: its origin, one on its first axis, one in the plane of its first two.
    pub frame: [usize; 3],
    /// Every other atom with those that place it: r to the first, θ between the first two, ω about their axis from the third.
    pub placements: Vec<[usize; 4]>,
    /// Triples that differ by name alone, hydrogens of a methyl; the torsion of the first turns the others with it.
    pub rotors: Vec<[usize; 3]>,
}

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

/// The frame of a conformation: origin, and its axes as the rows of a rotation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) origin: Vector3<f64>,
    pub(crate) axes: Matrix3<f64>,
}

impl PlacementTree {
    /// Number of atoms.
    #[must_use]
    pub fn n_atoms(&self) -> usize {
        self.frame.len() + self.placements.len()
    }

    /// Frame of positions `[n_atoms, 3]`.
    pub(crate) fn frame(&self, positions: &[f64]) -> Frame {
        let [origin, first, second] = self.frame.map(|atom| point(positions, atom));
        let x = (first - origin).normalize();
        let z = x.cross(&(second - origin)).normalize();
        let axes = Matrix3::from_rows(&[x.transpose(), z.cross(&x).transpose(), z.transpose()]);
        Frame { origin, axes }
    }

    /// Internal coordinates `[n_atoms, 3]` in the frame given, with the sum of ln(r² sin θ).
    pub(crate) fn coordinates(&self, frame: &Frame, positions: &[f64]) -> (Vec<f64>, f64) {
        let mut values = vec![0.0; positions.len()];
        let mut set = |atom: usize, value: Vector3<f64>| {
            values[3 * atom..3 * atom + 3].copy_from_slice(value.as_slice());
        };
        let [origin, first, second] = self.frame;
        let start = point(positions, origin);
        set(origin, frame.axes * (start - frame.origin));
        set(first, frame.axes * (point(positions, first) - start));
        let mut log_volume = 0.0;
        let third = self.third_of_frame(frame, positions);
        let of_frame = [([second, origin, first], third)];
        let of_others = self.placements.iter().map(|&[atom, a, b, c]| {
            let third = point(positions, c);
            ([atom, a, b], third)
        });
        for ([atom, a, b], third) in of_frame.into_iter().chain(of_others) {
            let axes = local_axes(point(positions, a), point(positions, b), third);
            let v = axes * (point(positions, atom) - point(positions, a));
            let (r, across) = (v.norm(), v.y.hypot(v.z));
            set(atom, Vector3::new(r, across.atan2(v.x), v.z.atan2(v.y)));
            log_volume += (r * across).ln();
        }
        (values, log_volume)
    }

    /// Positions with these internal coordinates; `None` where a distance or an angle is out of its range.
    fn positions(&self, frame: &Frame, values: &[f64]) -> Option<Vec<f64>> {
        let mut positions = vec![0.0; values.len()];
        let set = |positions: &mut Vec<f64>, atom: usize, place: Vector3<f64>| {
            positions[3 * atom..3 * atom + 3].copy_from_slice(place.as_slice());
        };
        let [origin, first, second] = self.frame;
        let back = frame.axes.transpose();
        let start = frame.origin + back * point(values, origin);
        set(&mut positions, origin, start);
        set(&mut positions, first, start + back * point(values, first));
        let third = self.third_of_frame(frame, &positions);
        let of_frame = [([second, origin, first], Some(third), 0)];
        let of_others = self
            .placements
            .iter()
            .map(|&[atom, a, b, c]| ([atom, a, b], None, c));
        for ([atom, a, b], third, c) in of_frame.into_iter().chain(of_others) {
            let third = third.unwrap_or_else(|| point(&positions, c));
            let axes = local_axes(point(&positions, a), point(&positions, b), third);
            let [r, theta, omega] = <[f64; 3]>::from(point(values, atom));
            if !(r > 0.0 && theta > 0.0 && theta < PI) {
                return None;
            }
            let across = r * theta.sin();
            let v = Vector3::new(r * theta.cos(), across * omega.cos(), across * omega.sin());
            let place = point(&positions, a) + axes.transpose() * v;
            set(&mut positions, atom, place);
        }
        Some(positions)
    }

    /// The sum of ln(r² sin θ) over all atoms that are placed by a torsion.
    fn log_volume(&self, values: &[f64]) -> f64 {
        let placed = self.placements.iter().map(|placement| placement[0]);
        placed
            .chain([self.frame[2]])
            .map(|atom| (values[3 * atom].powi(2) * values[3 * atom + 1].sin()).ln())
            .sum()
    }

    /// A point that the torsion of the frame's third atom counts from: off the plane of x.
    fn third_of_frame(&self, frame: &Frame, positions: &[f64]) -> Vector3<f64> {
        point(positions, self.frame[1]) + frame.axes.row(2).transpose()
    }
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
    fn predict(&self, frame: &Frame, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
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
            *value = turns[atom] + wrapped(*value - turns[atom]);
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

    /// Checks that the coordinates make sense and go with the model.
    ///
    /// # Errors
    /// [`TimewarpError::Config`].
    pub(crate) fn check(&self, config: &TimewarpConfig) -> Result<(), TimewarpError> {
        let fault = |got: String, expected| TimewarpError::Config {
            key: "internal",
            got,
            expected,
        };
        if config.ignore_conditional_velocity {
            return Err(fault(
                "there, with `ignore_conditional_velocity: true`".to_owned(),
                "`ignore_conditional_velocity: false`: the coordinates of x take that place",
            ));
        }
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

/// An angle in [-π, π).
pub(crate) fn wrapped(angle: f64) -> f64 {
    let turn = (angle + PI).rem_euclid(TAU) - PI;
    if turn < PI { turn } else { -PI }
}

pub(crate) fn point(values: &[f64], atom: usize) -> Vector3<f64> {
    Vector3::new(values[3 * atom], values[3 * atom + 1], values[3 * atom + 2])
}

/// Axes as rows: from a to b, towards c and across the first, across both.
pub(crate) fn local_axes(a: Vector3<f64>, b: Vector3<f64>, c: Vector3<f64>) -> Matrix3<f64> {
    let along = (b - a).normalize();
    let towards = c - b;
    let towards = (towards - along * along.dot(&towards)).normalize();
    let across = along.cross(&towards);
    Matrix3::from_rows(&[along.transpose(), towards.transpose(), across.transpose()])
}
