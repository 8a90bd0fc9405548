//! How many time steps a dispatch gets, so that no driver gives up on it.

/// Duration that dispatches aim at: far below what makes drivers give up on a kernel (about 2 s).
const DISPATCH_SECONDS: f64 = 0.2;
/// Steps of the first dispatch, whose duration is not known yet.
const FIRST_STEPS: u64 = 8;

/// Steps that a dispatch may take, from the duration of those before, for one number of replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    /// The number of replicas.
    pub(super) n_replicas: usize,
    /// Steps of the next dispatch.
    pub(super) n_steps: u64,
    /// Steps of every dispatch, however long they take.
    fixed: Option<u64>,
}

impl Pace {
    /// The pace of the first dispatch.
    pub(super) fn new(n_replicas: usize, fixed: Option<u64>) -> Self {
        Self {
            n_replicas,
            n_steps: fixed.unwrap_or(FIRST_STEPS),
            fixed,
        }
    }

    /// Begins anew where the number of replicas is another one; says whether it is.
    pub(super) fn restart(&mut self, n_replicas: usize) -> bool {
        let is_other = self.n_replicas != n_replicas;
        if is_other {
            *self = Self::new(n_replicas, self.fixed);
        }
        is_other
    }

    /// Steps of the next dispatch, from how long the last one took.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a clamped, positive estimate"
    )]
    pub(super) fn adjust(&mut self, n_steps: u64, seconds: f64) {
        if self.fixed.is_some() {
            return;
        }
        let per_step = seconds / n_steps.max(1) as f64;
        let affordable = (DISPATCH_SECONDS / per_step.max(1e-9)).clamp(1.0, 1e5) as u64;
        self.n_steps = affordable.min(self.n_steps * 4).max(1);
    }
}
