//! `saltus train`: which learned proposal an input file describes. Each has a file of its own that trains it.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use super::error::CliError;
use super::{CliResult, train_timewarp, train_torsion_leap};

/// Arguments of `saltus train`.
#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    /// The YAML input file: `proposal: torsion_leap` with its settings, or everything below `timewarp:`.
    #[arg(value_name = "CONFIG.yaml")]
    pub(super) input: PathBuf,
    /// Continue a Timewarp training from the checkpoint beside its weights. (A torsion leap goes on with the peptides that
    /// it sampled before by itself.)
    #[arg(long, conflicts_with = "force")]
    pub(super) resume: bool,
    /// Replace the model of an earlier training.
    #[arg(long)]
    pub(super) force: bool,
    /// Print one JSON object on stdout at the end.
    #[arg(long)]
    pub(super) json: bool,
    /// Show no progress.
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// Trains the model that the input file describes.
pub(crate) fn train(arguments: &TrainArguments) -> CliResult {
    let path = &arguments.input;
    let text = fs::read_to_string(path)
        .map_err(|error| CliError::input(format!("cannot read {}: {error}", path.display())))?;
    // A file that is no YAML is for the reader of torsion leaps to explain.
    let is_timewarp = serde_yaml::from_str::<serde_yaml::Value>(&text)
        .is_ok_and(|file| file.get("timewarp").is_some());
    if is_timewarp {
        return train_timewarp::train(arguments);
    }
    if arguments.resume {
        return Err(CliError::input(
            "--resume is for `timewarp`; the training of a torsion leap goes on by itself with what lies in its data folder",
        ));
    }
    train_torsion_leap::train(arguments)
}
