//! `saltus export`: a trajectory in a format for tools without HDF5.

use std::path::PathBuf;

use clap::Args;

use crate::topology::pdb;
use crate::trajectory::Reader;
use crate::trajectory::export::{ExportFormat, export as write_all};

use super::error::Blame;
use super::{CliResult, console};

/// Arguments of `saltus export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The trajectory.
    #[arg(value_name = "TRAJECTORY.h5")]
    trajectory: PathBuf,
    /// The file to write; its ending, .pdb, .dcd or .xtc, decides the format.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Take every n-th frame, the first included.
    #[arg(long, value_name = "N", default_value = "1")]
    stride: std::num::NonZeroUsize,
    /// Replace the file if it exists.
    #[arg(long)]
    force: bool,
}

/// Writes the frames.
pub(crate) fn export(arguments: &ExportArguments) -> CliResult {
    ExportFormat::from_path(&arguments.output).blame_input()?;
    let reader = Reader::open(&arguments.trajectory).blame_input()?;
    super::build::refuse_existing(&arguments.output, arguments.force)?;
    let exported = write_all(
        &reader,
        &arguments.output,
        arguments.stride,
        arguments.force,
        &mut pdb::write,
    )
    .blame_run()?;
    console::note(&format!(
        "{} frames of {} atoms written to {}",
        exported.n_frames,
        reader.n_atoms(),
        arguments.output.display()
    ));
    if exported.n_moved > 0 {
        console::note(&format!(
            "{} of them were too far from the origin for the format and were moved back to it by whole nanometres",
            exported.n_moved
        ));
    }
    Ok(())
}
