//! `saltus run` for a host program.

use std::path::PathBuf;

use super::input::Input;
use crate::cli::error::CliError;
use crate::cli::run::progress::Watcher;
use crate::cli::run::{RunArguments, run_hosted};
use crate::cli::setup::Overrides;

/// What `saltus run` takes beside its input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunOptions {
    /// `--resume`.
    pub resume: bool,
    /// `--force`.
    pub force: bool,
    /// `--output`.
    pub output: Option<PathBuf>,
    /// `--device`.
    pub device: Option<String>,
    /// `--cycles`.
    pub cycles: Option<u64>,
    /// `--equilibration-cycles`.
    pub equilibration_cycles: Option<u64>,
}

/// Runs a simulation; the folder it wrote to, and the JSON object of `saltus run --json`.
///
/// The watcher is told a few times a second how far the run is. Where it answers `false` the run stops after its cycle with
/// a checkpoint, as at Ctrl-C, and `completed` is `false` in the object.
///
/// # Errors
/// As those of `saltus run`.
pub fn run(
    input: &Input,
    options: RunOptions,
    watcher: Watcher,
) -> Result<(PathBuf, String), CliError> {
    let loaded = input.load(Overrides {
        device: options.device,
        output: options.output,
        cycles: options.cycles,
        equilibration_cycles: options.equilibration_cycles,
    })?;
    let directory = loaded.config.output.directory.clone();
    let arguments = RunArguments::hosted(input.name().to_owned(), options.resume, options.force);
    let summary = run_hosted(&arguments, loaded, watcher)?;
    Ok((directory, summary))
}
