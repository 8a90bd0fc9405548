//! One sampler that runs in turns with the others, each turn on its own clock. Compares nothing.

use std::time::Instant;

use crate::analysis::{ObservableSet, SamplerDraws};
use crate::cli::config::LoadedConfig;
use crate::cli::device::make_engine;
use crate::cli::error::CliError;
use crate::cli::resident::run_kernels;
use crate::cli::setup;
use crate::integrator::Engine;
use crate::mcmc::{Chain, Kernel, KernelReport, check_sampler};

use super::draws::Draws;
use super::samplers::PLAIN_MD;

/// Draws a chain that a sampler records even where its time is up: ESS and R-hat need a few.
pub(super) const MIN_DRAWS: usize = 8;

/// What one sampler did.
pub(super) struct Measured {
    /// Its draws, and the seconds they cost.
    pub(super) draws: SamplerDraws,
    /// Whether every kernel is exact.
    pub(super) exact: bool,
    /// Chains, replicas of the batch, draws a chain, cycles between draws.
    pub(super) sizes: Sizes,
    /// Seconds before the clock started: force field, engine, minimisation.
    pub(super) setup_seconds: f64,
    /// Seconds of equilibration, part of the total.
    pub(super) equilibration_seconds: f64,
    /// Evaluations, equilibration included.
    pub(super) n_energy_evaluations: u64,
    /// Every kernel with its counters of the production.
    pub(super) kernels: Vec<KernelReport>,
    /// The machine.
    pub(super) device: String,
}

/// How much was looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// Independent chains at the temperature asked for.
    pub(super) n_chains: usize,
    /// Replicas of the batch.
    pub(super) n_replicas: usize,
    /// Draws a chain.
    pub(super) n_draws: usize,
    /// Cycles between two draws.
    pub(super) stride_cycles: u64,
}

/// A sampler ready to go on where its last turn ended.
pub(super) struct Contestant<'a> {
    name: &'static str,
    config: LoadedConfig,
    engine: Box<dyn Engine>,
    kernels: Vec<Box<dyn Kernel>>,
    chain: Chain,
    draws: Draws<'a>,
    setup_seconds: f64,
    /// On the clock so far.
    seconds: f64,
    equilibration_seconds: f64,
    is_frozen: bool,
}

impl<'a> Contestant<'a> {
    /// Sets up the sampler of an input; its clock stands at 0.
    ///
    /// # Errors
    /// A system or sampler that cannot be made.
    pub(super) fn new(
        name: &'static str,
        loaded: LoadedConfig,
        set: &'a ObservableSet,
    ) -> Result<Self, CliError> {
        let config = &loaded.config;
        let start = Instant::now();
        let prepared = setup::prepare(&loaded)?;
        let mut engine = make_engine(config, &prepared.system, None)?;
        let kernels = run_kernels(&loaded, &prepared, None)?;
        let chain = setup::starting_chain(config, &prepared, engine.as_mut())?;
        for warning in check_sampler(&kernels) {
            log::warn!("sampler `{name}`: {warning}");
        }
        Ok(Self {
            name,
            draws: Draws::new(set, config.target_replicas()),
            engine,
            kernels,
            chain,
            setup_seconds: start.elapsed().as_secs_f64(),
            seconds: 0.0,
            equilibration_seconds: 0.0,
            is_frozen: false,
            config: loaded,
        })
    }

    /// Goes on equilibrating until the clock reads so many seconds: kernels may tune themselves, nothing is recorded.
    ///
    /// # Errors
    /// A kernel that fails.
    pub(super) fn equilibrate(&mut self, until_seconds: f64) -> Result<(), CliError> {
        let before = self.seconds;
        let start = Instant::now();
        while self.seconds < until_seconds {
            self.cycle()?;
            self.seconds = before + start.elapsed().as_secs_f64();
        }
        self.equilibration_seconds = self.seconds;
        Ok(())
    }

    /// Goes on with frozen kernels and records, until the clock reads so many seconds and there are so many draws.
    ///
    /// # Errors
    /// A kernel that fails.
    pub(super) fn produce(
        &mut self,
        until_seconds: f64,
        at_least_draws: usize,
    ) -> Result<(), CliError> {
        let before = self.seconds;
        let start = Instant::now();
        if !self.is_frozen {
            self.kernels.iter_mut().for_each(|kernel| kernel.freeze());
            self.is_frozen = true;
        }
        while self.seconds < until_seconds || self.draws.n_draws() < at_least_draws {
            self.cycle()?;
            self.draws.record(&mut self.chain, self.engine.as_mut());
            self.seconds = before + start.elapsed().as_secs_f64();
        }
        Ok(())
    }

    fn cycle(&mut self) -> Result<(), CliError> {
        for kernel in &mut self.kernels {
            kernel
                .step(&mut self.chain, self.engine.as_mut())
                .and_then(|()| kernel.settle(&mut self.chain))
                .map_err(|error| {
                    let kernel = kernel.name();
                    CliError::run(format!(
                        "sampler `{}`, kernel `{kernel}`: {error}",
                        self.name
                    ))
                })?;
        }
        Ok(())
    }

    /// The result.
    pub(super) fn finish(self) -> Measured {
        let config = &self.config.config;
        #[expect(
            clippy::cast_precision_loss,
            reason = "a batch has far fewer than 2^53 replicas"
        )]
        let simulated_ps = self.chain.time_ps * config.replicas as f64;
        Measured {
            exact: self.kernels.iter().all(|kernel| kernel.is_exact()),
            sizes: Sizes {
                n_chains: config.replicas,
                n_replicas: config.n_replicas(),
                n_draws: self.draws.n_draws(),
                stride_cycles: self.draws.stride(),
            },
            setup_seconds: self.setup_seconds,
            equilibration_seconds: self.equilibration_seconds,
            n_energy_evaluations: self.chain.n_energy_evaluations,
            kernels: self.kernels.iter().map(|kernel| kernel.report()).collect(),
            device: self.engine.description(),
            draws: SamplerDraws {
                name: self.name.to_owned(),
                is_plain_md: PLAIN_MD.contains(&self.name),
                wall_seconds: self.seconds,
                simulated_ps,
                observables: self.draws.finish(),
            },
        }
    }
}
