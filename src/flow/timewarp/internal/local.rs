//! Distances, angles and stiff torsions as one normal distribution, given the wide torsions of the same conformation. Places of atoms: `coordinates.rs`.

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
    pub(crate) fn neutral(coordinates: Vec<usize>, harmonics: Vec<Vec<(usize, i32)>>) -> Self {
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
    pub(crate) fn features(&self, values: &[f64]) -> Vec<f64> {
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
    pub(crate) fn log_det(&self) -> f64 {
        let diagonal = self.factor.iter().filter_map(|row| row.last());
        diagonal.map(|value| value.ln()).sum()
    }

    /// Least squares for s, then the residues' covariance for L, of rows with features and d.
    ///
    /// `n_distinct` different pairs stand behind the rows: the fewer, the less is believed.
    pub(crate) fn fit(&mut self, rows: &[(Vec<f64>, Vec<f64>)], n_distinct: usize) {
        let (n_features, n_local) = (1 + 2 * self.harmonics.len(), self.coordinates.len());
        let own = |all: &[f64]| -> Vec<f64> { self.coordinates.iter().map(|&i| all[i]).collect() };
        let mut squares = vec![vec![0.0; n_features]; n_features];
        let mut products = vec![vec![0.0; n_local]; n_features];
        for (features, all) in rows {
            add_products(&mut squares, features, features);
            add_products(&mut products, features, &own(all));
        }
        let [n_rows, n_distinct] = [rows.len(), n_distinct].map(|count| count as f64);
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
    pub(crate) fn is_sound(&self, n_atoms: usize, wide: &[usize]) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_distr::StandardNormal;
    use rand_xoshiro::Xoshiro256PlusPlus;

    /// Two coordinates that follow a torsion and each other; the torsion is that of atom 0, the third of its coordinates.
    fn rows(n_rows: usize, local: &LocalNormal) -> Vec<(Vec<f64>, Vec<f64>)> {
        let mut stream = Xoshiro256PlusPlus::seed_from_u64(8);
        let mut normal = || stream.sample::<f64, _>(StandardNormal);
        (0..n_rows)
            .map(|_| {
                let omega = 2.0 * normal();
                let features = local.features(&[0.0, 0.0, omega]);
                let first = 0.3 + 0.7 * omega.cos() + 0.5 * normal();
                let rest = first - 0.3 - 0.7 * omega.cos();
                let second = -0.4 * omega.sin() + 0.8 * rest + 0.1 * normal();
                (features, vec![first, second, omega])
            })
            .collect()
    }

    #[test]
    fn a_fit_leaves_independent_normals() {
        let mut local = LocalNormal::neutral(vec![0, 1], vec![vec![(0, 1)]]);
        assert_eq!(local.log_det(), 0.0);
        let rows = rows(20_000, &local);
        local.fit(&rows, rows.len());
        assert!(local.is_sound(1, &[0]));
        let expected = [[0.3, 0.7, 0.0], [0.0, 0.0, -0.4]];
        for (slopes, expected) in local.slopes.iter().zip(expected) {
            for (slope, expected) in slopes.iter().zip(expected) {
                assert!((slope - expected).abs() < 0.02, "{slope} for {expected}");
            }
        }
        assert!((local.log_det() - f64::ln(0.5 * 0.1)).abs() < 0.02);
        let mut sums = [0.0; 3];
        for (features, all) in &rows {
            let mut white = all.clone();
            local.whiten(&mut white, features);
            for (sum, value) in
                sums.iter_mut()
                    .zip([white[0].powi(2), white[1].powi(2), white[0] * white[1]])
            {
                *sum += value / rows.len() as f64;
            }
            local.color(&mut white, features);
            assert!(white.iter().zip(all).all(|(a, b)| (a - b).abs() < 1e-12));
        }
        for (sum, expected) in sums.iter().zip([1.0, 1.0, 0.0]) {
            assert!((sum - expected).abs() < 0.02, "{sum} for {expected}");
        }
    }

    /// With as many coordinates as pairs, correlations are hardly believed.
    #[test]
    fn few_pairs_are_believed_less() {
        let fitted = |n_distinct: usize| {
            let mut local = LocalNormal::neutral(vec![0, 1], vec![vec![(0, 1)]]);
            local.fit(&rows(2_000, &local), n_distinct);
            local.factor[1][0] / local.factor[1][1]
        };
        assert!(fitted(2_000) > 3.0 * fitted(2));
    }

    #[test]
    fn what_does_not_fit_is_not_sound() {
        let sound = LocalNormal::neutral(vec![0, 1], vec![vec![(0, 1)]]);
        assert!(sound.is_sound(1, &[0]) && !sound.is_sound(2, &[0]) && !sound.is_sound(1, &[]));
        for spoil in [
            |local: &mut LocalNormal| local.factor[1][1] = 0.0,
            |local: &mut LocalNormal| local.slopes[0][1] = f64::NAN,
            |local: &mut LocalNormal| local.harmonics[0][0].0 = 5,
            |local: &mut LocalNormal| local.coordinates.swap(0, 1),
        ] {
            let mut spoiled = sound.clone();
            spoil(&mut spoiled);
            assert!(!spoiled.is_sound(1, &[0]));
        }
    }
}
