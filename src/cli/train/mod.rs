//! `saltus train`: which learned proposal an input file describes. Each has a file of its own that trains it.

pub(super) mod timewarp;
pub(super) mod timewarp_data;
pub(super) mod torsion_leap;
use std::fs;
use std::path::PathBuf;

use clap::Args;

use super::CliResult;
use super::error::CliError;

/// Arguments of `saltus train`.
#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    /// The YAML input file: `proposal: torsion_leap` with its settings, or everything below `timewarp:`.
    #[arg(value_name = "CONFIG.yaml")]
    pub(super) input: PathBuf,
    /// Continue a Timewarp training from the checkpoint beside its weights. (That of a torsion leap goes on where it was
    /// stopped by itself.)
    #[arg(long, conflicts_with = "force")]
    pub(super) resume: bool,
    /// Go on from a trained model of `torsion_leap`, `builtin` or a file, instead of random networks.
    #[arg(long, value_name = "MODEL")]
    pub(super) fine_tune: Option<String>,
    /// Replace the model of an earlier training, and begin the fits anew.
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
    if !is_timewarp {
        return torsion_leap::train(arguments);
    }
    if arguments.fine_tune.is_some() {
        return Err(CliError::input(
            "--fine-tune is for `torsion_leap`\n  help: name the weights to go on from as `start_from` in the input file",
        ));
    }
    timewarp::train(arguments)
}
