//! Time-lagged covariances of feature vectors, accumulated frame by frame over several trajectories.
//! Keeps only the last `lag` frames; diagonalises nothing.

use std::collections::VecDeque;

use nalgebra::{DMatrix, DVector};
use thiserror::Error;

use super::koopman::KoopmanWeights;

/// Why frames give no lagged covariance.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum CovarianceError {
    /// No lag.
    #[error("got a lag of 0 frames, expected at least 1")]
    ZeroLag,
    /// A trajectory has no pair of frames at the lag.
    #[error(
        "trajectory {trajectory_index} has {got} frames, but a lag of {lag_frames} frames needs at least {needed}: shorten the lag or run longer"
    )]
    TooFewFrames {
        /// Which trajectory, from 0.
        trajectory_index: usize,
        /// Its frames.
        got: usize,
        /// The lag.
        lag_frames: usize,
        /// Frames needed.
        needed: usize,
    },
    /// A frame of another molecule or featurisation.
    #[error(
        "a frame of trajectory {trajectory_index} has {got} features, expected {expected}: featurise all trajectories alike"
    )]
    WrongSize {
        /// Which trajectory, from 0.
        trajectory_index: usize,
        /// Features got.
        got: usize,
        /// Features expected.
        expected: usize,
    },
    /// NaN or infinite.
    #[error(
        "feature {feature_index} of frame {frame_index} of trajectory {trajectory_index} is {value}, expected a finite number"
    )]
    NotFinite {
        /// Which trajectory, from 0.
        trajectory_index: usize,
        /// Which frame of it, from 0.
        frame_index: usize,
        /// Which feature, from 0.
        feature_index: usize,
        /// The value.
        value: f64,
    },
}

/// Means and covariances of pairs (x_t, x_{t+lag}), each side about its own mean; divisor is the total weight.
#[derive(Debug, Clone, PartialEq)]
pub struct LaggedCovariances {
    /// Lag in frames.
    pub lag_frames: usize,
    /// Mean of x_t, `[n_features]`.
    pub mean_0: DVector<f64>,
    /// Mean of x_{t+lag}, `[n_features]`.
    pub mean_t: DVector<f64>,
    /// Covariance of x_t with itself, `[n_features, n_features]`.
    pub cov_00: DMatrix<f64>,
    /// Covariance of x_t (rows) with x_{t+lag} (columns).
    pub cov_0t: DMatrix<f64>,
    /// Covariance of x_{t+lag} with itself.
    pub cov_tt: DMatrix<f64>,
}

impl LaggedCovariances {
    /// Mean, instantaneous and lagged covariance with every pair counted in both directions of time, as equilibrium demands.
    #[must_use]
    pub fn symmetrised(&self) -> (DVector<f64>, DMatrix<f64>, DMatrix<f64>) {
        let mean = (&self.mean_0 + &self.mean_t) * 0.5;
        let drift = (&self.mean_t - &self.mean_0) * 0.5;
        let between = &drift * drift.transpose();
        let instantaneous = (&self.cov_00 + &self.cov_tt) * 0.5 + &between;
        let lagged = (&self.cov_0t + self.cov_0t.transpose()) * 0.5 - &between;
        (mean, instantaneous, lagged)
    }
}

/// Streaming sums for [`LaggedCovariances`]: memory is the lag window and three matrices, whatever the number of frames.
#[derive(Debug, Clone)]
pub struct CovarianceAccumulator {
    lag_frames: usize,
    weights: Option<KoopmanWeights>,
    /// The first frame, subtracted from all so that large offsets cost no digits.
    origin: DVector<f64>,
    window: VecDeque<DVector<f64>>,
    trajectory_index: usize,
    n_frames: usize,
    total_weight: f64,
    sum_0: DVector<f64>,
    sum_t: DVector<f64>,
    sum_00: DMatrix<f64>,
    sum_0t: DMatrix<f64>,
    sum_tt: DMatrix<f64>,
}

