//! A step size that is tuned towards a target acceptance while adaptation lasts.

use serde::{Deserialize, Serialize};

/// A step size in rad with its tuning state (Robbins and Monro, doi:10.1214/aoms/1177729586).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct AdaptedStep {
    /// Standard deviation of the step, rad.
    pub(crate) size_rad: f64,
    n_tries: f64,
}

/// Acceptance that tuning aims at; the efficiency of random walks is flat between 0.3 and 0.4.
pub(super) const TARGET_ACCEPTANCE: f64 = 0.35;
/// Smallest and largest step in rad; a wrapped normal of width pi is uniform to 1.5 %.
const RANGE_RAD: [f64; 2] = [1e-4, std::f64::consts::PI];

impl AdaptedStep {
    pub(crate) fn new(size_rad: f64) -> Self {
        Self {
            size_rad,
            n_tries: 0.0,
        }
    }

    /// Learns from tries and how many of them were accepted; the gain falls with the tries so far.
    pub(crate) fn learn(&mut self, n_tries: f64, n_accepted: f64) {
        let gain = 2.0 / (20.0 + self.n_tries + n_tries).powf(0.6);
        let change = gain * (n_accepted - TARGET_ACCEPTANCE * n_tries);
        let size_rad = self.size_rad * change.clamp(-1.0, 1.0).exp();
        self.size_rad = size_rad.clamp(RANGE_RAD[0], RANGE_RAD[1]);
        self.n_tries += n_tries;
    }

    /// Lets every step learn from the replicas that used it.
    pub(super) fn learn_all(steps: &mut [Self], used: &[usize], accepted: impl Fn(usize) -> bool) {
        let mut counts = vec![[0.0; 2]; steps.len()];
        for (replica, &step) in used.iter().enumerate() {
            counts[step][0] += 1.0;
            counts[step][1] += f64::from(u8::from(accepted(replica)));
        }
        for (step, [n_tries, n_accepted]) in steps.iter_mut().zip(counts) {
            if n_tries > 0.0 {
                step.learn(n_tries, n_accepted);
            }
        }
    }
}

impl AdaptedStep {
    /// The `steps` and `frozen` of a saved proposal, which must have `expected` steps.
    pub(super) fn restore_all(
        saved: &serde_json::Value,
        expected: usize,
        proposal: &str,
    ) -> Result<(Vec<Self>, bool), String> {
        let unreadable = |error| format!("the saved state of `{proposal}` is unreadable: {error}");
        let steps: Vec<Self> =
            serde_json::from_value(saved["steps"].clone()).map_err(unreadable)?;
        let frozen = serde_json::from_value(saved["frozen"].clone()).map_err(unreadable)?;
        if steps.len() == expected {
            Ok((steps, frozen))
        } else {
            Err(format!(
                "the saved state of `{proposal}` has {} step sizes, the molecule takes {expected}; \
                 it belongs to another molecule or another input file",
                steps.len()
            ))
        }
    }
}
