//! Autocovariance by fast Fourier transform, and the integrated autocorrelation time.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use super::chains::{self, ChainError, mean};

/// Autocovariance about `centre` at lags 0 to n - 1 with divisor n: c_t = (1/n) sum_i (x_i - centre)(x_{i+t} - centre).
///
/// Zero padding to at least 2n makes the transform's cyclic correlation equal to the plain one.
pub(super) fn autocovariance(chain: &[f64], centre: f64) -> Vec<f64> {
    let n_draws = chain.len();
    let size = (2 * n_draws).next_power_of_two();
    let mut buffer = vec![Complex::new(0.0, 0.0); size];
    for (slot, value) in buffer.iter_mut().zip(chain) {
        slot.re = value - centre;
    }
    let mut planner = FftPlanner::new();
    planner.plan_fft_forward(size).process(&mut buffer);
    for value in &mut buffer {
        *value = Complex::new(value.norm_sqr(), 0.0);
    }
    planner.plan_fft_inverse(size).process(&mut buffer);
    let scale = 1.0 / (size as f64 * n_draws as f64);
    buffer[..n_draws]
        .iter()
        .map(|value| value.re * scale)
        .collect()
}

/// Autocorrelation function of one chain, rho_t = c_t / c_0 about the chain's own mean, lags 0 to n - 1.
///
/// ```
/// let rho = saltus::analysis::normalised_autocorrelation(&[1.0, -1.0, 1.0, -1.0])?;
/// assert!((rho[1] + 0.75).abs() < 1e-12);
/// # Ok::<(), saltus::analysis::ChainError>(())
/// ```
///
/// # Errors
/// [`ChainError`] for no, too few (below 2), non-finite or constant draws.
pub fn normalised_autocorrelation(chain: &[f64]) -> Result<Vec<f64>, ChainError> {
    chains::check(&[chain.to_vec()], 2)?;
    Ok(normalise(autocovariance(chain, mean(chain))))
}

/// Autocorrelation function of several chains of one observable: autocovariances about the mean of **all** draws,
/// averaged over chains, divided by lag 0. A chain stuck apart from the others therefore shows as a slow decay.
///
/// # Errors
/// [`ChainError`] for no, unequal, too few (below 2), non-finite or constant chains.
pub fn pooled_autocorrelation(chains: &[Vec<f64>]) -> Result<Vec<f64>, ChainError> {
    let n_draws = chains::check(chains, 2)?;
    let centre = chains.iter().map(|chain| mean(chain)).sum::<f64>() / chains.len() as f64;
    let mut total = vec![0.0; n_draws];
    for chain in chains {
        for (sum, value) in total.iter_mut().zip(autocovariance(chain, centre)) {
            *sum += value;
        }
    }
    Ok(normalise(total))
}

/// Integrated autocorrelation time in draws by Geyer's initial positive sequence,
/// tau = -1 + 2 sum_k (rho_{2k} + rho_{2k+1}) up to the first pair that is not positive.
///
/// Independent draws give 1; n draws are worth n / tau. Chains are pooled as in [`pooled_autocorrelation`].
/// Source: Geyer 1992, doi:10.1214/ss/1177011137.
///
/// # Errors
/// [`ChainError`] for no, unequal, too few (below 4), non-finite or constant chains.
pub fn integrated_autocorrelation_time(chains: &[Vec<f64>]) -> Result<f64, ChainError> {
    chains::check(chains, chains::MIN_DRAWS)?;
    let rho = pooled_autocorrelation(chains)?;
    let pairs: f64 = rho
        .chunks_exact(2)
        .map(|pair| pair[0] + pair[1])
        .take_while(|&pair| pair > 0.0)
        .sum();
    Ok(2.0 * pairs - 1.0)
}

fn normalise(mut covariance: Vec<f64>) -> Vec<f64> {
    let variance = covariance[0];
    covariance.iter_mut().for_each(|value| *value /= variance);
    covariance
}
