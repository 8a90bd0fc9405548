//! The ratio of two sampling speeds with its interval.

use rand::RngExt;

use crate::analysis::convergence::ess::SplitMoments;
use crate::rng;

/// Resamples of the chains.
const N_RESAMPLES: usize = 200;
/// Normal quantile of a two-sided 95 % interval.
pub(super) const QUANTILE_95: f64 = 1.96;
/// Seed of the resampling: the same chains give the same interval.
const SEED: u64 = 0x6265_6e63;

/// Effective samples a second, and how far they are known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Speed {
    /// ESS of the slowest observable a second.
    pub(crate) ess_per_second: f64,
    /// Standard error of its logarithm.
    pub(super) ln_spread: f64,
}

/// Speed relative to plain MD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// The ratio.
    pub value: f64,
    /// Lower end of the 95 % interval; 0 where the sampler itself did not mix.
    pub low: f64,
    /// Upper end of it; of a lower bound, that of the bound.
    pub high: f64,
    /// Whether the true ratio is larger: plain MD did not mix, and its ESS was bounded from above.
    pub lower_bound: bool,
}

impl Ratio {
    /// The baseline relative to itself.
    #[must_use]
    pub(crate) fn one() -> Self {
        Self {
            value: 1.0,
            low: 1.0,
            high: 1.0,
            lower_bound: false,
        }
    }
}

/// value exp(+-1.96 s), s^2 the sum of both variances of ln ESS: the two runs are independent.
pub(crate) fn ratio(speed: &Speed, mixed: bool, reference: &Speed, is_bound: bool) -> Ratio {
    let value = speed.ess_per_second / reference.ess_per_second;
    let factor = (QUANTILE_95 * speed.ln_spread.hypot(reference.ln_spread)).exp();
    Ratio {
        value,
        // The ESS of chains that disagree is an upper limit at best.
        low: if mixed { value / factor } else { 0.0 },
        high: value * factor,
        lower_bound: is_bound && mixed && value > 0.0,
    }
}

/// Standard deviation of ln ESS over 200 resamples of whole chains, times sqrt(n/(n-1)); `halves` as
/// [`split`](crate::analysis::convergence::chains::split) gives them: first halves of all chains, then second halves. 0 for fewer than two chains.
pub(super) fn spread_of_ln_ess(halves: &[Vec<f64>]) -> f64 {
    let n_chains = halves.len() / 2;
    if n_chains < 2 {
        return 0.0;
    }
    let moments = SplitMoments::of(halves);
    let mut stream = rng::stream(SEED);
    let logarithms: Vec<f64> = (0..N_RESAMPLES)
        .map(|_| {
            let drawn: Vec<usize> = (0..n_chains)
                .map(|_| stream.random_range(0..n_chains))
                .collect();
            let second = drawn.iter().map(|chain| chain + n_chains);
            let halves: Vec<usize> = drawn.iter().copied().chain(second).collect();
            moments.ess(&halves).ln()
        })
        .filter(|logarithm| logarithm.is_finite())
        .collect();
    let n_chains = n_chains as f64;
    let variance = crate::analysis::convergence::chains::sample_variance(&logarithms);
    if variance.is_finite() {
        (variance * n_chains / (n_chains - 1.0)).sqrt()
    } else {
        0.0
    }
}
