//! Distances, angles and torsions of a conformation, seen from the frame of another, and positions from them.
//!
//! Atoms are placed one after another. The frame of x is made of three of its atoms; the first of y is placed by its
//! coordinates in that frame, the second by its coordinates relative to the first, every other by its distance r to an
//! atom before it, an angle θ and a torsion ω, whose volume element is r² sin θ dr dθ dω. Turning or moving x and y
//! together changes nothing.

use nalgebra::{Matrix3, Vector3};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

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

/// How a molecule lies and what its rotors' atoms are called, for coordinates of a tree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Naming<'a> {
    pub(crate) tree: &'a PlacementTree,
    /// Middle of one of the three wells of every rotor's torsion, rad, `[n_atoms]`.
    pub(crate) wells_rad: &'a [f64],
}

/// The frame of a conformation: origin, and its axes as the rows of a rotation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LocalFrame {
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
    pub(crate) fn frame(&self, positions: &[f64]) -> LocalFrame {
        let [origin, first, second] = self.frame.map(|atom| point(positions, atom));
        let x = (first - origin).normalize();
        let z = x.cross(&(second - origin)).normalize();
        let axes = Matrix3::from_rows(&[x.transpose(), z.cross(&x).transpose(), z.transpose()]);
        LocalFrame { origin, axes }
    }

    /// Internal coordinates `[n_atoms, 3]` in the frame given, with the sum of ln(r² sin θ).
    pub(crate) fn coordinates(&self, frame: &LocalFrame, positions: &[f64]) -> (Vec<f64>, f64) {
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
    pub(super) fn positions(&self, frame: &LocalFrame, values: &[f64]) -> Option<Vec<f64>> {
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
    pub(super) fn log_volume(&self, values: &[f64]) -> f64 {
        let placed = self.placements.iter().map(|placement| placement[0]);
        placed
            .chain([self.frame[2]])
            .map(|atom| (values[3 * atom].powi(2) * values[3 * atom + 1].sin()).ln())
            .sum()
    }

    /// A point that the torsion of the frame's third atom counts from: off the plane of x.
    fn third_of_frame(&self, frame: &LocalFrame, positions: &[f64]) -> Vector3<f64> {
        point(positions, self.frame[1]) + frame.axes.row(2).transpose()
    }
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
