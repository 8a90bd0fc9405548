//! Checks and splits chains of draws before any diagnostic sees them.

use thiserror::Error;

/// Fewest draws a chain needs for ESS, R-hat and MCSE: two for either half.
pub(crate) const MIN_DRAWS: usize = 4;

/// Range below which values count as constant, the decimal resolution of f64 that ArviZ uses too.
const CONSTANT_RANGE: f64 = 1e-15;

/// Why a set of chains cannot be diagnosed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ChainError {
    /// There is nothing to diagnose.
    #[error("got no chains, expected at least one: give at least one trajectory with frames")]
    NoChains,
    /// Chains must be equally long to be split and compared.
    #[error(
        "chain {chain_index} has {got} draws, chain 0 has {expected}: cut all chains to the same length"
    )]
    UnequalLengths {
        /// The first chain that differs.
        chain_index: usize,
        /// Its length.
        got: usize,
        /// Length of chain 0.
        expected: usize,
    },
    /// The estimate is undefined for so few draws.
    #[error(
        "got {got} draws a chain, but at least {needed} are needed: run longer or write frames more often"
    )]
    TooFewDraws {
        /// Draws a chain.
        got: usize,
        /// Draws a chain that the estimate needs.
        needed: usize,
    },
    /// A NaN or infinite draw would silently spoil every estimate.
    #[error(
        "draw {draw_index} of chain {chain_index} is {value}, expected a finite number: remove or repair that frame"
    )]
    NotFinite {
        /// Chain with the value.
        chain_index: usize,
        /// Draw with the value, from 0.
        draw_index: usize,
        /// NaN or an infinity.
        value: f64,
    },
    /// All draws of all chains agree, so autocorrelation and R-hat are 0/0.
    #[error(
        "all {n_draws} draws equal {value}: nothing can be estimated from a constant; a state was never entered or never left, run longer"
    )]
    Constant {
        /// The one value.
        value: f64,
        /// Draws over all chains.
        n_draws: usize,
    },
}

/// Checks shape, finiteness and that the draws vary; returns the number of draws a chain.
///
/// # Errors
/// Every variant of [`ChainError`].
pub(crate) fn check(chains: &[Vec<f64>], needed: usize) -> Result<usize, ChainError> {
    let n_draws = chains.first().ok_or(ChainError::NoChains)?.len();
    for (chain_index, chain) in chains.iter().enumerate() {
        if chain.len() != n_draws {
            return Err(ChainError::UnequalLengths {
                chain_index,
                got: chain.len(),
                expected: n_draws,
            });
        }
        if let Some(draw_index) = chain.iter().position(|value| !value.is_finite()) {
            return Err(ChainError::NotFinite {
                chain_index,
                draw_index,
                value: chain[draw_index],
            });
        }
    }
    if n_draws < needed {
        return Err(ChainError::TooFewDraws {
            got: n_draws,
            needed,
        });
    }
    if is_constant(chains) {
        return Err(ChainError::Constant {
            value: chains[0][0],
            n_draws: n_draws * chains.len(),
        });
    }
    Ok(n_draws)
}

/// Whether all draws of all chains agree to the resolution of f64.
pub(super) fn is_constant(chains: &[Vec<f64>]) -> bool {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for &value in chains.iter().flatten() {
        low = low.min(value);
        high = high.max(value);
    }
    high - low < CONSTANT_RANGE
}

/// Both halves of every chain as chains of their own, first halves first; the middle draw of an odd chain is left out.
pub(crate) fn split(chains: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let half = chains[0].len() / 2;
    let first = chains.iter().map(|chain| chain[..half].to_vec());
    let second = chains
        .iter()
        .map(|chain| chain[chain.len() - half..].to_vec());
    first.chain(second).collect()
}

/// Arithmetic mean, taken from the first value so that a constant is its own mean exactly.
pub(crate) fn mean(values: &[f64]) -> f64 {
    let Some(&origin) = values.first() else {
        return f64::NAN;
    };
    origin + values.iter().map(|value| value - origin).sum::<f64>() / values.len() as f64
}

/// Unbiased variance (divisor n - 1); NaN for fewer than two values.
pub(crate) fn sample_variance(values: &[f64]) -> f64 {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    squares / (values.len() as f64 - 1.0)
}

/// All draws of all chains, sorted.
pub(crate) fn sorted(chains: &[Vec<f64>]) -> Vec<f64> {
    let mut values: Vec<f64> = chains.iter().flatten().copied().collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// Median of sorted values, the mean of the two central ones for an even count.
pub(super) fn median_of_sorted(values: &[f64]) -> f64 {
    let centre = values.len() / 2;
    if values.len() % 2 == 1 {
        values[centre]
    } else {
        f64::midpoint(values[centre - 1], values[centre])
    }
}
