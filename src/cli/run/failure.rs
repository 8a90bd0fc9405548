//! A failed run in the user's words: the atom by its name, what is left, what to do.

use crate::cli::error::{Blame, CliError};
use crate::integrator::EngineError;
use crate::mcmc::{DriveError, KernelError};
use crate::proposal::ProposalError;
use crate::topology::Topology;
use crate::trajectory::RunWarnings;

use super::output::OutputDirectory;
use super::recorder::Record;

/// The message of a failure, noted in the trajectories too; `closed` is what came of them.
pub(super) fn explain(
    failure: &DriveError,
    closed: Result<Record, CliError>,
    topology: &Topology,
    directory: &OutputDirectory,
) -> CliError {
    let mut message = cause(failure, topology);
    let noted = closed.and_then(|record| {
        let warning = format!("the run failed: {message}");
        let warnings = RunWarnings(vec![warning]);
        warnings.record(&record.trajectories).blame_run()
    });
    match noted {
        Ok(()) => message.push_str(&format!(
            "\n  the frames up to then are in {}",
            directory.path().display()
        )),
        Err(error) => message.push_str(&format!("\n  and: {}", error.messages().join("; "))),
    }
    if comes_from_outside(failure) {
        message.push_str(way_on(directory.checkpoint_path().exists()));
    }
    CliError::Run(message)
}

/// Whether the same run may get past this another time: a full disk, a device that went away.
fn comes_from_outside(failure: &DriveError) -> bool {
    match failure {
        DriveError::Observer(_) => true,
        DriveError::Kernel { source, .. } => matches!(
            source,
            KernelError::Engine(EngineError::Device { .. })
                | KernelError::Proposal(ProposalError::Engine(EngineError::Device { .. }))
        ),
    }
}

fn way_on(has_checkpoint: bool) -> &'static str {
    match has_checkpoint {
        true => "\n  help: once that is mended, continue from the last checkpoint with --resume",
        false => {
            "\n  help: no checkpoint was written yet, so there is nothing to resume: once that is mended, start again with --force"
        }
    }
}

/// The cause with the name of the atom and a remedy where a replica blew up.
fn cause(failure: &DriveError, topology: &Topology) -> String {
    let DriveError::Kernel { source, .. } = failure else {
        return failure.to_string();
    };
    let diverged = match source {
        KernelError::Engine(error) | KernelError::Proposal(ProposalError::Engine(error)) => {
            error.diverged()
        }
        _ => None,
    };
    match diverged {
        Some(diverged) => format!(
            "{failure} ({})\n  help: take a smaller time step, minimise the starting structure (`minimize: true`), or check the molecule around that atom",
            topology.label(diverged.atom_index)
        ),
        None => failure.to_string(),
    }
}
