//! Effective sample size of several chains, rank-normalised and split, bulk and tail. Counts draws, not seconds.
//!
//! Definitions of Vehtari et al. 2021, doi:10.1214/20-BA1221, in the arithmetic of Stan and ArviZ 0.23.4: Geyer's
//! initial positive and monotone sequences on autocorrelations pooled over split chains, ESS at most S log10(S).
//! ArviZ calls a constant "S effective draws"; here a constant is [`ChainError::Constant`], since nothing was learnt.

use super::autocorrelation::autocovariance;
use super::chains::{self, ChainError, mean, sample_variance};
use super::rank_normalise::rank_normalise;

/// Quantiles whose indicators define the tail ESS.
const TAIL_PROBABILITIES: [f64; 2] = [0.05, 0.95];

/// Bulk ESS: of rank-normalised draws in split chains, `[n_chains][n_draws]`.
///
/// # Errors
/// [`ChainError`] for no, unequal, too few (below 4), non-finite or constant chains.
pub fn ess_bulk(chains: &[Vec<f64>]) -> Result<f64, ChainError> {
    chains::check(chains, chains::MIN_DRAWS)?;
    Ok(ess_of(&rank_normalise(&chains::split(chains))))
}

/// Tail ESS: the smaller of the ESS of the indicators x <= q05 and x <= q95, `[n_chains][n_draws]`.
///
/// An indicator that never changes (a discrete observable whose rarer value is below 5 %) counts as fully sampled, as in ArviZ.
///
/// # Errors
/// [`ChainError`] for no, unequal, too few (below 4), non-finite or constant chains.
pub fn ess_tail(chains: &[Vec<f64>]) -> Result<f64, ChainError> {
    chains::check(chains, chains::MIN_DRAWS)?;
    let sorted = chains::sorted(chains);
    let smallest = TAIL_PROBABILITIES
        .map(|probability| {
            let threshold = quantile_of_sorted(&sorted, probability);
            let indicators: Vec<Vec<f64>> = chains::split(chains)
                .iter()
                .map(|chain| {
                    chain
                        .iter()
                        .map(|&value| f64::from(u8::from(value <= threshold)))
                        .collect()
                })
                .collect();
            ess_of(&indicators)
        })
        .into_iter()
        .fold(f64::INFINITY, f64::min);
    Ok(smallest)
}

/// ESS of the mean: of the draws themselves in split chains, `[n_chains][n_draws]`; the one that MCSE needs.
///
/// # Errors
/// [`ChainError`] for no, unequal, too few (below 4), non-finite or constant chains.
pub fn ess_mean(chains: &[Vec<f64>]) -> Result<f64, ChainError> {
    chains::check(chains, chains::MIN_DRAWS)?;
    Ok(ess_of(&chains::split(chains)))
}

/// ESS of chains that are split already.
fn ess_of(chains: &[Vec<f64>]) -> f64 {
    if chains::is_constant(chains) {
        return (chains.len() * chains[0].len()) as f64;
    }
    let all: Vec<usize> = (0..chains.len()).collect();
    SplitMoments::of(chains).ess(&all)
}

/// Mean and autocovariance of every split chain: what the ESS of any choice of them is made from.
pub(crate) struct SplitMoments {
    means: Vec<f64>,
    covariances: Vec<Vec<f64>>,
}

impl SplitMoments {
    /// Moments of chains that are split already, all of one length.
    pub(crate) fn of(chains: &[Vec<f64>]) -> Self {
        let means: Vec<f64> = chains.iter().map(|chain| mean(chain)).collect();
        let pairs = chains.iter().zip(&means);
        let covariances = pairs
            .map(|(chain, &centre)| autocovariance(chain, centre))
            .collect();
        Self { means, covariances }
    }

    /// ESS of the chosen chains, which may repeat; NaN where none of them varies.
    pub(crate) fn ess(&self, chosen: &[usize]) -> f64 {
        let n_total = (chosen.len() * self.covariances[0].len()) as f64;
        let tau = summed_correlation(&self.pooled_correlation(chosen));
        // Antithetic chains may beat independent draws; the bound keeps noise from claiming any number.
        n_total / tau.max(1.0 / n_total.log10())
    }

    /// Autocorrelation that charges disagreement between chains: rho_t = 1 - (W - mean_c c_t) / var_plus, rho_0 = 1.
    fn pooled_correlation(&self, chosen: &[usize]) -> Vec<f64> {
        let n_draws = self.covariances[0].len();
        let means: Vec<f64> = chosen.iter().map(|&chain| self.means[chain]).collect();
        let mut covariance = vec![0.0; n_draws];
        for &chain in chosen {
            for (sum, value) in covariance.iter_mut().zip(&self.covariances[chain]) {
                *sum += value / chosen.len() as f64;
            }
        }
        let within = covariance[0] * n_draws as f64 / (n_draws as f64 - 1.0);
        let total = covariance[0] + sample_variance(&means);
        let mut rho: Vec<f64> = covariance
            .iter()
            .map(|value| 1.0 - (within - value) / total)
            .collect();
        rho[0] = 1.0;
        rho
    }
}

/// -1 + 2 sum rho_t over Geyer's initial monotone sequence of pairs (rho_{2k}, rho_{2k+1}).
///
/// The pair that ends the sequence counts its even member once, where positive: this damps the bias of antithetic chains.
fn summed_correlation(rho: &[f64]) -> f64 {
    let pair = |index: usize| rho[2 * index] + rho[2 * index + 1];
    let mut n_kept = 0;
    let mut ceiling = f64::INFINITY;
    let mut total = 0.0;
    // The last lags rest on one or two products, so no pair is kept whose successor would reach them.
    while 2 * n_kept + 4 < rho.len() && pair(n_kept) > 0.0 {
        ceiling = ceiling.min(pair(n_kept));
        total += ceiling;
        n_kept += 1;
    }
    let even = rho[2 * n_kept];
    let end = if even > 0.0 || pair(n_kept) >= 0.0 {
        even
    } else {
        0.0
    };
    2.0 * total - 1.0 + end
}

/// Quantile of sorted values by linear interpolation between order statistics (R's type 7).
///
/// The weighted sum is kept in this form since rounding decides on which side of the quantile tied draws fall.
fn quantile_of_sorted(values: &[f64], probability: f64) -> f64 {
    let n_values = values.len();
    let rank = n_values as f64 * probability + (1.0 - probability);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "clamped to 1..n_values before the cast"
    )]
    let below = rank.floor().clamp(1.0, n_values as f64 - 1.0) as usize;
    let weight = (rank - below as f64).clamp(0.0, 1.0);
    (1.0 - weight) * values[below - 1] + weight * values[below]
}
