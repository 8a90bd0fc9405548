//! Energy maps over two torsions (CMAP) as bicubic patches. One pair of torsions; lists are the engines' business.
//!
//! The map is the periodic bicubic spline through its points, as in OpenMM's `CMAPTorsionForce`: twice continuously
//! differentiable. Correction maps: Mackerell, Feig, Brooks, doi:10.1002/jcc.20065.

use super::system::CorrectionMap;
use super::torsion::TorsionAngle;
use crate::lane::Lane;
use std::f64::consts::TAU;

/// A map cut into cells, one polynomial each.
///
/// In cell (i, j), E = sum_pq c_pq t^p u^q in kJ/mol; t and u run from 0 to 1 along the first and the second torsion.
#[derive(Debug, Clone, PartialEq)]
pub struct Patches<S> {
    /// Cells along each torsion.
    pub size: usize,
    /// c_pq at `4 p + q` of cell `i + size * j`, `[size * size]`.
    pub coefficients: Vec<[S; 16]>,
}

impl<S: Lane<Scalar = S>> Patches<S> {
    /// The spline through the points of a map.
    ///
    /// # Panics
    /// If the map has not `size * size` energies.
    #[must_use]
    pub fn new(map: &CorrectionMap) -> Self {
        let size = map.size;
        let values = &map.energies_kj_per_mol;
        assert_eq!(values.len(), size * size, "invariant: a map is a square");
        let along_first =
            |points: &[f64]| -> Vec<f64> { points.chunks_exact(size).flat_map(slopes).collect() };
        let along_second =
            |points: &[f64]| transposed(&along_first(&transposed(points, size)), size);
        let (first, second) = (along_first(values), along_second(values));
        let mixed = along_second(&first);
        let cell = |index: usize| {
            let (i, j) = (index % size, index / size);
            // Values and slopes at both ends of the cell, first along the first torsion.
            let corners = |points: &[f64], p: usize| {
                let at = |q: usize| points[(i + p) % size + size * ((j + q) % size)];
                [at(0), at(1)]
            };
            let mut ends = [[0.0; 4]; 4];
            for (p, (plain, sloped)) in [(values, &second), (&first, &mixed)]
                .into_iter()
                .enumerate()
            {
                for end in 0..2 {
                    let ([a, b], [c, d]) = (corners(plain, end), corners(sloped, end));
                    ends[2 * p + end] = hermite([a, b, c, d]);
                }
            }
            let columns: [[f64; 4]; 4] =
                std::array::from_fn(|q| hermite(std::array::from_fn(|row| ends[row][q])));
            std::array::from_fn(|index| S::scalar(columns[index % 4][index / 4]))
        };
        Self {
            size,
            coefficients: (0..size * size).map(cell).collect(),
        }
    }

    /// The coefficients of one cell in every lane.
    #[inline(always)]
    fn gather<L: Lane<Scalar = S>>(&self, first: L, second: L) -> [L; 16] {
        let mut gathered = [L::splat(0.0); 16];
        let scalars = L::scalars_mut(&mut gathered);
        for lane in 0..L::LANES {
            let cell = self.index(first.lane(lane)) + self.size * self.index(second.lane(lane));
            for (order, &coefficient) in self.coefficients[cell].iter().enumerate() {
                scalars[order * L::LANES + lane] = coefficient;
            }
        }
        gathered
    }

    /// Number of a cell, which may be a negative one; whatever it is where the angle is no number.
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "whole numbers below the size of a map, clamped"
    )]
    fn index(&self, cell: f64) -> usize {
        let wrapped = if cell < 0.0 {
            cell + self.size as f64
        } else {
            cell
        };
        (wrapped as usize).min(self.size - 1)
    }
}

