//! The kernel `langevin`: a segment of Langevin dynamics. Not exact: its time step changes the distribution a little.

use super::counted::{Advance, Counted};
use super::kernel::{Chain, KernelError};
use crate::integrator::{Engine, LangevinSettings};
use crate::proposal::Outcome;

/// Langevin dynamics in the middle scheme, `n_steps` a cycle, for every replica at its own temperature.
#[derive(Debug, Clone)]
pub struct Langevin {
    n_steps: u64,
    timestep_ps: f64,
    friction_per_ps: f64,
    seed: u64,
}

/// The kernel of [`Langevin`].
pub type LangevinKernel = Counted<Langevin>;

impl LangevinKernel {
    /// A segment of `n_steps` steps; noise comes from Philox keyed by `seed`.
    #[must_use]
    pub fn new(n_steps: u64, timestep_ps: f64, friction_per_ps: f64, seed: u64) -> Self {
        Self::of(Langevin {
            n_steps,
            timestep_ps,
            friction_per_ps,
            seed,
        })
    }
}

impl Advance for Langevin {
    fn name(&self) -> &str {
        "langevin"
    }

    fn is_exact(&self) -> bool {
        false
    }

    fn is_ergodic(&self) -> bool {
        true
    }

    fn advance(
        &mut self,
        chain: &mut Chain,
        engine: &mut dyn Engine,
    ) -> Result<Vec<Outcome>, KernelError> {
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
        Ok(Vec::new())
    }
}
