//! The kernel `langevin`: a segment of Langevin dynamics. Not exact: its time step changes the distribution a little.

use super::kernel::{Chain, Kernel, KernelError};
use super::statistics::KernelStatistics;
use crate::integrator::{Engine, LangevinSettings};
use std::time::Instant;

/// Langevin dynamics in the middle scheme, `n_steps` a cycle, for every replica at its own temperature.
#[derive(Debug, Clone)]
pub struct LangevinKernel {
    n_steps: u64,
    timestep_ps: f64,
    friction_per_ps: f64,
    seed: u64,
    statistics: KernelStatistics,
}

impl LangevinKernel {
    /// A segment of `n_steps` steps; noise comes from Philox keyed by `seed`.
    #[must_use]
    pub fn new(n_steps: u64, timestep_ps: f64, friction_per_ps: f64, seed: u64) -> Self {
        Self {
            n_steps,
            timestep_ps,
            friction_per_ps,
            seed,
            statistics: KernelStatistics::default(),
        }
    }
}

impl Kernel for LangevinKernel {
    fn name(&self) -> &str {
        "langevin"
    }

    fn is_exact(&self) -> bool {
        false
    }

    fn is_ergodic(&self) -> bool {
        true
    }

    fn step(&mut self, chain: &mut Chain, engine: &mut dyn Engine) -> Result<(), KernelError> {
        let start = Instant::now();
        let settings = LangevinSettings {
            timestep_ps: self.timestep_ps,
            friction_per_ps: self.friction_per_ps,
            temperatures_kelvin: chain.temperatures_kelvin.clone(),
            seed: self.seed,
        };
        chain.energies = None;
        engine.langevin(&mut chain.state, &settings, self.n_steps)?;
        chain.book_segment(self.n_steps, self.timestep_ps);
        chain.n_energy_evaluations += self.n_steps * chain.state.n_replicas as u64;
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
        serde_json::json!({ "statistics": self.statistics })
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        self.statistics = KernelStatistics::restore(saved)?;
        Ok(())
    }
}
