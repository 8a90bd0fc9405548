//! Time-lagged independent component analysis: the slowest linear combinations of features.

use nalgebra::{DMatrix, DVector, SymmetricEigen};
use thiserror::Error;

use super::covariance::{CovarianceAccumulator, CovarianceError, LaggedCovariances};
use super::koopman::KoopmanWeights;

/// Why there are no slow coordinates.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum TicaError {
    /// All features are constant.
    #[error(
        "no direction of the {n_features} features has a variance of at least {epsilon}: all features are constant; choose others or run longer"
    )]
    ZeroRank {
        /// Number of features.
        n_features: usize,
        /// The cut-off.
        epsilon: f64,
    },
    /// Reweighting is impossible.
    #[error(
        "the propagator has no unique stationary state, so frames cannot be reweighted: fit without Koopman weights"
    )]
    NoStationaryState,
    /// The frames cannot be accumulated.
    #[error(transparent)]
    Covariance(#[from] CovarianceError),
}

/// Length of the components.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicaScaling {
    /// Projections have unit variance.
    None,
    /// Components times their eigenvalues: distances of projections approximate kinetic distances (doi:10.1021/acs.jctc.5b00553).
    KineticMap,
}

/// Eigenvalues and components of C_t r = lambda C_0 r, slowest first (by |lambda|).
///
/// Source: Perez-Hernandez et al. 2013, doi:10.1063/1.4811489; conventions of deeptime 0.4.5.
#[derive(Debug, Clone, PartialEq)]
pub struct Tica {
    /// Lag in frames.
    pub lag_frames: usize,
    /// Mean of the features, `[n_features]`.
    pub mean: DVector<f64>,
    /// Autocorrelations of the components at the lag, `[n_components]`.
    pub eigenvalues: DVector<f64>,
    /// Components as columns, `[n_features, n_components]`; before scaling the entry of largest magnitude is positive.
    pub components: DMatrix<f64>,
}

impl Tica {
    /// Default cut-off: directions of the features with a smaller variance are dropped.
    pub const EPSILON: f64 = 1e-6;

    /// Components from covariances, symmetrised in time; `epsilon` in squared feature units.
    ///
    /// # Errors
    /// [`TicaError::ZeroRank`] if no direction has a variance of at least `epsilon`.
    pub fn fit(
        covariances: &LaggedCovariances,
        epsilon: f64,
        scaling: TicaScaling,
    ) -> Result<Self, TicaError> {
        let (mean, instantaneous, lagged) = covariances.symmetrised();
        let basis = whitening(&instantaneous, epsilon)?;
        let (eigenvalues, rotation) =
            sorted_eigen(symmetric_part(&(basis.transpose() * lagged * &basis)));
        let mut components = basis * rotation;
        for (mut column, &eigenvalue) in components.column_iter_mut().zip(&eigenvalues) {
            orient(column.as_mut_slice());
            if scaling == TicaScaling::KineticMap {
                column *= eigenvalue;
            }
        }
        Ok(Self {
            lag_frames: covariances.lag_frames,
            mean,
            eigenvalues,
            components,
        })
    }

    /// Components of trajectories `[n_trajectories][n_frames][n_features]` that are in memory, unit lag in frames; with
    /// `reweight`, Koopman weights from a first pass.
    ///
    /// # Errors
    /// [`TicaError`]: too short a trajectory, unequal or non-finite features, constant features, no stationary state.
    pub fn fit_trajectories(
        trajectories: &[Vec<Vec<f64>>],
        lag_frames: usize,
        scaling: TicaScaling,
        reweight: bool,
    ) -> Result<Self, TicaError> {
        let plain = accumulate(trajectories, lag_frames, None)?;
        if !reweight {
            return Self::fit(&plain, Self::EPSILON, scaling);
        }
        let weights = KoopmanWeights::fit(&plain, Self::EPSILON)?;
        let weighted = accumulate(trajectories, lag_frames, Some(weights))?;
        Self::fit(&weighted, Self::EPSILON, scaling)
    }

    /// Implied time scales -lag / ln|lambda| in frames, `[n_components]`; multiply by the frame spacing.
    #[must_use]
    pub fn implied_timescales_frames(&self) -> Vec<f64> {
        self.eigenvalues
            .iter()
            .map(|eigenvalue| -(self.lag_frames as f64) / eigenvalue.abs().ln())
            .collect()
    }

    /// Projection of one frame `[n_features]` on the first `n_components` components (all, where there are fewer).
    ///
    /// # Panics
    /// If the number of features differs.
    #[must_use]
    pub fn project(&self, features: &[f64], n_components: usize) -> Vec<f64> {
        assert_eq!(features.len(), self.mean.len(), "features");
        let centred = DVector::from_column_slice(features) - &self.mean;
        self.components
            .column_iter()
            .take(n_components)
            .map(|component| component.dot(&centred))
            .collect()
    }
}

impl KoopmanWeights {
    /// Weights from unweighted covariances; `epsilon` as in [`Tica::fit`].
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
}

fn accumulate(
    trajectories: &[Vec<Vec<f64>>],
    lag_frames: usize,
    weights: Option<KoopmanWeights>,
) -> Result<LaggedCovariances, CovarianceError> {
    let n_features = trajectories.iter().flatten().next().map_or(0, Vec::len);
    let mut accumulator = CovarianceAccumulator::new(n_features, lag_frames, weights)?;
    for trajectory in trajectories {
        for frame in trajectory {
            accumulator.push(frame)?;
        }
        accumulator.end_trajectory()?;
    }
    accumulator.finish()
}

/// L with L^T C L = 1 on the directions of C with a variance of at least `epsilon`, `[n_features, rank]`.
///
/// Where rounding made eigenvalues negative, everything as small as the most negative one is noise and dropped too.
fn whitening(covariance: &DMatrix<f64>, epsilon: f64) -> Result<DMatrix<f64>, TicaError> {
    let n_features = covariance.nrows();
    if n_features == 0 {
        return Err(TicaError::ZeroRank {
            n_features,
            epsilon,
        });
    }
    let (variances, directions) = sorted_eigen(symmetric_part(covariance));
    let cutoff = epsilon.max(-variances.min() + 1e-16);
    let rank = variances.iter().take_while(|v| **v >= cutoff).count();
    if rank == 0 {
        return Err(TicaError::ZeroRank {
            n_features,
            epsilon,
        });
    }
    let mut basis = directions.columns(0, rank).into_owned();
    for (mut column, variance) in basis.column_iter_mut().zip(&variances) {
        column /= variance.sqrt();
    }
    Ok(basis)
}

fn symmetric_part(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    (matrix + matrix.transpose()) * 0.5
}

/// Eigenvalues by falling magnitude, with their eigenvectors as columns.
fn sorted_eigen(matrix: DMatrix<f64>) -> (DVector<f64>, DMatrix<f64>) {
    let eigen = SymmetricEigen::new(matrix);
    let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
    let magnitude = |index: usize| eigen.eigenvalues[index].abs();
    order.sort_by(|&a, &b| magnitude(b).total_cmp(&magnitude(a)));
    let values = DVector::from_iterator(order.len(), order.iter().map(|&i| eigen.eigenvalues[i]));
    (values, eigen.eigenvectors.select_columns(&order))
}

/// Flips a vector so that its entry of largest magnitude is positive.
fn orient(vector: &mut [f64]) {
    let largest = vector
        .iter()
        .copied()
        .max_by(|a, b| a.abs().total_cmp(&b.abs()))
        .unwrap_or(0.0);
    if largest < 0.0 {
        vector.iter_mut().for_each(|value| *value = -*value);
    }
}
