//! What importance weights say about themselves, and weighted means with their errors.

use crate::analysis::{ParetoError, pareto_smooth};

/// How far a set of importance weights can be trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightSummary {
    /// Number of draws.
    pub n_draws: usize,
    /// (sum w)² / sum w², of the weights as they are.
    pub ess: f64,
    /// The largest weight's share of the sum.
    pub largest_share: f64,
    /// Shape of the tail: above 0.7 weighted means cannot be trusted (Vehtari et al. 2024, JMLR 25(72)).
    pub pareto_k: f64,
    /// ln of the mean weight: ln of the configurational partition function in internal coordinates (nm, rad), with place and
    /// orientation left out.
    pub log_mean_weight: f64,
}

impl WeightSummary {
    /// Of ln weights; a draw of weight zero is minus infinity.
    ///
    /// # Errors
    /// [`ParetoError`] for NaN or plus infinity, for none at all, or where all weights are zero.
    pub fn new(log_weights: &[f64]) -> Result<Self, ParetoError> {
        let largest = log_weights
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        // Zero weights count as draws; the tail's fit wants finite logarithms and looks at the largest weights only.
        let finite: Vec<f64> = log_weights
            .iter()
            .map(|&value| {
                if value == f64::NEG_INFINITY && largest.is_finite() {
                    largest - 700.0
                } else {
                    value
                }
            })
            .collect();
        let pareto_k = pareto_smooth(&finite, 1.0)?.k;
        let weights: Vec<f64> = finite.iter().map(|value| (value - largest).exp()).collect();
        let sum: f64 = weights.iter().sum();
        let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
        let log_mean_weight = largest + (sum / weights.len() as f64).ln();
        Ok(Self {
            n_draws: weights.len(),
            ess: sum * sum / squares,
            largest_share: 1.0 / sum,
            pareto_k,
            log_mean_weight,
        })
    }

    /// ESS per draw.
    #[must_use]
    pub fn ess_fraction(&self) -> f64 {
        self.ess / self.n_draws as f64
    }
}

/// Mean of values under self-normalised weights, with its standard error by the delta method:
/// m = sum w f / sum w, var m = sum w² (f - m)² / (sum w)².
#[must_use]
pub fn weighted_mean(log_weights: &[f64], values: &[f64]) -> (f64, f64) {
    let largest = log_weights
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = log_weights
        .iter()
        .map(|value| (value - largest).exp())
        .collect();
    let sum: f64 = weights.iter().sum();
    // What has no weight has no say, even where its value is not finite.
    let pairs = || {
        weights
            .iter()
            .zip(values)
            .filter(|(weight, _)| **weight > 0.0)
    };
    let mean = pairs().map(|(weight, value)| weight * value).sum::<f64>() / sum;
    let squares: f64 = pairs()
        .map(|(weight, value)| (weight * (value - mean)).powi(2))
        .sum();
    (mean, squares.sqrt() / sum)
}
