//! Watches kernels while they run, and says once of each that it accepts nothing over a long stretch of moves.

use crate::mcmc::{KernelStatistics, Sampler};

/// Moves of a kernel, over all replicas, without a single acceptance that are worth a warning.
const STRETCH: u64 = 1000;

/// Where each kernel's present stretch began.
#[derive(Debug, Clone, Default)]
pub(in crate::cli::run) struct Watch {
    since: Vec<KernelStatistics>,
    said: Vec<bool>,
}

impl Watch {
    /// Warnings that are due after a cycle, each once a run.
    pub(in crate::cli::run) fn look(&mut self, sampler: &dyn Sampler) -> Vec<String> {
        let statistics = sampler.statistics();
        self.since
            .resize(statistics.len(), KernelStatistics::default());
        self.said.resize(statistics.len(), false);
        let mut warnings = Vec::new();
        for (index, now) in statistics.into_iter().enumerate() {
            // Counters start again from zero at the end of the adaptation.
            if now.proposed < self.since[index].proposed {
                self.since[index] = KernelStatistics::default();
            }
            let before = self.since[index];
            if now.accepted > before.accepted {
                self.since[index] = now;
            } else if now.proposed - before.proposed >= STRETCH && !self.said[index] {
                self.said[index] = true;
                warnings.push(format!(
                    "kernel `{}` accepted none of its last {} moves, {} of which were not finite; the run goes on",
                    sampler.names()[index],
                    now.proposed - before.proposed,
                    now.non_finite.saturating_sub(before.non_finite)
                ));
            }
        }
        warnings
    }
}
