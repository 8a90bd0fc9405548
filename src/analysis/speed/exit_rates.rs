//! Effective samples a second from the rates at which dynamics leaves rare sides.
//!
//! A two-state chain whose rare side has share p and is left at the rate k_R relaxes at k = k_R / (1 - p), since as many
//! enter as leave, and T of its time hold T k / 2 effective samples. Exits are rare, but unlike entries they need not be
//! waited for: whoever has states of the rare side starts there.
//!
//! Deviations from two states mostly raise the estimate: exits that turn back later than the tally looks count like those that
//! stay, and where parts of a side leave at different rates, those that leave soon weigh more than in the autocorrelation.

use super::crossings::effective_of_a_draw;
use super::exit_tally::SideExits;
use crate::analysis::numbers::normal_quantile::normal_quantile;
use crate::analysis::numbers::poisson;

/// Exits from which a rate is an estimate; fewer give a bound.
pub(super) const MIN_EXITS: u64 = 5;
/// Probability that a limit is wrong, shared by all sides.
const TAIL_PROBABILITY: f64 = 0.025;

/// A rate with its limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The estimate.
    pub value: f64,
    /// Lower limit.
    pub low: f64,
    /// Upper limit; infinite where nothing was seen.
    pub high: f64,
}

/// How fast a side is left, and what that is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct ExitRate {
    /// The counts.
    pub exits: SideExits,
    /// Exits per ns on the side.
    pub rate_per_ns: Limits,
    /// Effective samples of the side a second.
    pub ess_per_second: Limits,
}

impl ExitRate {
    /// Of every side, in the order given; each limit holds with 97.5 % for all sides together (Bonferroni), so that the
    /// smallest of them is a limit of the slowest side. `draw_ps` lie between draws, `draws_per_second` are made in all.
    #[must_use]
    pub fn of(sides: &[SideExits], draw_ps: f64, draws_per_second: f64) -> Vec<Self> {
        let quantile = -normal_quantile(TAIL_PROBABILITY / sides.len() as f64);
        let rate = |exits: &SideExits| Self::of_side(exits, quantile, draw_ps, draws_per_second);
        sides.iter().map(rate).collect()
    }

    fn of_side(exits: &SideExits, quantile: f64, draw_ps: f64, draws_per_second: f64) -> Self {
        let (count, n_inside) = (exits.n_exits as f64, exits.n_inside as f64);
        let counts = Limits {
            value: count,
            low: poisson::lower_limit(count, quantile),
            high: poisson::upper_limit(count, quantile),
        };
        let per_draw = counts.map(|count| {
            if n_inside > 0.0 {
                count / n_inside
            } else {
                f64::INFINITY
            }
        });
        // Draws further apart than the chain relaxes are independent, and no better than that.
        let effective =
            |leave: f64| effective_of_a_draw((leave / (1.0 - exits.side.share)).min(1.0));
        Self {
            exits: exits.clone(),
            rate_per_ns: per_draw.map(|leave| leave / draw_ps * 1000.0),
            ess_per_second: per_draw.map(|leave| effective(leave) * draws_per_second),
        }
    }

    /// Whether there were enough exits for an estimate.
    #[must_use]
    pub fn is_estimate(&self) -> bool {
        self.exits.n_exits >= MIN_EXITS
    }

    /// The place of the slowest: the smallest upper limit, for the smallest of several estimates is mostly the one with
    /// the fewest exits by chance. `None` where no side was seen.
    #[must_use]
    pub(crate) fn slowest(rates: &[Self]) -> Option<usize> {
        let high = |index: &usize| rates[*index].ess_per_second.high;
        let seen = (0..rates.len()).filter(|&index| rates[index].exits.n_inside > 0);
        seen.min_by(|a, b| high(a).total_cmp(&high(b)))
    }
}

/// The place of the side that is slowest by its upper limit; `None` where none was seen.
///
/// A choice by some draws, for which the limits of others are what they would be of a side that was not chosen.
#[must_use]
pub fn slowest_side(sides: &[SideExits]) -> Option<usize> {
    // The order of the limits is the same whatever the pace.
    ExitRate::slowest(&ExitRate::of(sides, 1.0, 1.0))
}

