//! Rank-normalised split R-hat of several chains, the larger of the bulk and the folded one.

use super::chains::{self, ChainError, mean, sample_variance};
use super::rank_normalise::rank_normalise;

/// R-hat = sqrt((B / W + n - 1) / n) of rank-normalised split chains, `[n_chains][n_draws]`; the larger of the value
/// for the draws (location) and for their distances from the median (spread).
///
/// 1 when chains agree; below 1.01 is the usual demand. Infinite when every half chain is stuck at its own constant.
/// One chain is compared with itself, first half against second. Source: Vehtari et al. 2021, doi:10.1214/20-BA1221.
///
/// # Errors
/// [`ChainError`] for no, unequal, too few (below 4), non-finite or constant chains.
pub fn r_hat(chains: &[Vec<f64>]) -> Result<f64, ChainError> {
    chains::check(chains, chains::MIN_DRAWS)?;
    let halves = chains::split(chains);
    if chains::is_constant(&halves) {
        return Err(ChainError::Constant {
            value: halves[0][0],
            n_draws: halves.len() * halves[0].len(),
        });
    }
    let bulk = scale_reduction(&rank_normalise(&halves));
    let folded = scale_reduction(&rank_normalise(&fold(&halves)));
    // Folding a symmetric two-valued observable gives a constant and NaN; `f64::max` then keeps the bulk value.
    Ok(bulk.max(folded))
}

/// Distances of all draws from their common median.
fn fold(chains: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let median = chains::median_of_sorted(&chains::sorted(chains));
    chains
        .iter()
        .map(|chain| chain.iter().map(|value| (value - median).abs()).collect())
        .collect()
}

/// Gelman and Rubin's potential scale reduction of chains as they are.
fn scale_reduction(chains: &[Vec<f64>]) -> f64 {
    let n_draws = chains[0].len() as f64;
    let means: Vec<f64> = chains.iter().map(|chain| mean(chain)).collect();
    let within = chains
        .iter()
        .map(|chain| sample_variance(chain))
        .sum::<f64>()
        / chains.len() as f64;
    let between = n_draws * sample_variance(&means);
    ((between / within + n_draws - 1.0) / n_draws).sqrt()
}
