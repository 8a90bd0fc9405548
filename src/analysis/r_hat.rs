//! Rank-normalised split R-hat of several chains, the larger of the bulk and the folded one. Sets no threshold.

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

/// Distances of all draws from their common median. Of an even number the two in the middle are equally far from it, and rounding
/// must not say which is nearer: their ranks are the extreme ones.
fn fold(chains: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let sorted = chains::sorted(chains);
    let median = chains::median_of_sorted(&sorted);
    let middle = [(sorted.len() - 1) / 2, sorted.len() / 2].map(|place| sorted[place]);
    let half_gap = 0.5 * (middle[1] - middle[0]);
    let distance = |value: &f64| match middle.contains(value) {
        true => half_gap,
        false => (value - median).abs(),
    };
    let folded = chains.iter();
    folded
        .map(|chain| chain.iter().map(distance).collect())
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
