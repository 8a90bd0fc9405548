//! One sampler that runs in turns with the others, each turn on its own clock.

use std::time::Instant;

use crate::analysis::{ObservableSet, SamplerDraws};
use crate::cli::config::LoadedConfig;
use crate::cli::error::{Blame, CliError};
use crate::cli::soundness::kernel_warnings;
use crate::mcmc::{KernelReport, check_sampler};

use super::draws::Draws;
use super::reservoirs::Reservoirs;
use super::samplers::PLAIN_MD;
use super::simulator::Simulator;

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
    /// Kernels that accepted nothing, or lost many moves.
    pub(super) warnings: Vec<String>,
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

/// A sampler whose time is up.
pub(super) struct Finished {
    /// What it did.
    pub(super) measured: Measured,
    /// Where it stands.
    pub(super) simulator: Simulator,
    /// Configurations that it kept.
    pub(super) reservoirs: Option<Reservoirs>,
}

/// A sampler ready to go on where its last turn ended.
pub(super) struct Contestant<'a> {
    simulator: Simulator,
    draws: Draws<'a>,
    setup_seconds: f64,
    /// On the clock so far.
    seconds: f64,
    equilibration_seconds: f64,
    is_frozen: bool,
}

impl<'a> Contestant<'a> {
    /// Sets up the sampler of an input; its clock stands at 0. An exact one keeps configurations from every side where
    /// that is asked for.
    ///
    /// # Errors
    /// A system or sampler that cannot be made.
    pub(super) fn new(
        name: &'static str,
        loaded: LoadedConfig,
        set: &'a ObservableSet,
        keeps_configurations: bool,
    ) -> Result<Self, CliError> {
        let start = Instant::now();
        let simulator = Simulator::new(name, loaded)?;
        for warning in check_sampler(&simulator.kernels) {
            log::warn!("sampler `{name}`: {warning}");
        }
        let config = &simulator.config.config;
        let keeps = keeps_configurations && simulator.is_exact();
        let reservoirs = keeps.then(|| Reservoirs::new(set, config.seed()));
        Ok(Self {
            draws: Draws::new(set, config.target_replicas(), reservoirs),
            simulator,
            setup_seconds: start.elapsed().as_secs_f64(),
            seconds: 0.0,
            equilibration_seconds: 0.0,
            is_frozen: false,
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
            self.simulator.cycle()?;
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
            self.simulator.freeze();
            self.is_frozen = true;
        }
        while self.seconds < until_seconds || self.draws.n_draws() < at_least_draws {
            self.simulator.cycle()?;
            let Simulator { chain, engine, .. } = &mut self.simulator;
            self.draws
                .record(chain, engine.as_mut())
                .map_err(|reason| format!("sampler `{}`: {reason}", self.simulator.name))
                .blame_run()?;
            self.seconds = before + start.elapsed().as_secs_f64();
        }
        Ok(())
    }

    /// The result, and what can go on from here.
    pub(super) fn finish(mut self) -> Finished {
        let simulator = self.simulator;
        let config = &simulator.config.config;
        #[expect(
            clippy::cast_precision_loss,
            reason = "a batch has far fewer than 2^53 replicas"
        )]
        let simulated_ps = simulator.chain.time_ps * config.replicas as f64;
        let sizes = Sizes {
            n_chains: config.replicas,
            n_replicas: config.n_replicas(),
            n_draws: self.draws.n_draws(),
            stride_cycles: self.draws.stride(),
        };
        let reservoirs = self.draws.take_reservoirs();
        let kernels = simulator.kernels.iter();
        let kernels: Vec<KernelReport> = kernels.map(|kernel| kernel.report()).collect();
        let warnings = kernel_warnings(&kernels);
        for warning in &warnings {
            log::warn!("sampler `{}`: {warning}", simulator.name);
        }
        let measured = Measured {
            warnings,
            exact: simulator.is_exact(),
            sizes,
            setup_seconds: self.setup_seconds,
            equilibration_seconds: self.equilibration_seconds,
            n_energy_evaluations: simulator.chain.n_energy_evaluations,
            kernels,
            device: simulator.engine.description(),
            draws: SamplerDraws {
                name: simulator.name.to_owned(),
                is_plain_md: PLAIN_MD.contains(&simulator.name),
                wall_seconds: self.seconds,
                simulated_ps,
                observables: self.draws.finish(),
            },
        };
        Finished {
            measured,
            simulator,
            reservoirs,
        }
    }
}
