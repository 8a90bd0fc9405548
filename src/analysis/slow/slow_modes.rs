//! Slow coordinates of an ensemble: TICA on the sines and cosines of its torsions, projections and time scales.
//! The linear algebra is in `tica`.

use super::covariance::CovarianceAccumulator;
use super::koopman::KoopmanWeights;
use super::tica::{Tica, TicaError, TicaScaling};
use crate::analysis::observables::ensemble::{Ensemble, feature_frame};

/// The lag is this share of a chain unless one is given.
const LAG_SHARE: usize = 100;

/// Most lags at which time scales are estimated.
const MAX_LAGS: usize = 8;

/// TICA of an ensemble with unit-variance components, slowest first.
#[derive(Debug, Clone, PartialEq)]
pub struct SlowModes {
    /// Names of the features, `[n_features]`.
    pub feature_names: Vec<String>,
    /// Mean, components, eigenvalues.
    pub tica: Tica,
}

impl SlowModes {
    /// A hundredth of a chain in frames, at least 1: long enough for noise to fade, short against the chain.
    #[must_use]
    pub fn default_lag_frames(n_draws: usize) -> usize {
        (n_draws / LAG_SHARE).max(1)
    }

    /// Slow modes at a lag in frames; with `reweight`, pairs are weighted to equilibrium (Koopman reweighting).
    ///
    /// # Errors
    /// [`TicaError`]: chains shorter than the lag, no torsion that moves, no stationary state.
    pub fn fit(ensemble: &Ensemble, lag_frames: usize, reweight: bool) -> Result<Self, TicaError> {
        let names = ensemble.feature_names();
        let features = ensemble.features(&names).unwrap_or_default();
        let accumulate = |weights: Option<KoopmanWeights>| {
            let mut sums = CovarianceAccumulator::new(features.len(), lag_frames, weights)?;
            for chain in 0..ensemble.n_chains() {
                for draw in 0..ensemble.n_draws() {
                    sums.push(&feature_frame(&features, chain, draw))?;
                }
                sums.end_trajectory()?;
            }
            sums.finish()
        };
        let mut covariances = accumulate(None)?;
        if reweight {
            let weights = KoopmanWeights::fit(&covariances, Tica::EPSILON)?;
            covariances = accumulate(Some(weights))?;
        }
        Ok(Self {
            tica: Tica::fit(&covariances, Tica::EPSILON, TicaScaling::None)?,
            feature_names: names.into_iter().map(str::to_owned).collect(),
        })
    }

    /// Projections of all frames on one component, `[n_chains][n_draws]`; `None` where the ensemble lacks a feature or
    /// the fit the component.
    #[must_use]
    pub fn project(&self, ensemble: &Ensemble, component: usize) -> Option<Vec<Vec<f64>>> {
        let names: Vec<&str> = self.feature_names.iter().map(String::as_str).collect();
        let features = ensemble.features(&names)?;
        if component >= self.tica.components.ncols() {
            return None;
        }
        let direction = self.tica.components.column(component);
        let project = |chain: usize, draw: usize| -> f64 {
            let terms = features.iter().zip(&self.tica.mean).zip(&direction);
            terms
                .map(|((feature, mean), weight)| weight * (feature[chain][draw] - mean))
                .sum()
        };
        let chain = |chain| {
            (0..ensemble.n_draws())
                .map(|draw| project(chain, draw))
                .collect()
        };
        Some((0..ensemble.n_chains()).map(chain).collect())
    }
}

/// Lags in frames 1, 2, 4, ... up to a fifth of a chain, at most eight of them.
#[must_use]
pub fn timescale_lags_frames(n_draws: usize) -> Vec<usize> {
    let doublings = (0..MAX_LAGS).map(|power| 1 << power);
    doublings.take_while(|lag| lag * 5 <= n_draws).collect()
}

/// Implied time scales in frames at several lags, the slowest `n_modes`: `[n_lags]` of (lag, time scales). Lags at which
/// TICA fails are left out.
#[must_use]
pub fn implied_timescales(
    ensemble: &Ensemble,
    lags_frames: &[usize],
    n_modes: usize,
    reweight: bool,
) -> Vec<(usize, Vec<f64>)> {
    let at = |&lag: &usize| {
        let modes = SlowModes::fit(ensemble, lag, reweight).ok()?;
        let mut timescales = modes.tica.implied_timescales_frames();
        timescales.truncate(n_modes);
        Some((lag, timescales))
    };
    lags_frames.iter().filter_map(at).collect()
}
