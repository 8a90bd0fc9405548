//! The kernel `velocity_verlet`: a segment at constant energy, for drift measurements. Not ergodic and not exact by itself.

use super::kernel::{Chain, Kernel, KernelError};
use super::statistics::KernelStatistics;
use crate::integrator::{Engine, Splitting};
use std::time::Instant;

/// Newtonian dynamics, `n_steps` a cycle.
#[derive(Debug, Clone)]
pub struct VelocityVerletKernel {
    n_steps: u64,
    timestep_ps: f64,
    statistics: KernelStatistics,
}

impl VelocityVerletKernel {
    /// A segment of `n_steps` steps.
    #[must_use]
    pub fn new(n_steps: u64, timestep_ps: f64) -> Self {
        Self {
            n_steps,
            timestep_ps,
            statistics: KernelStatistics::default(),
        }
    }
}

impl Kernel for VelocityVerletKernel {
    fn name(&self) -> &str {
        "velocity_verlet"
    }

    fn is_exact(&self) -> bool {
        false
    }

    fn is_ergodic(&self) -> bool {
        false
    }

    fn step(&mut self, chain: &mut Chain, engine: &mut dyn Engine) -> Result<(), KernelError> {
        let start = Instant::now();
        chain.energies = None;
        engine.constant_energy(
            &mut chain.state,
            Splitting::VelocityVerlet,
            self.timestep_ps,
            self.n_steps,
        )?;
        chain.state.step += self.n_steps;
        chain.book_segment(self.n_steps, self.timestep_ps);
        chain.n_energy_evaluations += (self.n_steps + 1) * chain.state.n_replicas as u64;
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
