//! A failed run in the user's words: the atom by its name, what is left, what to do. Decides nothing.

use crate::cli::error::CliError;
use crate::mcmc::{DriveError, KernelError};
use crate::proposal::ProposalError;
use crate::topology::Topology;

use super::output::OutputDirectory;

/// The message of a failure; `closing` is what went wrong afterwards.
pub(super) fn explain(
    failure: &DriveError,
    closing: Option<CliError>,
    topology: &Topology,
    directory: &OutputDirectory,
) -> CliError {
    let mut message = cause(failure, topology);
    match closing {
        None => message.push_str(&format!(
            "\n  the frames up to then are in {}",
            directory.path().display()
        )),
        Some(error) => message.push_str(&format!("\n  and: {}", error.messages().join("; "))),
    }
    CliError::Run(message)
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
