//! Pareto-smoothed importance sampling: stable weights and the diagnostic k.

use thiserror::Error;

/// Tail weights below which no Pareto distribution is fitted.
const MIN_TAIL: usize = 5;
/// Prior of the fit's scale: a third of the lower quartile of the tail.
const PRIOR_SCALE: f64 = 3.0;
/// Weight, in tail points, of the prior k = 1/2 that steadies short tails.
const PRIOR_WEIGHT: f64 = 10.0;

/// Why weights cannot be smoothed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ParetoError {
    /// Nothing given.
    #[error("got no log weights, expected at least one")]
    Empty,
    /// NaN or plus infinity, or no weight above zero.
    #[error("log weight {index} is {value}, expected a finite number")]
    NotFinite {
        /// Which, from 0.
        index: usize,
        /// The value.
        value: f64,
    },
    /// The relative efficiency is no share.
    #[error(
        "relative efficiency is {got}, expected a positive number (ESS / n, 1 for independent draws)"
    )]
    BadEfficiency {
        /// The value got.
        got: f64,
    },
}

/// Smoothed weights and how far they can be trusted.
#[derive(Debug, Clone, PartialEq)]
pub struct ParetoSmoothed {
    /// Logarithms of the smoothed weights, normalised to sum 1, in the order given.
    pub log_weights: Vec<f64>,
    /// Shape k of the tail: below 0.5 good, above 0.7 the weighted averages cannot be trusted; infinite where the tail is
    /// too short or flat to be fitted (nothing is smoothed then).
    pub k: f64,
}

/// Smooths the largest importance weights by the quantiles of a generalised Pareto distribution fitted to them.
///
/// The tail has min(n / 5, 3 sqrt(n / `relative_efficiency`)) weights; `relative_efficiency` is ESS / n of the draws.
/// Source: Vehtari et al. 2024, JMLR 25(72); fit of Zhang and Stephens 2009, doi:10.1198/tech.2009.08017.
///
/// # Errors
/// [`ParetoError`] for no or non-finite log weights, or an efficiency that is not positive.
pub fn pareto_smooth(
    log_weights: &[f64],
    relative_efficiency: f64,
) -> Result<ParetoSmoothed, ParetoError> {
    check(log_weights, relative_efficiency)?;
    let largest = log_weights
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    let mut shifted: Vec<f64> = log_weights.iter().map(|value| value - largest).collect();
    let mut order: Vec<usize> = (0..shifted.len()).collect();
    order.sort_by(|&a, &b| shifted[a].total_cmp(&shifted[b]));
    let cutoff = tail_cutoff(&shifted, &order, relative_efficiency);
    let tail_start = order.partition_point(|&index| shifted[index] <= cutoff);
    let tail = &order[tail_start..];
    let mut k = f64::INFINITY;
    if tail.len() >= MIN_TAIL {
        let excess: Vec<f64> = tail
            .iter()
            .map(|&index| shifted[index].exp() - cutoff.exp())
            .collect();
        let fit = GeneralisedPareto::fit(&excess);
        k = fit.k;
        if k.is_finite() {
            for (rank, &index) in tail.iter().enumerate() {
                let probability = (rank as f64 + 0.5) / tail.len() as f64;
                let smoothed = (fit.quantile(probability) + cutoff.exp()).ln();
                shifted[index] = smoothed.min(0.0);
            }
        }
    }
    let sum: f64 = shifted.iter().map(|value| value.exp()).sum();
    let log_weights = shifted.iter().map(|value| value - sum.ln()).collect();
    Ok(ParetoSmoothed { log_weights, k })
}

fn check(log_weights: &[f64], relative_efficiency: f64) -> Result<(), ParetoError> {
    if log_weights.is_empty() {
        return Err(ParetoError::Empty);
    }
    if let Some(index) = log_weights.iter().position(|value| !value.is_finite()) {
        return Err(ParetoError::NotFinite {
            index,
            value: log_weights[index],
        });
    }
    if !(relative_efficiency.is_finite() && relative_efficiency > 0.0) {
        return Err(ParetoError::BadEfficiency {
            got: relative_efficiency,
        });
    }
    Ok(())
}

/// The largest log weight that is not in the tail, no lower than what f64 can represent.
fn tail_cutoff(shifted: &[f64], order: &[usize], relative_efficiency: f64) -> f64 {
    let n_weights = shifted.len() as f64;
    let n_tail = (n_weights / 5.0)
        .min(3.0 * (n_weights / relative_efficiency).sqrt())
        .ceil();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a count between 1 and n / 5 + 1"
    )]
    let n_tail = n_tail as usize;
    let index = order[shifted.len().saturating_sub(n_tail + 1)];
    shifted[index].max(f64::MIN_POSITIVE.ln())
}

/// Generalised Pareto distribution on [0, inf) with shape k and scale sigma.
struct GeneralisedPareto {
    k: f64,
    sigma: f64,
}

impl GeneralisedPareto {
    /// Empirical-Bayes fit to sorted excesses: mean of theta = -k / sigma over a quasi-posterior on a grid.
    fn fit(excess: &[f64]) -> Self {
        let n = excess.len() as f64;
        let n_grid = 30.0 + n.sqrt().floor();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "lower quartile position and grid size, small positive numbers"
        )]
        let (quartile, grid_size) = ((n / 4.0 + 0.5) as usize - 1, n_grid as usize);
        let thetas: Vec<f64> = (1..=grid_size)
            .map(|index| {
                let step = 1.0 - (n_grid / (index as f64 - 0.5)).sqrt();
                step / (PRIOR_SCALE * excess[quartile]) + 1.0 / excess[excess.len() - 1]
            })
            .collect();
        let shape = |theta: f64| excess.iter().map(|x| (-theta * x).ln_1p()).sum::<f64>() / n;
        let log_likelihoods: Vec<f64> = thetas
            .iter()
            .map(|&theta| n * ((-theta / shape(theta)).ln() - shape(theta) - 1.0))
            .collect();
        let weights: Vec<f64> = log_likelihoods
            .iter()
            .map(|own| 1.0 / log_likelihoods.iter().map(|l| (l - own).exp()).sum::<f64>())
            .map(|weight| {
                if weight >= 10.0 * f64::EPSILON {
                    weight
                } else {
                    0.0
                }
            })
            .collect();
        let theta = thetas.iter().zip(&weights).map(|(t, w)| t * w).sum::<f64>()
            / weights.iter().sum::<f64>();
        let k = shape(theta);
        Self {
            k: (n * k + PRIOR_WEIGHT * 0.5) / (n + PRIOR_WEIGHT),
            sigma: -k / theta,
        }
    }

    /// Inverse distribution function at a probability inside (0, 1).
    fn quantile(&self, probability: f64) -> f64 {
        let log_survival = (-probability).ln_1p();
        if self.k.abs() < f64::EPSILON {
            -self.sigma * log_survival
        } else {
            self.sigma * (-self.k * log_survival).exp_m1() / self.k
        }
    }
}