impl CovarianceAccumulator {
    /// Empty sums for vectors of `n_features` at a lag of `lag_frames`; with `weights`, every pair is weighted by its first frame.
    ///
    /// # Errors
    /// [`CovarianceError::ZeroLag`].
    pub fn new(
        n_features: usize,
        lag_frames: usize,
        weights: Option<KoopmanWeights>,
    ) -> Result<Self, CovarianceError> {
        if lag_frames == 0 {
            return Err(CovarianceError::ZeroLag);
        }
        let vector = DVector::zeros(n_features);
        let matrix = DMatrix::zeros(n_features, n_features);
        Ok(Self {
            lag_frames,
            weights,
            origin: vector.clone(),
            window: VecDeque::with_capacity(lag_frames),
            trajectory_index: 0,
            n_frames: 0,
            total_weight: 0.0,
            sum_0: vector.clone(),
            sum_t: vector,
            sum_00: matrix.clone(),
            sum_0t: matrix.clone(),
            sum_tt: matrix,
        })
    }

    /// Adds the next frame of the current trajectory, `[n_features]`.
    ///
    /// # Errors
    /// [`CovarianceError::WrongSize`], [`CovarianceError::NotFinite`].
    pub fn push(&mut self, features: &[f64]) -> Result<(), CovarianceError> {
        self.check(features)?;
        let frame = DVector::from_column_slice(features);
        if self.trajectory_index == 0 && self.n_frames == 0 {
            self.origin.copy_from(&frame);
        }
        self.n_frames += 1;
        if self.window.len() == self.lag_frames {
            let earlier = self
                .window
                .pop_front()
                .expect("invariant: the window is full");
            self.add_pair(&earlier, &frame);
        }
        self.window.push_back(frame);
        Ok(())
    }

    /// Ends the current trajectory; the next frame starts another, and no pair joins the two.
    ///
    /// # Errors
    /// [`CovarianceError::TooFewFrames`] if the trajectory had no pair of frames at the lag.
    pub fn end_trajectory(&mut self) -> Result<(), CovarianceError> {
        if self.n_frames <= self.lag_frames {
            return Err(CovarianceError::TooFewFrames {
                trajectory_index: self.trajectory_index,
                got: self.n_frames,
                lag_frames: self.lag_frames,
                needed: self.lag_frames + 1,
            });
        }
        self.window.clear();
        self.n_frames = 0;
        self.trajectory_index += 1;
        Ok(())
    }

    /// The covariances of all trajectories; ends the current one if it has frames.
    ///
    /// # Errors
    /// [`CovarianceError::TooFewFrames`] if there is no trajectory or the last is too short.
    pub fn finish(mut self) -> Result<LaggedCovariances, CovarianceError> {
        if self.n_frames > 0 || self.trajectory_index == 0 {
            self.end_trajectory()?;
        }
        let scale = 1.0 / self.total_weight;
        let mean_0 = self.sum_0 * scale;
        let mean_t = self.sum_t * scale;
        Ok(LaggedCovariances {
            lag_frames: self.lag_frames,
            cov_00: self.sum_00 * scale - &mean_0 * mean_0.transpose(),
            cov_0t: self.sum_0t * scale - &mean_0 * mean_t.transpose(),
            cov_tt: self.sum_tt * scale - &mean_t * mean_t.transpose(),
            mean_0: mean_0 + &self.origin,
            mean_t: mean_t + &self.origin,
        })
    }

    fn check(&self, features: &[f64]) -> Result<(), CovarianceError> {
        if features.len() != self.origin.len() {
            return Err(CovarianceError::WrongSize {
                trajectory_index: self.trajectory_index,
                got: features.len(),
                expected: self.origin.len(),
            });
        }
        match features.iter().position(|value| !value.is_finite()) {
            Some(feature_index) => Err(CovarianceError::NotFinite {
                trajectory_index: self.trajectory_index,
                frame_index: self.n_frames,
                feature_index,
                value: features[feature_index],
            }),
            None => Ok(()),
        }
    }

    fn add_pair(&mut self, earlier: &DVector<f64>, later: &DVector<f64>) {
        let weight = self
            .weights
            .as_ref()
            .map_or(1.0, |weights| weights.weight(earlier.as_slice()));
        let earlier = earlier - &self.origin;
        let later = later - &self.origin;
        self.total_weight += weight;
        self.sum_0.axpy(weight, &earlier, 1.0);
        self.sum_t.axpy(weight, &later, 1.0);
        self.sum_00.ger(weight, &earlier, &earlier, 1.0);
        self.sum_0t.ger(weight, &earlier, &later, 1.0);
        self.sum_tt.ger(weight, &later, &later, 1.0);
    }
}
