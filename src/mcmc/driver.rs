//! The loop over cycles: kernels in order, adaptation frozen at its end, an observer after each.

use super::drive_error::{DriveError, failure_of};
use super::kernel::{Chain, Kernel, Observer};
use super::parts::{part_sizes, run_parts};
use crate::integrator::Engine;

/// How many cycles there are; a cycle is one step of every kernel in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Cycles of the adaptation phase: kernels may tune themselves, and are frozen at its end.
    pub equilibration_cycles: u64,
    /// Cycles of the production phase, whose samples count.
    pub production_cycles: u64,
}

impl Schedule {
    /// Cycles of both phases.
    #[must_use]
    pub fn total_cycles(self) -> u64 {
        self.equilibration_cycles + self.production_cycles
    }
}

/// How a run without failure ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All cycles are done.
    Completed,
    /// The observer asked to stop.
    Stopped {
        /// Cycles done, equilibration included.
        cycle: u64,
    },
}

/// What may make the samples of a run worthless without being an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SamplerWarning {
    /// Nothing moves all degrees of freedom.
    #[error(
        "no kernel of the sampler ({}) reaches every configuration: parts of the molecule, such as bonds and angles, keep their start; add `langevin`, `hmc` or `mala`",
        names.join(", ")
    )]
    NotErgodic {
        /// The kernels.
        names: Vec<String>,
    },
}

/// A finished run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driven {
    /// How it ended.
    pub ending: Ending,
    /// What the user should know; logged already.
    pub warnings: Vec<SamplerWarning>,
}

/// Looks for what makes a sampler doubtful before anything runs.
#[must_use]
pub fn check_sampler(kernels: &[Box<dyn Kernel>]) -> Vec<SamplerWarning> {
    let mut warnings = Vec::new();
    if !kernels.iter().any(|kernel| kernel.is_ergodic()) {
        warnings.push(SamplerWarning::NotErgodic {
            names: kernels.iter().map(|k| k.name().to_owned()).collect(),
        });
    }
    warnings
}

/// Cycles after which molecules that drifted away are brought back. Counted from the start of the run, so that nothing
/// depends on when anyone looks; seldom, since kernels that work on another device must wait for it.
const CYCLES_AWAY: u64 = 500;

/// Runs the cycles after `start_cycle` to the end of the schedule; both count equilibration.
///
/// A run that was stopped after cycle n and is driven again from n, with chain and kernels as they were saved, goes on
/// as if it had never stopped.
///
/// Nothing holds a free molecule where it is: at the start and every 500 cycles, one whose middle is more than a nanometre
/// from the origin is brought back by whole nanometres. That leaves every energy, force and velocity as it is.
///
/// # Errors
/// [`DriveError`]; the chain is then as the failing kernel left it.
pub fn drive(
    schedule: Schedule,
    start_cycle: u64,
    chain: &mut Chain,
    engine: &mut dyn Engine,
    kernels: &mut [Box<dyn Kernel>],
    observer: &mut dyn Observer,
) -> Result<Driven, DriveError> {
    let warnings = check_sampler(kernels);
    for warning in &warnings {
        log::warn!("{warning}");
    }
    if start_cycle == 0 && schedule.equilibration_cycles == 0 {
        kernels.iter_mut().for_each(|kernel| kernel.freeze());
    }
    let is_free = engine.is_free();
    if start_cycle == 0 && is_free {
        chain.bring_back();
    }
    for cycle in start_cycle + 1..=schedule.total_cycles() {
        let brings_back = is_free && cycle.is_multiple_of(CYCLES_AWAY);
        let ends_phase = [schedule.equilibration_cycles, schedule.total_cycles()].contains(&cycle);
        // Asked every time: observers may decide here what is due.
        let is_read = observer.reads_chain(cycle) || ends_phase;
        let settles = kernels.len() > 1 || is_read || brings_back;
        run_cycle(kernels, chain, engine, settles)?;
        if brings_back {
            chain.bring_back();
        }
        if cycle == schedule.equilibration_cycles {
            kernels.iter_mut().for_each(|kernel| kernel.freeze());
        }
        let go_on = observer
            .after_cycle(cycle, chain, engine, kernels)
            .map_err(DriveError::Observer)?;
        if !go_on && cycle < schedule.total_cycles() {
            for kernel in kernels.iter_mut() {
                kernel.settle(chain).map_err(failure_of(kernel.name()))?;
            }
            return Ok(Driven {
                ending: Ending::Stopped { cycle },
                warnings,
            });
        }
    }
    Ok(Driven {
        ending: Ending::Completed,
        warnings,
    })
}

/// One step of every kernel in order, and the chain up to date after each where `settles` says so.
///
/// Where kernels know no replica from its neighbours and the engine has several threads, each takes replicas of its own
/// through as many kernels as it can before it waits for the others; samples are the same, bit for bit, either way.
///
/// # Errors
/// [`DriveError::Kernel`].
pub fn run_cycle(
    kernels: &mut [Box<dyn Kernel>],
    chain: &mut Chain,
    engine: &mut dyn Engine,
    settles: bool,
) -> Result<(), DriveError> {
    let threads = engine.threads();
    let n_threads = threads
        .as_ref()
        .map_or(1, |threads| threads.current_num_threads());
    let sizes = part_sizes(chain.state.n_replicas, n_threads);
    // Threads that work on several parts would otherwise have to be woken for every one of them.
    match threads.filter(|_| sizes.len() > 1) {
        Some(threads) => threads.install(|| run_stretches(kernels, chain, engine, settles, &sizes)),
        None => run_stretches(kernels, chain, engine, settles, &sizes),
    }
}

/// Stretches of kernels that agree to parts, and the others one by one.
fn run_stretches(
    kernels: &mut [Box<dyn Kernel>],
    chain: &mut Chain,
    engine: &mut dyn Engine,
    settles: bool,
    sizes: &[usize],
) -> Result<(), DriveError> {
    let n_parts = sizes.len();
    let mut next = 0;
    while next < kernels.len() {
        let engines = match n_parts {
            1 => Vec::new(),
            _ => engine.parts(n_parts),
        };
        let mut agreed = 0;
        while engines.len() == n_parts
            && let Some(kernel) = kernels.get_mut(next + agreed)
            && kernel.prepare_parts(n_parts)
        {
            agreed += 1;
        }
        if agreed > 0 {
            run_parts(&mut kernels[next..next + agreed], chain, engines, sizes)?;
        }
        next += agreed;
        if let Some(kernel) = kernels.get_mut(next) {
            advance(kernel.as_mut(), chain, engine, settles)?;
            next += 1;
        }
    }
    Ok(())
}

/// One step of a kernel, and the chain up to date where it is needed.
fn advance(
    kernel: &mut dyn Kernel,
    chain: &mut Chain,
    engine: &mut dyn Engine,
    settles: bool,
) -> Result<(), DriveError> {
    let stepped = kernel.step(chain, engine);
    let settled = match settles {
        true => stepped.and_then(|()| kernel.settle(chain)),
        false => stepped,
    };
    settled.map_err(failure_of(kernel.name()))
}
