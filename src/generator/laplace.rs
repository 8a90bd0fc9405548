//! Normal densities of the stiff coordinates around a minimum, from the curvature of V there.

use super::landscape::Landscape;
use nalgebra::{Cholesky, DMatrix, DVector, Dyn, SymmetricEigen};
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::TAU;

/// Smallest curvature of V along any direction that is believed: a standard deviation of half a nm or rad.
const MIN_CURVATURE: f64 = 4.0;

/// The Hessian of V over some coordinates, by central differences of its slopes over `steps`.
pub(super) fn hessian(
    landscape: &mut Landscape<'_>,
    point: &[f64],
    coordinates: &[usize],
    steps: &[f64],
) -> DMatrix<f64> {
    let mut points = Vec::with_capacity(2 * coordinates.len());
    for (&coordinate, &step) in coordinates.iter().zip(steps) {
        for sign in [1.0, -1.0] {
            let mut moved = point.to_vec();
            moved[coordinate] += sign * step;
            points.push(moved);
        }
    }
    let slopes = landscape.slopes(&points);
    let n = coordinates.len();
    let raw = DMatrix::from_fn(n, n, |row, column| {
        let [up, down] = [0, 1].map(|side| slopes[2 * column + side].1[coordinates[row]]);
        (up - down) / (2.0 * steps[column])
    });
    0.5 * (&raw + raw.transpose())
}

/// The inverse, with curvatures that are too small or of the wrong sign raised.
pub(super) fn inverse(hessian: DMatrix<f64>) -> DMatrix<f64> {
    let eigen = raised(hessian);
    let scaled = eigen.eigenvalues.map(f64::recip);
    &eigen.eigenvectors * DMatrix::from_diagonal(&scaled) * eigen.eigenvectors.transpose()
}

fn raised(hessian: DMatrix<f64>) -> SymmetricEigen<f64, Dyn> {
    let mut eigen = SymmetricEigen::new(hessian);
    eigen
        .eigenvalues
        .apply(|value| *value = value.abs().max(MIN_CURVATURE));
    eigen
}

/// N(mean, H⁻¹) of some coordinates.
pub(super) struct Normal {
    mean: DVector<f64>,
    factor: Cholesky<f64, Dyn>,
    log_normalisation: f64,
}

impl Normal {
    /// Of a Hessian; the mean is that of the quadratic model of V with these slopes at this point.
    pub(super) fn new(hessian: DMatrix<f64>, point: DVector<f64>, slopes: &DVector<f64>) -> Self {
        let factor = Cholesky::new(hessian.clone()).unwrap_or_else(|| {
            let eigen = raised(hessian);
            let diagonal = DMatrix::from_diagonal(&eigen.eigenvalues);
            let raised = &eigen.eigenvectors * diagonal * eigen.eigenvectors.transpose();
            Cholesky::new(raised).expect("invariant: all eigenvalues are above zero")
        });
        let lower = factor.l_dirty();
        let half_n = 0.5 * point.len() as f64;
        let log_normalisation =
            (0..point.len()).map(|i| lower[(i, i)].ln()).sum::<f64>() - half_n * TAU.ln();
        Self {
            mean: point - factor.solve(slopes),
            factor,
            log_normalisation,
        }
    }

    /// A standard normal vector.
    pub(super) fn noise(&self, stream: &mut Xoshiro256PlusPlus) -> DVector<f64> {
        DVector::from_fn(self.mean.len(), |_, _| stream.sample(StandardNormal))
    }

    /// The point that a standard normal vector stands for, and ln of the density there.
    pub(super) fn at(&self, noise: &DVector<f64>) -> (DVector<f64>, f64) {
        let mut offset = noise.clone();
        let solved = self
            .factor
            .l_dirty()
            .tr_solve_lower_triangular_mut(&mut offset);
        debug_assert!(solved);
        let log_density = self.log_normalisation - 0.5 * noise.norm_squared();
        (&self.mean + offset, log_density)
    }

    /// Where the density is highest.
    pub(super) fn mean(&self) -> &DVector<f64> {
        &self.mean
    }
}
