//! The ratio of two sampling speeds with its interval, and a bound on the ESS of chains that hardly cross. Ranks nothing.

use rand::RngExt;

use super::ess::SplitMoments;
use crate::rng;

/// Resamples of the chains.
const N_RESAMPLES: usize = 200;
/// Normal quantile of a two-sided 95 % interval.
const QUANTILE_95: f64 = 1.96;
/// Seed of the resampling: the same chains give the same interval.
const SEED: u64 = 0x6265_6e63;

/// Effective samples a second, and how far they are known.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Speed {
    /// ESS of the slowest observable a second.
    pub(super) ess_per_second: f64,
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
    pub(super) fn one() -> Self {
        Self {
            value: 1.0,
            low: 1.0,
            high: 1.0,
            lower_bound: false,
        }
    }
}

/// value exp(+-1.96 s), s^2 the sum of both variances of ln ESS: the two runs are independent.
pub(super) fn ratio(speed: &Speed, mixed: bool, reference: &Speed, is_bound: bool) -> Ratio {
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
/// [`split`](super::chains::split) gives them: first halves of all chains, then second halves. 0 for fewer than two chains.
pub(super) fn spread_of_ln_ess(halves: &[Vec<f64>]) -> f64 {
    let n_chains = halves.len() / 2;
    if n_chains < 2 {
        return 0.0;
    }
    let moments = SplitMoments::of(halves);
    let mut stream = rng::streams(SEED, 1).remove(0);
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
    let variance = super::chains::sample_variance(&logarithms);
    if variance.is_finite() {
        (variance * n_chains / (n_chains - 1.0)).sqrt()
    } else {
        0.0
    }
}

/// An upper bound on the ESS of chains by their crossings of the observable's mean m: n_95 / (4 p (1 - p)).
///
/// n_95 is the upper 97.5 % limit of a Poisson mean after n observed crossings of all chains (3.7 for none), p the share of
/// frames above m. For a two-state process of rates k1, k2 over a time T, ESS = T (k1 + k2) / 2 and the expected crossings
/// are 2 T k1 k2 / (k1 + k2): the quotient is 1 / (4 p (1 - p)). Recrossings only raise the bound. m and p are those of the
/// `trusted` samplers, each with the same weight; infinite where they have no frame on one side.
pub(super) fn crossing_bound(chains: &[Vec<f32>], trusted: &[&[Vec<f32>]]) -> f64 {
    let average = |value: &dyn Fn(f32) -> f64| {
        let means = trusted.iter().map(|chains| {
            let n_draws: usize = chains.iter().map(Vec::len).sum();
            chains
                .iter()
                .flatten()
                .map(|&draw| value(draw))
                .sum::<f64>()
                / n_draws as f64
        });
        means.sum::<f64>() / trusted.len() as f64
    };
    let threshold = average(&|draw| f64::from(draw));
    let above = |draw: f32| f64::from(draw) > threshold;
    let share = average(&|draw| f64::from(u8::from(above(draw))));
    if share <= 0.0 || share >= 1.0 {
        return f64::INFINITY;
    }
    let crossings: usize = chains
        .iter()
        .map(|chain| {
            let pairs = chain.windows(2);
            pairs
                .filter(|pair| above(pair[0]) != above(pair[1]))
                .count()
        })
        .sum();
    poisson_upper_limit(crossings as f64) / (4.0 * share * (1.0 - share))
}

/// Upper 97.5 % limit of a Poisson mean by Wilson and Hilferty's approximation of the chi-squared quantile, doi:10.1073/pnas.17.12.684.
fn poisson_upper_limit(count: f64) -> f64 {
    let next = count + 1.0;
    next * (1.0 - 1.0 / (9.0 * next) + QUANTILE_95 / (3.0 * next.sqrt())).powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poisson_limits_are_those_of_tables() {
        for (count, limit) in [(0.0, 3.689), (1.0, 5.572), (10.0, 18.391)] {
            let got = poisson_upper_limit(count);
            assert!((got - limit).abs() < 0.01 * limit, "{got} {limit}");
        }
    }

    /// A two-state chain that leaves 0 and 1 with these probabilities a draw.
    fn two_state(leave: [f64; 2], seed: u64) -> Vec<Vec<f32>> {
        let mut streams = rng::streams(seed, 16);
        let chain = |stream: &mut rand_xoshiro::Xoshiro256PlusPlus| {
            let occupied = leave[0] / (leave[0] + leave[1]);
            let mut state = usize::from(stream.random::<f64>() < occupied);
            let mut next = || {
                state = if stream.random::<f64>() < leave[state] {
                    1 - state
                } else {
                    state
                };
                [0.0, 1.0][state]
            };
            (0..8000).map(|_| next()).collect()
        };
        streams.iter_mut().map(chain).collect()
    }

    #[test]
    fn crossings_bound_the_ess_of_chains_that_mix_and_not_by_much() {
        for (leave, seed) in [([0.005, 0.005], 1), ([0.002, 0.05], 2), ([0.05, 0.002], 3)] {
            let chains = two_state(leave, seed);
            // Correlation falls by 1 - k0 - k1 a draw, so the true ESS is N k / (2 - k); an estimate would have noise of its own.
            let k = leave[0] + leave[1];
            let ess = 16.0 * 8000.0 * k / (2.0 - k);
            let bound = crossing_bound(&chains, &[&chains]);
            assert!(bound > ess && bound < 1.5 * ess, "{leave:?} {bound} {ess}");
        }
    }
}
