//! The loop over cycles: kernels in order, then whoever watches. Writes and prints nothing.

use std::error::Error;

use crate::cli::config::Config;
use crate::integrator::{Engine, EngineError};
use crate::mcmc::{Chain, Kernel, KernelError};
use crate::topology::Topology;

/// How many cycles there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    /// Cycles before anything is recorded, at whose end the kernels are frozen.
    pub(super) equilibration_cycles: u64,
    /// Cycles recorded.
    pub(super) production_cycles: u64,
}

impl Plan {
    /// The plan of an input file.
    pub(super) fn new(config: &Config) -> Self {
        Self {
            equilibration_cycles: config.run.equilibration_cycles,
            production_cycles: config.run.cycles,
        }
    }

    /// Cycles of both phases.
    pub(super) fn total_cycles(self) -> u64 {
        self.equilibration_cycles + self.production_cycles
    }
}

/// How a run without failure ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// All cycles are done.
    Completed,
    /// The watcher asked to stop after so many cycles of all.
    Stopped {
        /// Cycles done, equilibration included.
        cycle: u64,
    },
}

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// A kernel could not go on.
    #[error("kernel `{name}`: {source}")]
    Kernel {
        /// The kernel.
        name: String,
        /// Its reason.
        source: KernelError,
    },
    /// A frame or checkpoint could not be written.
    #[error("{0}")]
    Watcher(Box<dyn Error + Send + Sync>),
}

impl Failure {
    /// The message with the name of the atom and a remedy where a replica blew up.
    pub(super) fn message(&self, topology: &Topology) -> String {
        let Self::Kernel { source, .. } = self else {
            return self.to_string();
        };
        match source {
            KernelError::Engine(EngineError::Diverged(diverged)) => format!(
                "{self} ({})\n  help: take a smaller time step, minimise the starting structure (`minimize: true`), or check the molecule around that atom",
                topology.label(diverged.atom_index)
            ),
            _ => self.to_string(),
        }
    }
}

/// Sees the chain after every cycle of both phases.
pub(super) trait Watcher {
    /// Called when `cycle` cycles of all are done; `false` stops the run.
    ///
    /// # Errors
    /// Any failure ends the run.
    fn after_cycle(
        &mut self,
        cycle: u64,
        chain: &mut Chain,
        engine: &mut dyn Engine,
        kernels: &[Box<dyn Kernel>],
    ) -> Result<bool, Box<dyn Error + Send + Sync>>;
}

/// Runs the cycles from `start_cycle` to the end of the plan. Both count equilibration.
///
/// # Errors
/// [`Failure`]; the chain is then as the failing kernel left it.
pub(super) fn drive(
    plan: Plan,
    start_cycle: u64,
    chain: &mut Chain,
    engine: &mut dyn Engine,
    kernels: &mut [Box<dyn Kernel>],
    watcher: &mut dyn Watcher,
) -> Result<Ending, Failure> {
    if start_cycle == 0 && plan.equilibration_cycles == 0 {
        kernels.iter_mut().for_each(|kernel| kernel.freeze());
    }
    for cycle in start_cycle + 1..=plan.total_cycles() {
        for kernel in kernels.iter_mut() {
            kernel
                .step(chain, engine)
                .map_err(|source| Failure::Kernel {
                    name: kernel.name().to_owned(),
                    source,
                })?;
        }
        if cycle == plan.equilibration_cycles {
            kernels.iter_mut().for_each(|kernel| kernel.freeze());
        }
        let go_on = watcher
            .after_cycle(cycle, chain, engine, kernels)
            .map_err(Failure::Watcher)?;
        if !go_on && cycle < plan.total_cycles() {
            return Ok(Ending::Stopped { cycle });
        }
    }
    Ok(Ending::Completed)
}
