//! Tunes one positive number, such as a time step, towards a target acceptance.
//!
//! Dual averaging (Nesterov, doi:10.1007/s10107-007-0149-x) with the constants of Hoffman and Gelman, arXiv:1111.4246.

use serde::{Deserialize, Serialize};

/// Strength of the pull towards the initial value.
const GAMMA: f64 = 0.05;
/// Damping of the first updates.
const OFFSET: f64 = 10.0;
/// Decay of the weights of early iterates in the average.
const KAPPA: f64 = 0.75;
/// The value stays within this factor of the initial one, so that nothing runs away where everything is accepted.
const LARGEST_FACTOR: f64 = 100.0;

/// A value under adaptation: noisy while it learns, the average of its path once [`DualAveraging::finish`] was called.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DualAveraging {
    initial: f64,
    target_acceptance: f64,
    value: f64,
    log_average: f64,
    error_sum: f64,
    n_updates: f64,
}

impl DualAveraging {
    /// Starts at `initial`, in any unit.
    #[must_use]
    pub fn new(initial: f64, target_acceptance: f64) -> Self {
        Self {
            initial,
            target_acceptance,
            value: initial,
            log_average: initial.ln(),
            error_sum: 0.0,
            n_updates: 0.0,
        }
    }

    /// The value to use now.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Learns from the mean acceptance of one step of the chain; larger values must be accepted less often.
    pub fn update(&mut self, acceptance: f64) {
        self.n_updates += 1.0;
        self.error_sum += self.target_acceptance - acceptance;
        let gain = self.n_updates.sqrt() / (GAMMA * (self.n_updates + OFFSET));
        // error_sum / n is the mean error so far; sqrt(n) lets it grow against the fixed pull to the start.
        let log_change = -gain * self.error_sum;
        let limit = LARGEST_FACTOR.ln();
        let log_value = self.initial.ln() + log_change.clamp(-limit, limit);
        let weight = self.n_updates.powf(-KAPPA);
        self.log_average += weight * (log_value - self.log_average);
        self.value = log_value.exp();
    }

    /// Settles on the average; no change where nothing was learnt.
    pub fn finish(&mut self) {
        if self.n_updates > 0.0 {
            self.value = self.log_average.exp();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_value_with_the_target_acceptance() {
        let mut tuned = DualAveraging::new(1.0, 0.65);
        for _ in 0..2000 {
            tuned.update((-0.2 * tuned.value()).exp());
        }
        tuned.finish();
        let expected = -0.65_f64.ln() / 0.2;
        assert!(
            (tuned.value() / expected - 1.0).abs() < 0.02,
            "{} instead of {expected}",
            tuned.value()
        );
    }

    #[test]
    fn does_not_run_away_where_everything_is_accepted() {
        let mut tuned = DualAveraging::new(2.0, 0.65);
        (0..10_000).for_each(|_| tuned.update(1.0));
        assert!(tuned.value() <= 200.0 + 1e-9);
    }

    #[test]
    fn finishing_untaught_changes_nothing() {
        let mut tuned = DualAveraging::new(0.3, 0.65);
        tuned.finish();
        assert_eq!(tuned.value(), 0.3);
    }
}
