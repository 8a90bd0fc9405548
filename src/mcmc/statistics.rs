//! What a kernel counts, and how it is reported.

use crate::proposal::Outcome;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Counters of one kernel since the start of the production phase.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct KernelStatistics {
    /// Moves proposed, over all replicas (0 for kernels that never reject).
    pub proposed: u64,
    /// Moves accepted.
    pub accepted: u64,
    /// Moves rejected because the energy or the ratio was not finite.
    pub non_finite: u64,
    /// Wall-clock seconds spent.
    pub seconds: f64,
}

impl KernelStatistics {
    /// The `statistics` of a saved kernel.
    ///
    /// # Errors
    /// A message when they are missing or malformed.
    pub fn restore(saved: &serde_json::Value) -> Result<Self, String> {
        restore_field(saved, "statistics")
    }

    /// Counts the outcomes of one batch of proposals.
    pub(super) fn count(&mut self, outcomes: &[Outcome]) {
        self.proposed += outcomes.len() as u64;
        for outcome in outcomes {
            match outcome {
                Outcome::Accepted => self.accepted += 1,
                Outcome::NonFinite(_) => self.non_finite += 1,
                Outcome::Rejected => {}
            }
        }
    }

    /// With those of another kernel.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            proposed: self.proposed + other.proposed,
            accepted: self.accepted + other.accepted,
            non_finite: self.non_finite + other.non_finite,
            seconds: self.seconds + other.seconds,
        }
    }

    /// With those of parts that ran side by side, whose wall-clock is that of one.
    #[must_use]
    pub(super) fn and_parts(self, parts: &[Self]) -> Self {
        let mut sum = parts
            .iter()
            .fold(Self::default(), |sum, part| sum.and(*part));
        sum.seconds /= parts.len().max(1) as f64;
        self.and(sum)
    }
}

/// One field of a saved kernel.
pub(super) fn restore_field<T: DeserializeOwned>(
    saved: &serde_json::Value,
    field: &str,
) -> Result<T, String> {
    T::deserialize(&saved[field])
        .map_err(|error| format!("its saved `{field}` are unreadable: {error}"))
}

/// One kernel in a run's summary, with the kernels nested in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KernelReport {
    /// Name as in the YAML file.
    pub name: String,
    /// Counters since the start of production; those of nested kernels added up.
    #[serde(flatten)]
    pub statistics: KernelStatistics,
    /// Whether the kernel leaves the Boltzmann distribution exactly invariant.
    pub exact: bool,
    /// Nested kernels in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<KernelReport>,
    /// What else the kernel has to tell (replica exchange: pairs, round trips); `Null` for nothing.
    #[serde(skip_serializing_if = "serde_json::Value::is_null")]
    pub details: serde_json::Value,
}
