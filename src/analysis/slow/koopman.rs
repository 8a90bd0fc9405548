//! Weights that turn averages over short, unequilibrated trajectories into equilibrium ones.

use nalgebra::{DMatrix, DVector};

use super::covariance::LaggedCovariances;
use super::tica::{TicaError, whitening};

/// Koopman weights w(x) = u . x + c, linear in the features: the estimated ratio of equilibrium to sampled density.
///
/// They may be negative where the linear model fails. Source: Wu et al. 2017, doi:10.1063/1.4979344.
#[derive(Debug, Clone, PartialEq)]
pub struct KoopmanWeights {
    /// Coefficients u, `[n_features]`.
    pub coefficients: DVector<f64>,
    /// Constant c.
    pub constant: f64,
}

impl KoopmanWeights {
    /// Weights from unweighted covariances; `epsilon` as in [`crate::analysis::Tica::fit`].
    ///
    /// In whitened features the propagator with the constant function added has the eigenvalue 1; its left eigenvector
    /// (v, 1) solves (I - K^T) v = R^T (mean_t - mean_0).
    ///
    /// # Errors
    /// [`TicaError::ZeroRank`] for constant features, [`TicaError::NoStationaryState`] where the equation has no solution.
    pub fn fit(covariances: &LaggedCovariances, epsilon: f64) -> Result<Self, TicaError> {
        let basis = whitening(&covariances.cov_00, epsilon)?;
        let propagator = basis.transpose() * &covariances.cov_0t * &basis;
        let drift = basis.transpose() * (&covariances.mean_t - &covariances.mean_0);
        let identity = DMatrix::identity(basis.ncols(), basis.ncols());
        let solution = (identity - propagator.transpose())
            .lu()
            .solve(&drift)
            .ok_or(TicaError::NoStationaryState)?;
        let coefficients = basis * solution;
        let constant = 1.0 - covariances.mean_0.dot(&coefficients);
        Ok(Self {
            coefficients,
            constant,
        })
    }

    /// Weight of one frame, `[n_features]`; the mean over the first frames of all pairs is 1.
    ///
    /// # Panics
    /// If the number of features differs.
    #[must_use]
    pub fn weight(&self, features: &[f64]) -> f64 {
        assert_eq!(features.len(), self.coefficients.len(), "features");
        let terms = self.coefficients.iter().zip(features);
        self.constant + terms.map(|(u, x)| u * x).sum::<f64>()
    }
}
