//! How often chains cross the mean of an observable, and how many effective samples that allows.
//!
//! Autocorrelation sees only what happened within a chain: where the rare side was visited a dozen times, its estimate of
//! the ESS may be tens of times too large. Crossings are plain counts with a plain error.

use super::ratio::QUANTILE_95;
use crate::analysis::convergence::chains::sample_variance;
use crate::analysis::numbers::poisson;

/// A value that parts an observable in two, and the share of frames above it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Divide {
    threshold: f64,
    share: f64,
}

impl Divide {
    /// The mean of the trusted samplers, each with the same weight, and the share of frames above it, each with the weight
    /// of its crossings: who crosses more often knows it better. `None` where nobody has frames on both sides.
    pub(crate) fn of(trusted: &[&[Vec<f32>]]) -> Option<Self> {
        let average = |chains: &[Vec<f32>], value: &dyn Fn(f32) -> f64| {
            let n_draws: usize = chains.iter().map(Vec::len).sum();
            let values = chains.iter().flatten().map(|&draw| value(draw));
            values.sum::<f64>() / n_draws as f64
        };
        let means = trusted
            .iter()
            .map(|chains| average(chains, &|draw| f64::from(draw)));
        let threshold = means.sum::<f64>() / trusted.len() as f64;
        let (mut share, mut weights) = (0.0, 0.0);
        for chains in trusted {
            let weight = 1.0 + n_crossings(chains, threshold).iter().sum::<f64>();
            share += weight * average(chains, &|draw| f64::from(u8::from(above(draw, threshold))));
            weights += weight;
        }
        share /= weights;
        (share > 0.0 && share < 1.0).then_some(Self { threshold, share })
    }
}

/// Crossings of one sampler.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Crossings {
    /// Of all chains together.
    pub(crate) count: f64,
    /// Standard deviation of the count: from the spread over chains, at least that of Poisson visits of two crossings each.
    deviation: f64,
    n_draws: f64,
    /// Share of the frames above the mean.
    pub(crate) share: f64,
}

impl Crossings {
    /// Counts them in chains `[n_chains][n_draws]`.
    pub(crate) fn of(chains: &[Vec<f32>], divide: &Divide) -> Self {
        let counts = n_crossings(chains, divide.threshold);
        let count: f64 = counts.iter().sum();
        let spread = counts.len() as f64 * sample_variance(&counts);
        let poisson = 2.0 * count;
        Self {
            count,
            deviation: if spread > poisson { spread } else { poisson }.sqrt(),
            n_draws: chains.iter().map(Vec::len).sum::<usize>() as f64,
            share: divide.share,
        }
    }

    /// Effective samples of the side of the mean, N k / (2 - k) with k = n / (2 N p (1 - p)); infinite for k of 1 and more.
    ///
    /// A two-state chain that leaves its states with probabilities k0 and k1 a draw has correlations (1 - k)^t, k = k0 + k1,
    /// and crosses 2 N p (1 - p) k times in N draws, p being the share of either state. Crossings back and forth over the
    /// mean that change nothing slow only raise the number, so it is an upper bound for chains of more states.
    pub(crate) fn effective(&self) -> f64 {
        self.effective_of(self.count)
    }

    /// The same of the upper 97.5 % limit of the expected crossings: 3.7 where there was none.
    pub(super) fn effective_at_most(&self) -> f64 {
        self.effective_of(poisson::upper_limit(self.count, QUANTILE_95))
    }

    /// Standard deviation of ln n; one crossing counts as known to a factor of e.
    pub(super) fn ln_spread(&self) -> f64 {
        self.deviation.max(1.0) / self.count.max(1.0)
    }

    fn effective_of(&self, count: f64) -> f64 {
        let k = count / (2.0 * self.n_draws * self.share * (1.0 - self.share));
        if k < 1.0 {
            self.n_draws * effective_of_a_draw(k)
        } else {
            f64::INFINITY
        }
    }
}

/// Effective samples of a draw of a two-state chain whose correlations are (1 - k)^t: k / (2 - k).
pub(super) fn effective_of_a_draw(k: f64) -> f64 {
    k / (2.0 - k)
}

fn above(draw: f32, threshold: f64) -> bool {
    f64::from(draw) > threshold
}

/// `[n_chains]`, whole numbers.
fn n_crossings(chains: &[Vec<f32>], threshold: f64) -> Vec<f64> {
    let of_chain = |chain: &Vec<f32>| {
        let sides = |pair: &&[f32]| above(pair[0], threshold) != above(pair[1], threshold);
        chain.windows(2).filter(sides).count() as f64
    };
    chains.iter().map(of_chain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use rand::RngExt;

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

    fn crossings(chains: &[Vec<f32>]) -> Crossings {
        Crossings::of(chains, &Divide::of(&[chains]).unwrap())
    }

    #[test]
    fn crossings_tell_the_ess_of_two_state_chains() {
        for (leave, seed) in [
            ([0.005, 0.005], 1),
            ([0.002, 0.05], 2),
            ([0.05, 0.002], 3),
            ([0.3, 0.4], 4),
        ] {
            let crossings = crossings(&two_state(leave, seed));
            // Correlation falls by 1 - k0 - k1 a draw, so the true ESS is N k / (2 - k).
            let k = leave[0] + leave[1];
            let ess = 16.0 * 8000.0 * k / (2.0 - k);
            let got = crossings.effective();
            let error = (got / ess).ln().abs();
            assert!(error < 4.0 * crossings.ln_spread(), "{leave:?} {got} {ess}");
            let bound = crossings.effective_at_most();
            assert!(bound > ess && bound < 1.5 * ess, "{leave:?} {bound} {ess}");
        }
    }

    #[test]
    fn independent_and_antithetic_draws_are_not_held_back() {
        assert!(
            crossings(&two_state([0.51, 0.51], 5))
                .effective()
                .is_infinite()
        );
        let independent = crossings(&two_state([0.495, 0.495], 6)).effective();
        assert!(independent > 0.95 * 16.0 * 8000.0, "{independent}");
    }

    #[test]
    fn a_side_that_nobody_saw_divides_nothing() {
        let constant = [vec![1.0_f32; 10]];
        assert_eq!(Divide::of(&[&constant]), None);
    }
}
