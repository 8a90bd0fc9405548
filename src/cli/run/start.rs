//! Where a run begins: a minimised structure with drawn velocities, or a checkpoint.

use crate::cli::config::Config;
use crate::cli::error::{Blame, CliError};
use crate::cli::setup::{self, Prepared};
use crate::cli::soundness;
use crate::mcmc::{Chain, Sampler};
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
    sampler: &mut dyn Sampler,
) -> Result<Start, CliError> {
    Ok(Start {
        cycle: 0,
        chain: setup::starting_chain(config, prepared, sampler.engine())?,
        counters: Counters::new(sampler.statistics().len()),
        writers: Vec::new(),
    })
}

/// The chain and counters of a checkpoint, whose kernels are restored.
///
/// # Errors
/// A checkpoint whose kernels are not those of the input, or whose energies are not finite.
pub(super) fn resumed(
    checkpoint: Checkpoint,
    sampler: &mut dyn Sampler,
) -> Result<Start, CliError> {
    soundness::check_start(&checkpoint.chain, sampler.engine())?;
    let saved = checkpoint.kernels.into_iter().map(|kernel| kernel.saved);
    sampler
        .restore(&saved.collect::<Vec<_>>())
        .map_err(|reason| format!("the checkpoint of {reason}"))
        .blame_input()?;
    Ok(Start {
        cycle: checkpoint.cycle,
        chain: checkpoint.chain,
        counters: serde_json::from_value(checkpoint.extra).blame_input()?,
        writers: checkpoint.writers,
    })
}
