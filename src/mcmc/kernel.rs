//! What a kernel is: one step of a Markov chain over all replicas. The kernels themselves have files of their own.

use crate::integrator::{Engine, EngineError};
use crate::state::State;
use serde::{Deserialize, Serialize};

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

impl Chain {
    /// Potential energies of the current positions in kJ/mol, evaluated if they are not known.
    pub fn energies(&mut self, engine: &mut dyn Engine) -> &[f64] {
        let energies = self.energies.take().unwrap_or_else(|| {
            let mut energies = vec![0.0; self.state.n_replicas];
            engine.energies(&self.state.positions, &mut energies);
            self.n_energy_evaluations += self.state.n_replicas as u64;
            energies
        });
        self.energies.insert(energies)
    }

    /// Kinetic energies in kJ/mol, `[n_replicas]`, of the velocities as they are.
    #[must_use]
    pub fn kinetic_energies(&self, masses_da: &[f64]) -> Vec<f64> {
        let kinetic = |replica: usize| {
            let velocities = self.state.replica_velocities(replica).as_chunks::<3>().0;
            let twice: f64 = velocities
                .iter()
                .zip(masses_da)
                .map(|(v, mass)| mass * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]))
                .sum();
            0.5 * twice
        };
        (0..self.state.n_replicas).map(kinetic).collect()
    }
}

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
        serde_json::from_value(saved["statistics"].clone())
            .map_err(|error| format!("the kernel's saved statistics are unreadable: {error}"))
    }
}

/// A kernel failed for good; rejected moves are not errors.
#[derive(Debug, thiserror::Error)]
pub enum KernelError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A proposal broke its contract.
    #[error(transparent)]
    Proposal(#[from] crate::proposal::ProposalError),
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
