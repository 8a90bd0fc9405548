//! A whole cycle on the device as one kernel of the sampler. The cycle itself is in `resident`.

use super::resident::{Resident, ResidentMove};
use crate::integrator::{Engine, EngineError};
use crate::mcmc::{Chain, Kernel, KernelError, KernelStatistics};
use std::time::Instant;

/// Runs a cycle of [`Resident`] a step; the state is uploaded only where someone else changed it in between.
#[derive(Debug)]
pub struct ResidentKernel {
    resident: Resident,
    cycles_per_step: u64,
    statistics: KernelStatistics,
    /// Tests counted by the device up to the last step, `[accepted, rejected, not finite]`.
    counted: [u64; 3],
    /// What was downloaded last.
    known: (Vec<f64>, Vec<f64>),
}

impl ResidentKernel {
    /// A kernel that runs `cycles_per_step` cycles a step.
    #[must_use]
    pub fn new(resident: Resident, cycles_per_step: u64) -> Self {
        Self {
            resident,
            cycles_per_step,
            statistics: KernelStatistics::default(),
            counted: [0; 3],
            known: (Vec::new(), Vec::new()),
        }
    }

    /// Cycles on the device.
    fn advance(&mut self, chain: &mut Chain) -> Result<(), EngineError> {
        let state = &chain.state;
        if self.known.0 != state.positions || self.known.1 != state.velocities {
            self.resident.upload(state, &chain.temperatures_kelvin)?;
        }
        self.resident
            .run(self.cycles_per_step, u64::MAX, &mut |_| {})?;
        self.resident.download(&mut chain.state)?;
        chain.energies = Some(self.resident.potential_energies()?);
        self.known = (
            chain.state.positions.clone(),
            chain.state.velocities.clone(),
        );
        self.book(chain)
    }

    /// Books time, evaluations and tests.
    #[expect(
        clippy::cast_precision_loss,
        reason = "step counts stay far below 2^53"
    )]
    fn book(&mut self, chain: &mut Chain) -> Result<(), EngineError> {
        let n_replicas = chain.state.n_replicas as u64;
        for entry in self.resident.moves() {
            let (n_steps, timestep_ps) = entry.segment();
            chain.time_ps += (self.cycles_per_step * n_steps) as f64 * timestep_ps;
            chain.n_energy_evaluations += self.cycles_per_step * entry.n_evaluations() * n_replicas;
        }
        let mut total = [0; 3];
        for counts in self.resident.outcomes()?.iter().flatten() {
            for (sum, &count) in total.iter_mut().zip(counts) {
                *sum += u64::from(count);
            }
        }
        let fresh: [u64; 3] = std::array::from_fn(|i| total[i].wrapping_sub(self.counted[i]));
        self.statistics.proposed += fresh.iter().sum::<u64>();
        self.statistics.accepted += fresh[0];
        self.statistics.non_finite += fresh[2];
        self.counted = total;
        Ok(())
    }
}

impl Kernel for ResidentKernel {
    fn name(&self) -> &str {
        "resident"
    }

    fn is_exact(&self) -> bool {
        let moves = self.resident.moves();
        !moves
            .iter()
            .any(|entry| matches!(entry, ResidentMove::Langevin { .. }))
    }

    fn is_ergodic(&self) -> bool {
        let moves = self.resident.moves();
        moves
            .iter()
            .any(|entry| !matches!(entry, ResidentMove::Torsion { .. }))
    }

    fn step(&mut self, chain: &mut Chain, _engine: &mut dyn Engine) -> Result<(), KernelError> {
        let start = Instant::now();
        self.advance(chain)?;
        self.statistics.seconds += start.elapsed().as_secs_f64();
        Ok(())
    }

    fn statistics(&self) -> KernelStatistics {
        self.statistics
    }

    fn freeze(&mut self) {
        self.statistics = KernelStatistics::default();
    }

    fn save(&self) -> serde_json::Value {
        serde_json::json!({ "statistics": self.statistics, "counters": self.resident.counters() })
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        self.statistics = KernelStatistics::restore(saved)?;
        let counters: Vec<u64> = serde_json::from_value(saved["counters"].clone())
            .map_err(|error| format!("the saved state of `resident` is unreadable: {error}"))?;
        if counters.len() != self.resident.moves().len() {
            return Err(format!(
                "the saved state of `resident` has {} entries, the cycle has {}; it belongs to another input file",
                counters.len(),
                self.resident.moves().len()
            ));
        }
        self.resident.set_counters(&counters);
        Ok(())
    }
}
