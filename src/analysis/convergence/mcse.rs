//! Monte-Carlo standard error of a mean.

use super::chains::{self, ChainError, sample_variance};
use super::ess::ess_mean;

/// MCSE = s / sqrt(ESS of the mean), s with divisor S - 1 over all draws of `[n_chains][n_draws]`; unit of the draws.
///
/// Source: Vehtari et al. 2021, doi:10.1214/20-BA1221.
///
/// # Errors
/// [`ChainError`] for no, unequal, too few (below 4), non-finite or constant chains.
pub fn mcse_mean(chains: &[Vec<f64>]) -> Result<f64, ChainError> {
    chains::check(chains, chains::MIN_DRAWS)?;
    let draws: Vec<f64> = chains.iter().flatten().copied().collect();
    Ok((sample_variance(&draws) / ess_mean(chains)?).sqrt())
}
