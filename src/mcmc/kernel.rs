//! What a kernel is: one step of a Markov chain over all replicas. The kernels themselves have files of their own.

use super::exchange::ladder::LadderError;
use super::statistics::{KernelReport, KernelStatistics};
use crate::integrator::{Engine, EngineError, bring_back};
use crate::state::State;
use serde::{Deserialize, Serialize};

/// The state of the chain with its cached energies.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
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
    /// A replica for every temperature in K, all at the same positions `[n_atoms][3]` in nm, at rest.
    #[must_use]
    pub fn start(positions: &[[f64; 3]], temperatures_kelvin: &[f64]) -> Self {
        Self {
            state: State::replicate(positions, temperatures_kelvin.len()),
            temperatures_kelvin: temperatures_kelvin.to_vec(),
            ..Self::default()
        }
    }

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

    /// Brings molecules that drifted away from the origin back to it, by whole nanometres. Energies stay as they are.
    pub(super) fn bring_back(&mut self) {
        bring_back(&mut self.state.positions, self.state.n_atoms);
    }

    /// Books the simulated time of a segment of dynamics.
    pub(super) fn book_segment(&mut self, n_steps: u64, timestep_ps: f64) {
        self.time_ps += n_steps as f64 * timestep_ps;
    }

    /// Kinetic energies in kJ/mol, `[n_replicas]`, of the velocities as they are.
    #[must_use]
    pub fn kinetic_energies(&self, masses_da: &[f64]) -> Vec<f64> {
        self.state.kinetic_energies(masses_da)
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
    /// A temperature ladder does not fit the chain.
    #[error(transparent)]
    Ladder(#[from] LadderError),
}

/// One step of a Markov chain on all replicas.
pub trait Kernel: Send {
    /// Name as in the YAML file.
    fn name(&self) -> &str;

    /// Whether the kernel leaves the Boltzmann distribution exactly invariant.
    fn is_exact(&self) -> bool;

    /// Whether repeated steps reach, in principle, every configuration from every other (see `Proposal::is_ergodic`).
    fn is_ergodic(&self) -> bool;

    /// Advances the chain by one application.
    ///
    /// # Errors
    /// [`KernelError`] where the run cannot go on.
    fn step(&mut self, chain: &mut Chain, engine: &mut dyn Engine) -> Result<(), KernelError>;

    /// Gets ready to give its step away in `n_parts` parts, where that of a batch is that of its replicas one by one, bit
    /// for bit; `false`, the default, keeps all replicas together.
    fn prepare_parts(&mut self, _n_parts: usize) -> bool {
        false
    }

    /// One step in parts: of the first `sizes[0]` replicas, of the next `sizes[1]`, and so on, each to be taken once.
    ///
    /// Called after [`Kernel::prepare_parts`] has agreed to that many; other kernels give nothing.
    fn parts(&mut self, _sizes: &[usize]) -> Vec<KernelPart<'_>> {
        Vec::new()
    }

    /// Counters since the last reset.
    fn statistics(&self) -> KernelStatistics;

    /// Name, counters and properties, with those of nested kernels below; one entry of `saltus run --json`.
    fn report(&self) -> KernelReport {
        KernelReport::of(self)
    }

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

impl KernelStatistics {
    /// Counters of several kernels together.
    #[must_use]
    pub(super) fn sum<'a>(kernels: impl Iterator<Item = &'a Box<dyn Kernel>>) -> Self {
        kernels.fold(Self::default(), |sum, kernel| sum.and(kernel.statistics()))
    }
}

impl KernelReport {
    /// The report of a kernel without children or details.
    pub fn of<K: Kernel + ?Sized>(kernel: &K) -> Self {
        Self {
            name: kernel.name().to_owned(),
            statistics: kernel.statistics(),
            exact: kernel.is_exact(),
            children: Vec::new(),
            details: serde_json::Value::Null,
        }
    }
}

/// The step of a kernel for some of the replicas, on a thread of its own: advances a chain of these replicas alone.
pub type KernelPart<'a> =
    Box<dyn FnMut(&mut Chain, &mut dyn Engine) -> Result<(), KernelError> + Send + 'a>;