/// Slopes at the points of a periodic cubic spline with spacing 1: m₋ + 4 m + m₊ = 3 (y₊ - y₋).
fn slopes(values: &[f64]) -> Vec<f64> {
    let n = values.len();
    if n < 3 {
        return vec![0.0; n];
    }
    let rise = |i: usize| 3.0 * (values[(i + 1) % n] - values[(i + n - 1) % n]);
    // The corners of the cyclic matrix are a rank-one change of a tridiagonal one (Sherman and Morrison).
    let corner = 4.0;
    let mut diagonal = vec![4.0; n];
    diagonal[0] += corner;
    diagonal[n - 1] += 1.0 / corner;
    let mut edge = vec![0.0; n];
    (edge[0], edge[n - 1]) = (-corner, 1.0);
    let plain = tridiagonal(&diagonal, (0..n).map(rise).collect());
    let change = tridiagonal(&diagonal, edge);
    let along = |vector: &[f64]| vector[0] - vector[n - 1] / corner;
    let factor = along(&plain) / (1.0 + along(&change));
    let corrected = plain.iter().zip(&change);
    corrected.map(|(m, c)| m - factor * c).collect()
}

/// Solution of a system whose off-diagonals are 1.
fn tridiagonal(diagonal: &[f64], mut right: Vec<f64>) -> Vec<f64> {
    let n = diagonal.len();
    let mut pivots = diagonal.to_vec();
    for i in 1..n {
        let factor = 1.0 / pivots[i - 1];
        pivots[i] -= factor;
        right[i] -= factor * right[i - 1];
    }
    right[n - 1] /= pivots[n - 1];
    for i in (0..n - 1).rev() {
        right[i] = (right[i] - right[i + 1]) / pivots[i];
    }
    right
}

fn transposed(points: &[f64], size: usize) -> Vec<f64> {
    let at = |index: usize| points[index / size + size * (index % size)];
    (0..points.len()).map(at).collect()
}

/// Powers 0 to 3 of the cubic with the values f(0), f(1) and the slopes f'(0), f'(1).
fn hermite([start, end, start_slope, end_slope]: [f64; 4]) -> [f64; 4] {
    let rise = end - start;
    [
        start,
        start_slope,
        3.0 * rise - 2.0 * start_slope - end_slope,
        start_slope + end_slope - 2.0 * rise,
    ]
}

/// Energy of a map and the forces on atoms 0, 1, 3 of both torsions (that on atom 2 is minus their sum).
///
/// `first` and `second` hold x1 - x0, x2 - x1, x3 - x2 of each torsion in nm.
#[inline(always)]
pub fn correction_map<L: Lane>(
    patches: &Patches<L::Scalar>,
    first: [[L; 3]; 3],
    second: [[L; 3]; 3],
) -> (L, [[[L; 3]; 3]; 2]) {
    #[expect(clippy::cast_precision_loss, reason = "a map has few points")]
    let per_radian = L::splat(patches.size as f64 / TAU);
    let [[a1, a2, a3], [b1, b2, b3]] = [first, second];
    let torsions = [TorsionAngle::new(a1, a2, a3), TorsionAngle::new(b1, b2, b3)];
    let places = [
        torsions[0].radians() * per_radian,
        torsions[1].radians() * per_radian,
    ];
    // The spline is smooth, so at a border either of two cells will do.
    let half = L::splat(0.5);
    let cells = [(places[0] - half).round(), (places[1] - half).round()];
    let coefficients = patches.gather(cells[0], cells[1]);
    let (energy, slopes) = patch(&coefficients, places[0] - cells[0], places[1] - cells[1]);
    (
        energy,
        [
            torsions[0].forces(slopes[0] * per_radian),
            torsions[1].forces(slopes[1] * per_radian),
        ],
    )
}