impl Limits {
    fn map(self, function: impl Fn(f64) -> f64) -> Self {
        Self {
            value: function(self.value),
            low: function(self.low),
            high: function(self.high),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::speed::exit_tally::ExitTally;
    use crate::analysis::speed::sides::RareSide;
    use crate::rng;
    use rand::RngExt;

    /// Probabilities a draw to leave the rare side and the other one.
    const LEAVES: [[f64; 2]; 3] = [[0.004, 0.0002], [0.0015, 0.001], [0.02, 0.001]];

    /// 16 replicas of which each follows the two-state chain of the side it was started on.
    fn exits(leaves: &[[f64; 2]], n_draws: usize, seed: u64) -> Vec<SideExits> {
        let side = |[rare, other]: &[f64; 2]| RareSide {
            name: "toy".to_owned(),
            share: other / (rare + other),
        };
        let mut tally = ExitTally::new(leaves.iter().map(side).collect(), 16);
        let mut inside = [true; 16];
        let mut stream = rng::stream(seed);
        for _ in 0..n_draws {
            for (replica, inside) in inside.iter_mut().enumerate() {
                let leave = leaves[tally.side_of(replica)][usize::from(!*inside)];
                *inside = (stream.random::<f64>() < leave) != *inside;
                // Who starts anew starts inside.
                *inside |= tally.observe(replica, *inside);
            }
        }
        tally.finish()
    }

    /// Correlations of a two-state chain are (1 - k)^t with k the sum of both probabilities.
    fn truth(leave: [f64; 2], draws_per_second: f64) -> f64 {
        let k: f64 = leave.iter().sum();
        draws_per_second * k / (2.0 - k)
    }

    #[test]
    fn exit_rates_tell_the_ess_of_two_state_chains() {
        let rates = ExitRate::of(&exits(&LEAVES, 60_000, 2), 0.2, 1e4);
        for (rate, leave) in rates.iter().zip(LEAVES) {
            let truth = truth(leave, 1e4);
            let spread = 1.0 / (rate.exits.n_exits as f64).sqrt();
            let error = (rate.ess_per_second.value / truth).ln();
            assert!(error.abs() < 4.0 * spread, "{rate:?} {truth}");
            assert!(spread < 0.1, "a useless test: {rate:?}");
            let per_ns = leave[0] / 0.2 * 1000.0;
            assert!(rate.rate_per_ns.low < per_ns && per_ns < rate.rate_per_ns.high);
        }
        // The second chain leaves its rare side seldom, but enters it as often: it is slow for all that.
        assert_eq!(ExitRate::slowest(&rates), Some(1));
    }

    #[test]
    fn the_smallest_limit_bounds_the_slowest_side() {
        for leaves in [&LEAVES[..], &LEAVES[..1]] {
            let truths = leaves.iter().map(|&leave| truth(leave, 1e4));
            let slowest = truths.fold(f64::INFINITY, f64::min);
            let (mut n_held, mut n_estimates) = (0, 0);
            for seed in 0..1000 {
                let exits = exits(leaves, 130 * leaves.len(), 100 + seed);
                let rates = ExitRate::of(&exits, 0.2, 1e4);
                let side = ExitRate::slowest(&rates).unwrap();
                n_held += usize::from(rates[side].ess_per_second.high >= slowest);
                n_estimates += usize::from(rates[side].is_estimate());
            }
            // At least 975 of 1000 are expected, and 960 or fewer happen once in 300 times.
            assert!(n_held > 960, "{n_held} of 1000");
            assert!((100..=900).contains(&n_estimates), "{n_estimates}");
        }
    }

    #[test]
    fn the_limit_of_a_chosen_side_bounds_the_slowest() {
        let truths = LEAVES.iter().map(|&leave| truth(leave, 1e4));
        let slowest = truths.fold(f64::INFINITY, f64::min);
        let mut n_held = 0;
        for seed in 0..1000 {
            let side = slowest_side(&exits(&LEAVES, 100, 2000 + seed)).unwrap();
            let chosen = exits(&LEAVES[side..=side], 300, 4000 + seed);
            let limit = ExitRate::of(&chosen, 0.2, 1e4)[0].ess_per_second.high;
            n_held += usize::from(limit >= slowest);
        }
        assert!(n_held > 960, "{n_held} of 1000");
    }

    #[test]
    fn a_side_chosen_among_many_that_nobody_leaves_has_a_tighter_limit() {
        let never = [[1e-9, 1e-10]; 4];
        let limit = |exits: &[SideExits]| {
            let rates = ExitRate::of(exits, 0.2, 1e4);
            rates[ExitRate::slowest(&rates).unwrap()]
                .ess_per_second
                .high
        };
        let shared = limit(&exits(&never, 400, 5));
        let chosen = limit(&exits(&never[..1], 300, 6));
        assert!(chosen < 0.35 * shared, "{chosen} {shared}");
    }

    #[test]
    fn a_side_without_draws_or_faster_than_draws_is_not_the_slowest() {
        let mut sides = exits(&LEAVES[..2], 1, 3);
        (sides[0].n_exits, sides[0].n_inside) = (100, 100);
        let rates = ExitRate::of(&sides, 0.2, 1e4);
        assert_eq!(rates[0].ess_per_second.value, 1e4);
        assert!(rates[1].rate_per_ns.high.is_infinite());
        assert_eq!(ExitRate::slowest(&rates), Some(0));
        assert_eq!(ExitRate::slowest(&rates[1..]), None);
    }
}
