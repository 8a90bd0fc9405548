//! Distances, angles and torsions of a conformation, seen from the frame of another, as whitened variables of a flow. Knows no chemistry.
//!
//! Atoms are placed one after another. The frame of x is made of three of its atoms; the first of y is placed by its
//! coordinates in that frame, the second by its coordinates relative to the first, every other by its distance r to an
//! atom before it, an angle θ and a torsion ω, whose volume element is r² sin θ dr dθ dω. Turning or moving x and y
//! together changes nothing.

use super::config::TimewarpConfig;
use super::error::TimewarpError;
use super::torsion_density::TorsionDensity;
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

/// Internal coordinates with the predictor that whitens them: z = (u(y) - μ - ρ (u(x) - μ)) / w for every coordinate u.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InternalCoordinates {
    /// How atoms are placed.
    pub tree: PlacementTree,
    /// μ in nm or rad, `[n_atoms, 3]`; for the torsion of a rotor, that of one of its three wells.
    pub means: Vec<f64>,
    /// Middle of the turn that a torsion is counted in, rad, `[n_atoms]`; a y beyond its ends is never proposed.
    pub centers_rad: Vec<f64>,
    /// Torsions with a wide density of their own, of which u is g(ω); of others ω itself.
    #[serde(default)]
    pub torsions: Vec<TorsionDensity>,
    /// ρ, `[n_atoms, 3]`.
    pub correlations: Vec<f64>,
    /// Standard deviation of u(x), `[n_atoms, 3]`; 0 where u(x) is always the same.
    pub spreads: Vec<f64>,
    /// w in nm or rad, `[n_atoms, 3]`.
    pub widths: Vec<f64>,
}

/// Whitened coordinates of a y given an x.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Encoded {
    /// z, `[n_atoms, 3]`.
    pub(super) whitened: Vec<f64>,
    /// ln |dz/dy|.
    pub(super) log_det: f64,
}

/// The frame of a conformation: origin, and its axes as the rows of a rotation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) origin: Vector3<f64>,
    pub(super) axes: Matrix3<f64>,
}

impl PlacementTree {
    /// Number of atoms.
    #[must_use]
    pub fn n_atoms(&self) -> usize {
        self.frame.len() + self.placements.len()
    }

    /// Frame of positions `[n_atoms, 3]`.
    pub(super) fn frame(&self, positions: &[f64]) -> Frame {
        let [origin, first, second] = self.frame.map(|atom| point(positions, atom));
        let x = (first - origin).normalize();
        let z = x.cross(&(second - origin)).normalize();
        let axes = Matrix3::from_rows(&[x.transpose(), z.cross(&x).transpose(), z.transpose()]);
        Frame { origin, axes }
    }

    /// Internal coordinates `[n_atoms, 3]` in the frame given, with the sum of ln(r² sin θ).
    pub(super) fn coordinates(&self, frame: &Frame, positions: &[f64]) -> (Vec<f64>, f64) {
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

    /// A point that the torsion of the frame's third atom counts from: off the plane of x.
    fn third_of_frame(&self, frame: &Frame, positions: &[f64]) -> Vector3<f64> {
        point(positions, self.frame[1]) + frame.axes.row(2).transpose()
    }
}

impl InternalCoordinates {
    /// What a flow in these coordinates is conditioned on: x in its own frame, and its whitened coordinates, `[n_atoms, 3]` each.
    pub(super) fn condition(&self, x: &[f64]) -> [Vec<f64>; 2] {
        let frame = self.tree.frame(x);
        let own = x.as_chunks::<3>().0.iter();
        let own = own
            .flat_map(|&atom| <[f64; 3]>::from(frame.axes * (Vector3::from(atom) - frame.origin)));
        let (mut values, _) = self.tree.coordinates(&frame, x);
        let (means, turns) = self.wells(&values);
        self.flatten(&mut values, &turns);
        let whitened = (0..values.len()).map(|i| {
            if self.spreads[i] > 0.0 {
                (values[i] - means[i]) / self.spreads[i]
            } else {
                0.0
            }
        });
        [own.collect(), whitened.collect()]
    }

    /// ln |dz/dy| of the whitened coordinates z of y given x, positions `[n_atoms, 3]` in nm each.
    #[must_use]
    pub fn log_det(&self, x: &[f64], y: &[f64]) -> f64 {
        self.encode(x, y).log_det
    }