/// A bicubic polynomial and its derivatives along t and u.
#[inline(always)]
fn patch<L: Lane>(coefficients: &[L; 16], t: L, u: L) -> (L, [L; 2]) {
    let zero = L::splat(0.0);
    let (mut energy, mut along_t, mut along_u) = (zero, zero, zero);
    for p in (0..4).rev() {
        let row = &coefficients[4 * p..4 * p + 4];
        let [c0, c1, c2, c3] = [row[0], row[1], row[2], row[3]];
        let row = c3.mul_add(u, c2).mul_add(u, c1).mul_add(u, c0);
        let slope = (L::splat(3.0) * c3)
            .mul_add(u, L::splat(2.0) * c2)
            .mul_add(u, c1);
        along_t = along_t.mul_add(t, energy);
        energy = energy.mul_add(t, row);
        along_u = along_u.mul_add(t, slope);
    }
    (energy, [along_t, along_u])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(size: usize, energy: impl Fn(f64, f64) -> f64) -> CorrectionMap {
        let angle = |index: usize| TAU * index as f64 / size as f64;
        CorrectionMap {
            size,
            energies_kj_per_mol: (0..size * size)
                .map(|index| energy(angle(index % size), angle(index / size)))
                .collect(),
        }
    }

    /// Bonds of a torsion of `theta` rad about the x axis, all 0.1 nm and at right angles.
    fn torsion(theta: f64) -> [[f64; 3]; 3] {
        [
            [0.0, -0.1, 0.0],
            [0.1, 0.0, 0.0],
            [0.0, 0.1 * theta.cos(), 0.1 * theta.sin()],
        ]
    }

    #[expect(clippy::cast_possible_truncation, reason = "rounds")]
    fn f32_of(x: f64) -> f32 {
        x as f32
    }

    #[test]
    fn the_points_of_the_map_are_met_and_a_smooth_one_in_between() {
        let energy = |a: f64, b: f64| 3.0 * a.sin() + 2.0 * (a - 2.0 * b).cos();
        let map = map(24, energy);
        let patches = Patches::<f64>::new(&map);
        for index in 0..24 * 24 {
            let [a, b] = [index % 24, index / 24].map(|i| TAU * i as f64 / 24.0);
            let (found, _) = correction_map(&patches, torsion(a), torsion(b));
            assert!((found - map.energies_kj_per_mol[index]).abs() < 1e-10);
            // Errors of a cubic spline: 5/384 h⁴ times the fourth derivative.
            let (found, forces) = correction_map(&patches, torsion(a + 0.1), torsion(b - 0.07));
            let (a, b) = (a + 0.1, b - 0.07);
            assert!((found - energy(a, b)).abs() < 0.01, "{a} {b}");
            // The outer atom turns about the axis at 0.1 nm: its force is -dE/dphi / 0.1 along the turn.
            let along = |force: [f64; 3], theta: f64| {
                -0.1 * (force[2] * theta.cos() - force[1] * theta.sin())
            };
            let slopes = [
                3.0 * a.cos() - 2.0 * (a - 2.0 * b).sin(),
                4.0 * (a - 2.0 * b).sin(),
            ];
            assert!((along(forces[0][2], a) - slopes[0]).abs() < 0.1);
            assert!((along(forces[1][2], b) - slopes[1]).abs() < 0.1);
        }
    }

    #[test]
    fn small_and_odd_maps_have_a_spline_too() {
        for size in [1, 2, 3, 5, 24, 25] {
            let map = map(size, |a, b| a.cos() + b.sin() + 0.3);
            let patches = Patches::<f64>::new(&map);
            let single = Patches::<f32>::new(&map);
            for (index, &expected) in map.energies_kj_per_mol.iter().enumerate() {
                let [a, b] = [index % size, index / size].map(|i| TAU * i as f64 / size as f64);
                let (found, _) = correction_map(&patches, torsion(a), torsion(b));
                assert!((found - expected).abs() < 1e-10, "{size}");
                let narrow = |theta| torsion(theta).map(|bond| bond.map(f32_of));
                let (found, _) = correction_map(&single, narrow(a), narrow(b));
                assert!((f64::from(found) - expected).abs() < 1e-4, "{size}");
            }
        }
    }

    #[test]
    fn positions_that_are_no_numbers_give_no_number() {
        let patches = Patches::<f64>::new(&map(24, |a, _| a.cos()));
        let (energy, _) = correction_map(&patches, torsion(f64::NAN), torsion(1.0));
        assert!(energy.is_nan());
    }
}
