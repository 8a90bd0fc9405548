//! Where a run begins: a minimised structure with drawn velocities, or a checkpoint.

use crate::cli::config::Config;
use crate::cli::error::{Blame, CliError};
use crate::cli::setup::{self, Prepared};
use crate::cli::soundness;
use crate::integrator::Engine;
use crate::mcmc::{Chain, Kernel};
use crate::trajectory::{Checkpoint, WriterProgress};

use super::recorder::Counters;

/// The chain before the first cycle of this process, and what goes with it.
pub(super) struct Start {
    /// Cycles done, equilibration included.
    pub(super) cycle: u64,
    /// Positions, velocities, temperatures.
    pub(super) chain: Chain,
    /// What the recorder counted.
    pub(super) counters: Counters,
    /// Where the trajectories stood; empty for a new run.
    pub(super) writers: Vec<WriterProgress>,
}

/// All replicas at the starting structure, velocities from the Maxwell-Boltzmann distribution.
///
/// # Errors
/// A structure that cannot be minimised or constrained.
pub(super) fn fresh(
    config: &Config,
    prepared: &Prepared,
    engine: &mut dyn Engine,
    n_kernels: usize,
) -> Result<Start, CliError> {
    Ok(Start {
        cycle: 0,
        chain: setup::starting_chain(config, prepared, engine)?,
        counters: Counters::new(n_kernels),
        writers: Vec::new(),
    })
}

/// The chain, kernels and counters of a checkpoint.
///
/// # Errors
/// A checkpoint whose kernels are not those of the input, or whose energies are not finite.
pub(super) fn resumed(
    checkpoint: Checkpoint,
    kernels: &mut [Box<dyn Kernel>],
    engine: &mut dyn Engine,
) -> Result<Start, CliError> {
    soundness::check_start(&checkpoint.chain, engine)?;
    for (kernel, record) in kernels.iter_mut().zip(&checkpoint.kernels) {
        kernel
            .restore(&record.saved)
            .map_err(|reason| format!("the checkpoint of kernel `{}`: {reason}", record.name))
            .blame_input()?;
    }
    Ok(Start {
        cycle: checkpoint.cycle,
        chain: checkpoint.chain,
        counters: serde_json::from_value(checkpoint.extra).blame_input()?,
        writers: checkpoint.writers,
    })
}
