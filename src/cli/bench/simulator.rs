//! A sampler set up to run: engine, kernels, chain.

use crate::cli::config::LoadedConfig;
use crate::cli::device::make_engine;
use crate::cli::error::CliError;
use crate::cli::memory;
use crate::cli::resident::run_kernels;
use crate::cli::setup;
use crate::integrator::Engine;
use crate::mcmc::{Chain, Kernel, run_cycle};

/// Everything that a cycle needs.
pub(super) struct Simulator {
    /// Name of the sampler.
    pub(super) name: &'static str,
    /// Its input.
    pub(super) config: LoadedConfig,
    /// The machine.
    pub(super) engine: Box<dyn Engine>,
    /// The kernels of a cycle.
    pub(super) kernels: Vec<Box<dyn Kernel>>,
    /// All replicas.
    pub(super) chain: Chain,
}

impl Simulator {
    /// All replicas at the starting structure of the input.
    ///
    /// # Errors
    /// A system or sampler that cannot be made.
    pub(super) fn new(name: &'static str, loaded: LoadedConfig) -> Result<Self, CliError> {
        let prepared = setup::prepare(&loaded)?;
        memory::check(&loaded.config, prepared.system.n_atoms())?;
        let mut engine = make_engine(&loaded.config, &prepared.system, None)?;
        let kernels = run_kernels(&loaded, &prepared, None)?;
        let chain = setup::starting_chain(&loaded.config, &prepared, engine.as_mut())?;
        Ok(Self {
            name,
            config: loaded,
            engine,
            kernels,
            chain,
        })
    }

    /// Whether every kernel leaves the Boltzmann distribution exactly invariant.
    pub(super) fn is_exact(&self) -> bool {
        self.kernels.iter().all(|kernel| kernel.is_exact())
    }

    /// Ends the adaptation of all kernels.
    pub(super) fn freeze(&mut self) {
        self.kernels.iter_mut().for_each(|kernel| kernel.freeze());
    }

    /// One application of every kernel.
    ///
    /// # Errors
    /// A kernel that fails.
    pub(super) fn cycle(&mut self) -> Result<(), CliError> {
        let Self {
            kernels,
            chain,
            engine,
            ..
        } = self;
        run_cycle(kernels, chain, engine.as_mut(), true)
            .map_err(|error| CliError::run(format!("sampler `{}`, {error}", self.name)))
    }
}
