//! Runs one sampler for its share of wall-clock time. Compares nothing.

use std::error::Error;
use std::time::{Duration, Instant};

use crate::analysis::{ObservableSet, SamplerDraws};
use crate::cli::config::LoadedConfig;
use crate::cli::device::make_engine;
use crate::cli::error::CliError;
use crate::cli::kernels::make_kernels;
use crate::cli::setup;
use crate::integrator::Engine;
use crate::mcmc::{Chain, Kernel, KernelReport, Observer, Schedule, drive};

use super::draws::Draws;
use super::samplers::PLAIN_MD;

/// Share of the time that equilibration, learning included, gets.
pub(super) const EQUILIBRATION_SHARE: f64 = 0.2;
/// Draws a chain that a sampler records even where its time is up: ESS and R-hat need a few.
const MIN_DRAWS: usize = 8;

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

/// Runs the sampler of an input for `seconds`, equilibration included.
///
/// # Errors
/// A system or sampler that cannot be made, or a run that fails.
pub(super) fn measure(
    name: &str,
    loaded: &LoadedConfig,
    set: &ObservableSet,
    seconds: f64,
) -> Result<Measured, CliError> {
    let config = &loaded.config;
    let setup_start = Instant::now();
    let prepared = setup::prepare(loaded)?;
    let mut engine = make_engine(config, &prepared.system)?;
    let mut kernels = make_kernels(loaded, &prepared.molecule.topology)?;
    let mut chain = setup::starting_chain(config, &prepared, engine.as_mut())?;
    let setup_seconds = setup_start.elapsed().as_secs_f64();
    let failed =
        |error: &dyn std::fmt::Display| CliError::run(format!("sampler `{name}`: {error}"));

    let start = Instant::now();
    let mut warm_up = WarmUp {
        end: start + Duration::from_secs_f64(seconds * EQUILIBRATION_SHARE),
    };
    run_phase(
        &mut chain,
        engine.as_mut(),
        &mut kernels,
        &mut warm_up,
        true,
    )
    .map_err(|error| failed(&error))?;
    let equilibration_seconds = start.elapsed().as_secs_f64();
    let mut production = Production {
        end: start + Duration::from_secs_f64(seconds),
        draws: Draws::new(set, config.target_replicas()),
    };
    run_phase(
        &mut chain,
        engine.as_mut(),
        &mut kernels,
        &mut production,
        false,
    )
    .map_err(|error| failed(&error))?;
    let wall_seconds = start.elapsed().as_secs_f64();
    let draws = production.draws;
    #[expect(
        clippy::cast_precision_loss,
        reason = "a batch has far fewer than 2^53 replicas"
    )]
    let simulated_ps = chain.time_ps * config.replicas as f64;
    Ok(Measured {
        exact: kernels.iter().all(|kernel| kernel.is_exact()),
        sizes: Sizes {
            n_chains: config.replicas,
            n_replicas: config.n_replicas(),
            n_draws: draws.n_draws(),
            stride_cycles: draws.stride(),
        },
        setup_seconds,
        equilibration_seconds,
        n_energy_evaluations: chain.n_energy_evaluations,
        kernels: kernels.iter().map(|kernel| kernel.report()).collect(),
        device: engine.description(),
        draws: SamplerDraws {
            name: name.to_owned(),
            is_plain_md: PLAIN_MD.contains(&name),
            wall_seconds,
            simulated_ps,
            observables: draws.finish(),
        },
    })
}

/// One phase without an end of its own: the observer stops it. Production freezes the kernels first.
fn run_phase(
    chain: &mut Chain,
    engine: &mut dyn Engine,
    kernels: &mut [Box<dyn Kernel>],
    observer: &mut dyn Observer,
    is_equilibration: bool,
) -> Result<(), crate::mcmc::DriveError> {
    let endless = u64::MAX / 2;
    let (equilibration_cycles, production_cycles) = if is_equilibration {
        (endless, 0)
    } else {
        (0, endless)
    };
    let schedule = Schedule {
        equilibration_cycles,
        production_cycles,
    };
    drive(schedule, 0, chain, engine, kernels, observer).map(|_| ())
}

type Verdict = Result<bool, Box<dyn Error + Send + Sync>>;

/// Waits for the end of equilibration.
struct WarmUp {
    end: Instant,
}

impl Observer for WarmUp {
    fn after_cycle(
        &mut self,
        _: u64,
        _: &mut Chain,
        _: &mut dyn Engine,
        _: &[Box<dyn Kernel>],
    ) -> Verdict {
        Ok(Instant::now() < self.end)
    }
}

/// Records until time is up.
struct Production<'a> {
    end: Instant,
    draws: Draws<'a>,
}

impl Observer for Production<'_> {
    fn after_cycle(
        &mut self,
        _: u64,
        chain: &mut Chain,
        engine: &mut dyn Engine,
        _: &[Box<dyn Kernel>],
    ) -> Verdict {
        self.draws.record(chain, engine);
        Ok(Instant::now() < self.end || self.draws.n_draws() < MIN_DRAWS)
    }
}
