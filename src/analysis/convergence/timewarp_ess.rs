//! Effective sample size per frame by the formula of the Timewarp paper, for comparison with its numbers only.
//! Use [`crate::analysis::ess_bulk`] for judging a run: this one does not see that chains disagree in spread or that one is stuck.

use super::autocorrelation::pooled_autocorrelation;
use super::chains::ChainError;

/// ESS per frame = 1 / (-1 + 2 sum_{t>=0} |rho_t|), summed up to, without, the first lag at which rho_t <= 0.
///
/// Several chains are pooled about the mean of all draws. Independent frames give about 1; multiply by the number of
/// frames for ESS, divide by wall-clock for ESS/s. Source: Klein et al. 2023, arXiv 2302.01170.
///
/// ```
/// // rho_0 = 1 and rho_1 = -0.75: every frame counts.
/// let chain = vec![1.0, -1.0, 1.0, -1.0];
/// assert_eq!(saltus::analysis::timewarp_ess_per_frame(&[chain])?, 1.0);
/// # Ok::<(), saltus::analysis::ChainError>(())
/// ```
///
/// # Errors
/// [`ChainError`] for no, unequal, too few (below 2), non-finite or constant chains.
pub fn timewarp_ess_per_frame(chains: &[Vec<f64>]) -> Result<f64, ChainError> {
    let sum: f64 = pooled_autocorrelation(chains)?
        .into_iter()
        .take_while(|&rho| rho > 0.0)
        .sum();
    Ok(1.0 / (2.0 * sum - 1.0))
}