    /// Whitened coordinates of y given x.
    pub(super) fn encode(&self, x: &[f64], y: &[f64]) -> Encoded {
        let frame = self.tree.frame(x);
        let (predicted, turns) = self.predict(&frame, x);
        let (mut values, log_volume) = self.tree.coordinates(&frame, y);
        let log_slopes = self.flatten(&mut values, &turns);
        let whitened = (0..values.len()).map(|i| (values[i] - predicted[i]) / self.widths[i]);
        Encoded {
            whitened: whitened.collect(),
            log_det: log_slopes - log_volume - self.log_widths(),
        }
    }

    /// The y that has these whitened coordinates given x, with ln |dz/dy|; `None` where there is none.
    pub(super) fn decode(&self, x: &[f64], whitened: &[f64]) -> Option<(Vec<f64>, f64)> {
        let frame = self.tree.frame(x);
        let (predicted, turns) = self.predict(&frame, x);
        let mut values: Vec<f64> = (0..whitened.len())
            .map(|i| predicted[i] + self.widths[i] * whitened[i])
            .collect();
        for torsion in &self.torsions {
            let value = &mut values[3 * torsion.atom + 2];
            *value = torsion.raise(turns[torsion.atom], *value);
        }
        let is_beyond = |atom: usize| {
            let turn = values[3 * atom + 2] - turns[atom];
            !(-PI..PI).contains(&turn)
        };
        if self.with_torsion().any(is_beyond) {
            return None;
        }
        let y = self.tree.positions(&frame, &values)?;
        let (_, log_volume) = self.tree.coordinates(&frame, &y);
        let log_slopes = self.flatten(&mut values, &turns);
        Some((y, log_slopes - log_volume - self.log_widths()))
    }

    fn log_widths(&self) -> f64 {
        self.widths.iter().map(|w| w.ln()).sum()
    }

    /// What y is expected at after x, and the middles of the turns of its torsions.
    fn predict(&self, frame: &Frame, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (mut values, _) = self.tree.coordinates(frame, x);
        let (means, turns) = self.wells(&values);
        self.flatten(&mut values, &turns);
        let predicted = (0..values.len())
            .map(|i| means[i] + self.correlations[i] * (values[i] - means[i]))
            .collect();
        (predicted, turns)
    }

    /// Means and middles of turns after x: those of rotors belong to the well that x is in.
    pub(super) fn wells(&self, values: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (mut means, mut turns) = (self.means.clone(), self.centers_rad.clone());
        for &[atom, ..] in &self.tree.rotors {
            let index = 3 * atom + 2;
            let well = ((values[index] - means[index]) / (TAU / 3.0)).round() * (TAU / 3.0);
            means[index] += well;
            turns[atom] += well;
        }
        (means, turns)
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
    pub(super) fn flatten(&self, values: &mut [f64], turns: &[f64]) -> f64 {
        self.unwind(values, turns);
        let torsions = self.torsions.iter();
        torsions
            .map(|torsion| {
                let value = &mut values[3 * torsion.atom + 2];
                let (flat, log_slope) = torsion.flatten(turns[torsion.atom], *value);
                *value = flat;
                log_slope
            })
            .sum()
    }

    /// Checks that the coordinates make sense and go with the model.
    ///
    /// # Errors
    /// [`TimewarpError::Config`].
    pub(super) fn check(&self, config: &TimewarpConfig) -> Result<(), TimewarpError> {
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
            && self
                .torsions
                .iter()
                .all(|t| t.atom < n_atoms && t.is_sound());
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
}

/// An angle in [-π, π).
pub(super) fn wrapped(angle: f64) -> f64 {
    let turn = (angle + PI).rem_euclid(TAU) - PI;
    if turn < PI { turn } else { -PI }
}

pub(super) fn point(values: &[f64], atom: usize) -> Vector3<f64> {
    Vector3::new(values[3 * atom], values[3 * atom + 1], values[3 * atom + 2])
}

/// Axes as rows: from a to b, towards c and across the first, across both.
pub(super) fn local_axes(a: Vector3<f64>, b: Vector3<f64>, c: Vector3<f64>) -> Matrix3<f64> {
    let along = (b - a).normalize();
    let towards = c - b;
    let towards = (towards - along * along.dot(&towards)).normalize();
    let across = along.cross(&towards);
    Matrix3::from_rows(&[along.transpose(), towards.transpose(), across.transpose()])
}
