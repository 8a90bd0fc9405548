//! When a proposal that learns while the chain equilibrates counts, and when its densities follow.

use serde_json::Value;

/// Steps that were learned from, and when the next refresh is due. Refreshes grow rarer, as a density changes less with every count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Learning {
    n_steps: u64,
    next_refresh: u64,
    frozen: bool,
}

impl Learning {
    /// Nothing learned yet; the first refresh is due after so many steps.
    pub(super) fn new(next_refresh: u64) -> Self {
        Self {
            n_steps: 0,
            next_refresh,
            frozen: false,
        }
    }

    pub(super) fn n_steps(&self) -> u64 {
        self.n_steps
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// The weight of the next step, which is larger the later it is, so that the start is forgotten; none once frozen.
    pub(super) fn step(&mut self) -> Option<f64> {
        if self.frozen {
            return None;
        }
        self.n_steps += 1;
        Some(self.n_steps as f64)
    }

    /// Whether a refresh is due; the one after it is so many steps and a `share`-th of all steps away.
    pub(super) fn is_due(&mut self, least: u64, share: u64) -> bool {
        let is_due = self.n_steps >= self.next_refresh;
        if is_due {
            self.next_refresh = self.n_steps + least + self.n_steps / share;
        }
        is_due
    }

    /// Ends the learning; whether it had not ended before.
    pub(super) fn freeze(&mut self) -> bool {
        !std::mem::replace(&mut self.frozen, true)
    }

    /// Adds what it knows to a saved proposal.
    pub(super) fn save(&self, saved: &mut Value) {
        saved["n_steps"] = self.n_steps.into();
        saved["next_refresh"] = self.next_refresh.into();
        saved["frozen"] = self.frozen.into();
    }

    /// What [`Learning::save`] added.
    pub(super) fn restored(saved: &Value) -> Result<Self, serde_json::Error> {
        Ok(Self {
            n_steps: serde_json::from_value(saved["n_steps"].clone())?,
            next_refresh: serde_json::from_value(saved["next_refresh"].clone())?,
            frozen: serde_json::from_value(saved["frozen"].clone())?,
        })
    }
}
