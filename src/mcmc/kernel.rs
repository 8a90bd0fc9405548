//! What a kernel is: one step of a Markov chain over all replicas. The kernels themselves have files of their own.

use crate::integrator::{Engine, EngineError};
use crate::state::State;

/// The state of the chain with its cached energies.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chain {
    /// Positions and velocities.
    pub state: State,
    /// Bath temperature of every replica in K, `[n_replicas]`.
    pub temperatures_kelvin: Vec<f64>,
    /// Potential energies in kJ/mol, `[n_replicas]`, if those of the current positions are known.
    pub energies: Option<Vec<f64>>,
    /// Simulated time in ps.
    pub time_ps: f64,
    /// Energy evaluations so far, one for each replica evaluated.
    pub n_energy_evaluations: u64,
}

/// Counters of one kernel since the start of the production phase.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
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

/// A kernel failed for good; rejected moves are not errors.
#[derive(Debug, thiserror::Error)]
pub enum KernelError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// One step of a Markov chain on all replicas.
pub trait Kernel: Send {
    /// Name as in the YAML file.
    fn name(&self) -> &str;

    /// Whether the kernel leaves the Boltzmann distribution exactly invariant.
    fn is_exact(&self) -> bool;

    /// Advances the chain by one application.
    ///
    /// # Errors
    /// [`KernelError`] where the run cannot go on.
    fn step(&mut self, chain: &mut Chain, engine: &mut dyn Engine) -> Result<(), KernelError>;

    /// Counters since the last reset.
    fn statistics(&self) -> KernelStatistics;

    /// Ends the adaptation phase: freezes every tuned quantity and resets the counters.
    fn freeze(&mut self);

    /// Everything beside the chain that the next step depends on, for a checkpoint that resumes bit for bit.
    fn save(&self) -> serde_json::Value;

    /// Restores what [`Kernel::save`] returned.
    ///
    /// # Errors
    /// A message when the value is not this kernel's.
    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String>;
}

/// Sees the chain after every cycle: trajectory writers, progress bars, adaptive schemes.
pub trait Observer {
    /// Called after `cycle` (from 1) of the production phase; returning `false` stops the run cleanly.
    ///
    /// # Errors
    /// Any failure, such as a full disk, ends the run.
    fn after_cycle(
        &mut self,
        cycle: u64,
        chain: &mut Chain,
        engine: &mut dyn Engine,
        kernels: &[Box<dyn Kernel>],
    ) -> Result<bool, Box<dyn std::error::Error + Send + Sync>>;
}
