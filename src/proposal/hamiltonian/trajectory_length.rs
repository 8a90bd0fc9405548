//! How many steps a trajectory of hybrid Monte Carlo has, on every device.

use crate::integrator::Splitting;
use crate::rng;

/// Key of the numbers that lengths are drawn by.
const LENGTH_KEY: u64 = 0x6c65_6e67_7468;

/// Lengths of trajectories in force evaluations: whole steps of a splitting from the fewest to the most, each as likely.
///
/// A length is drawn from the run's step count alone, so that a trajectory on any device, and one that is resumed, has the
/// same, and the positions have no say in it:
///
/// ```
/// use saltus::integrator::Splitting;
/// let length = saltus::proposal::TrajectoryLength::new(Splitting::VelocityVerlet, 10, 0.5);
/// assert_eq!([length.fewest, length.most], [5, 15]);
/// assert_eq!(length.at(1000), length.at(1000));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrajectoryLength {
    /// Fewest force evaluations.
    pub fewest: u64,
    /// Most.
    pub most: u64,
    /// Stages of a step of the splitting.
    n_stages: u64,
}

impl TrajectoryLength {
    /// From (1 - `jitter`) to (1 + `jitter`) times `n_steps`, as many below as above; 0 <= `jitter` < 1, and `n_steps` is whole
    /// steps of the splitting.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "a share of a step count")]
    pub fn new(splitting: Splitting, n_steps: u64, jitter: f64) -> Self {
        let n_stages = splitting.n_stages();
        let spread = (jitter * (n_steps / n_stages) as f64).floor() as u64 * n_stages;
        Self {
            fewest: n_steps - spread,
            most: n_steps + spread,
            n_stages,
        }
    }

    /// Force evaluations of the trajectory that starts when the run has taken `step` steps, the same for all replicas.
    #[must_use]
    pub fn at(self, step: u64) -> u64 {
        let [low, high] = rng::key(step);
        let [[word], ..] = rng::philox([[low], [high], [0], [0]], rng::key(LENGTH_KEY));
        let n_lengths = (self.most - self.fewest) / self.n_stages + 1;
        self.fewest + self.n_stages * (u64::from(word) * n_lengths / (1 << 32))
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
