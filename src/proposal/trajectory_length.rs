//! How many steps a trajectory of hybrid Monte Carlo has, on every device. Runs none.

use crate::rng;

/// Key of the numbers that lengths are drawn by.
const LENGTH_KEY: u64 = 0x6c65_6e67_7468;

/// Lengths of trajectories: whole numbers of steps from the fewest to the most, each as likely.
///
/// A length is drawn from the run's step count alone, so that a trajectory on any device, and one that is resumed, has the
/// same, and the positions have no say in it:
///
/// ```
/// let length = saltus::proposal::TrajectoryLength::new(10, 0.5);
/// assert_eq!([length.fewest, length.most], [5, 15]);
/// assert_eq!(length.at(1000), length.at(1000));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrajectoryLength {
    /// Fewest steps.
    pub fewest: u64,
    /// Most steps.
    pub most: u64,
}

impl TrajectoryLength {
    /// From (1 - `jitter`) to (1 + `jitter`) times `n_steps`, as many below as above; 0 <= `jitter` < 1.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a step count"
    )]
    pub fn new(n_steps: u64, jitter: f64) -> Self {
        let spread = (jitter * n_steps as f64).floor() as u64;
        Self {
            fewest: n_steps - spread,
            most: n_steps + spread,
        }
    }

    /// Steps of the trajectory that starts when the run has taken `step` steps, the same for all replicas.
    #[must_use]
    pub fn at(self, step: u64) -> u64 {
        let [low, high] = rng::key(step);
        let [[word], ..] = rng::philox([[low], [high], [0], [0]], rng::key(LENGTH_KEY));
        self.fewest + u64::from(word) * (self.most - self.fewest + 1) / (1 << 32)
    }

    /// Steps of `n_trajectories`, one after the other, when the run has taken `step` steps before the first.
    #[must_use]
    pub fn sum(self, n_trajectories: u64, step: u64) -> u64 {
        if self.fewest == self.most {
            return n_trajectories * self.fewest;
        }
        (0..n_trajectories).fold(0, |sum, _| sum + self.at(step + sum))
    }
}
