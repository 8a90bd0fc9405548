//! The kernel `velocity_verlet`: a segment at constant energy, for drift measurements. Not ergodic and not exact by itself.

use super::counted::{Advance, Counted};
use super::kernel::{Chain, KernelError};
use crate::integrator::{Engine, Splitting};
use crate::proposal::Outcome;

/// Newtonian dynamics, `n_steps` a cycle.
#[derive(Debug, Clone)]
pub struct VelocityVerlet {
    n_steps: u64,
    timestep_ps: f64,
}

/// The kernel of [`VelocityVerlet`].
pub type VelocityVerletKernel = Counted<VelocityVerlet>;

impl VelocityVerletKernel {
    /// A segment of `n_steps` steps.
    #[must_use]
    pub fn new(n_steps: u64, timestep_ps: f64) -> Self {
        Self::of(VelocityVerlet {
            n_steps,
            timestep_ps,
        })
    }
}

impl Advance for VelocityVerlet {
    fn name(&self) -> &str {
        "velocity_verlet"
    }

    fn is_exact(&self) -> bool {
        false
    }

    fn is_ergodic(&self) -> bool {
        false
    }

    fn advance(
        &mut self,
        chain: &mut Chain,
        engine: &mut dyn Engine,
    ) -> Result<Vec<Outcome>, KernelError> {
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
        Ok(Vec::new())
    }
}
