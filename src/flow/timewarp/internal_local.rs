//! Distances, angles and stiff torsions as one normal distribution, given the wide torsions of the same conformation. Knows no atoms' places.

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

/// d = s(ω) + L ε for the local coordinates d, in units of their widths, ε normal and independent.
///
/// s is linear in 1 and in cos and sin of sums of multiples of wide torsions ω; L is a lower triangle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalNormal {
    /// Which coordinates of `[n_atoms, 3]` these are: all that have no density of their own.
    pub coordinates: Vec<usize>,
    /// Angles whose cos and sin shift them: torsions by the atom that they place, with their multiples.
    pub harmonics: Vec<Vec<(usize, i32)>>,
    /// Shifts of every coordinate for 1, and for cos and sin of every harmonic, `[n_coordinates, 1 + 2 n_harmonics]`.
    pub slopes: Vec<Vec<f64>>,
    /// Rows of L, each up to its diagonal.
    pub factor: Vec<Vec<f64>>,
}

impl LocalNormal {
    /// No shift, and L = 1.
    pub(super) fn neutral(coordinates: Vec<usize>, harmonics: Vec<Vec<(usize, i32)>>) -> Self {
        let row = |index: usize| -> Vec<f64> {
            (0..=index)
                .map(|column| f64::from(u8::from(column == index)))
                .collect()
        };
        Self {
            slopes: vec![vec![0.0; 1 + 2 * harmonics.len()]; coordinates.len()],
            factor: (0..coordinates.len()).map(row).collect(),
            coordinates,
            harmonics,
        }
    }

    /// 1, then cos and sin of every harmonic, of internal coordinates whose torsions are angles.
    pub(super) fn features(&self, values: &[f64]) -> Vec<f64> {
        let angle = |harmonic: &Vec<(usize, i32)>| -> f64 {
            let parts = harmonic.iter();
            parts
                .map(|&(atom, multiple)| f64::from(multiple) * values[3 * atom + 2])
                .sum()
        };
        let pairs = self.harmonics.iter().flat_map(|harmonic| {
            let (sin, cos) = angle(harmonic).sin_cos();
            [cos, sin]
        });
        [1.0].into_iter().chain(pairs).collect()
    }

    /// Puts ε in the place of d.
    pub(super) fn whiten(&self, all: &mut [f64], features: &[f64]) {
        let mut done: Vec<f64> = Vec::with_capacity(self.coordinates.len());
        for ((&index, slopes), row) in self.coordinates.iter().zip(&self.slopes).zip(&self.factor) {
            let (diagonal, before) = row.split_last().expect("invariant: a row has its diagonal");
            let rest = all[index] - dot(slopes, features) - dot(before, &done);
            done.push(rest / diagonal);
        }
        for (&index, value) in self.coordinates.iter().zip(done) {
            all[index] = value;
        }
    }

    /// Puts d in the place of ε.
    pub(super) fn color(&self, all: &mut [f64], features: &[f64]) {
        let white: Vec<f64> = self.coordinates.iter().map(|&index| all[index]).collect();
        for ((&index, slopes), row) in self.coordinates.iter().zip(&self.slopes).zip(&self.factor) {
            all[index] = dot(slopes, features) + dot(row, &white);
        }
    }

    /// ln |dd/dε|.
    pub(super) fn log_det(&self) -> f64 {
        let diagonal = self.factor.iter().filter_map(|row| row.last());
        diagonal.map(|value| value.ln()).sum()
    }

    /// Least squares for s, then the residues' covariance for L, of rows with features and d.
    ///
    /// `n_distinct` different pairs stand behind the rows: the fewer, the less is believed.
    pub(super) fn fit(&mut self, rows: &[(Vec<f64>, Vec<f64>)], n_distinct: usize) {
        let (n_features, n_local) = (1 + 2 * self.harmonics.len(), self.coordinates.len());
        let own = |all: &[f64]| -> Vec<f64> { self.coordinates.iter().map(|&i| all[i]).collect() };
        let mut squares = vec![vec![0.0; n_features]; n_features];
        let mut products = vec![vec![0.0; n_local]; n_features];
        for (features, all) in rows {
            add_products(&mut squares, features, features);
            add_products(&mut products, features, &own(all));
        }
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let [n_rows, n_distinct] = [rows.len(), n_distinct].map(|count| count as f64);
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let ridge = n_features as f64 * n_rows / n_distinct;
        for (index, row) in squares.iter_mut().enumerate().skip(1) {
            row[index] += ridge;
        }
        let products = matrix(&products);
        let Some(solved) = matrix(&squares).cholesky().map(|c| c.solve(&products)) else {
            return;
        };
        self.slopes = (0..n_local)
            .map(|column| solved.column(column).iter().copied().collect())
            .collect();

        let mut covariance = vec![vec![0.0; n_local]; n_local];
        for (features, all) in rows {
            let mut rest = own(all);
            for (rest, slopes) in rest.iter_mut().zip(&self.slopes) {
                *rest -= dot(slopes, features);
            }
            add_products(&mut covariance, &rest, &rest);
        }
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let kept = n_distinct / (n_distinct + n_local as f64);
        let covariance = DMatrix::from_fn(n_local, n_local, |i, j| {
            let own = if i == j { 1.0 } else { kept };
            own * covariance[i][j] / n_rows
        });
        if let Some(cholesky) = covariance.cholesky() {
            let lower = cholesky.l();
            let row = |i: usize| (0..=i).map(|j| lower[(i, j)]).collect();
            self.factor = (0..n_local).map(row).collect();
        }
    }

    /// Whether all sizes fit, and all numbers are finite with a diagonal over 0; `wide` are the atoms whose torsions have
    /// densities of their own.
    pub(super) fn is_sound(&self, n_atoms: usize, wide: &[usize]) -> bool {
        let expected = (0..3 * n_atoms).filter(|i| !wide.iter().any(|atom| 3 * atom + 2 == *i));
        let n_features = 1 + 2 * self.harmonics.len();
        let mut atoms = self.harmonics.iter().flatten();
        let is_lower = |(index, row): (usize, &Vec<f64>)| {
            row.len() == index + 1 && row.last().is_some_and(|&diagonal| diagonal > 0.0)
        };
        let numbers = self.slopes.iter().chain(&self.factor);
        expected.eq(self.coordinates.iter().copied())
            && atoms.all(|(atom, _)| wide.contains(atom))
            && self.slopes.len() == self.coordinates.len()
            && self.slopes.iter().all(|row| row.len() == n_features)
            && self.factor.len() == self.coordinates.len()
            && self.factor.iter().enumerate().all(is_lower)
            && numbers.flatten().all(|number| number.is_finite())
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Adds the outer product of two vectors.
fn add_products(sums: &mut [Vec<f64>], a: &[f64], b: &[f64]) {
    for (row, a) in sums.iter_mut().zip(a) {
        for (sum, b) in row.iter_mut().zip(b) {
            *sum += a * b;
        }
    }
}

fn matrix(rows: &[Vec<f64>]) -> DMatrix<f64> {
    DMatrix::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j])
}
