//! Why a model could not be fitted.

use std::path::PathBuf;

/// Training could not go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// A file could not be read or written.
    #[error("cannot {action} {}: {reason}; {remedy}", path.display())]
    File {
        /// `read`, `write`, `create`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A file holds something else than its name says.
    #[error("{} is not {expected}: {reason}; {remedy}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
        /// What is wrong.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A peptide could not be sampled.
    #[error("peptide {sequence}: {reason}")]
    Peptide {
        /// Its sequence.
        sequence: String,
        /// What went wrong.
        reason: String,
    },
    /// Nothing to learn from.
    #[error("there are no training peptides: got {got} in {}, expected at least {expected}; raise `data.peptides`, or name some as `data.sequences`", directory.display())]
    NoPeptides {
        /// How many there are.
        got: usize,
        /// How many it takes.
        expected: usize,
        /// Where they were looked for.
        directory: PathBuf,
    },
    /// The loss stopped being a number.
    #[error(
        "the loss is {loss} after {n_steps} steps; take a smaller `learning_rate` than {learning_rate}"
    )]
    Diverged {
        /// Its value.
        loss: f64,
        /// Steps done.
        n_steps: u64,
        /// The rate in use.
        learning_rate: f64,
    },
    /// No peptide has what a network is about.
    #[error(
        "none of the training peptides has a {what} that can turn; name peptides that have, or take `--fine-tune MODEL`, which keeps that network as it is"
    )]
    NothingToTurn {
        /// What was looked for.
        what: &'static str,
    },
    /// The checkpoint is of other settings or data.
    #[error(
        "{} is the checkpoint of another training: its `{key}` is {got}, expected {expected}; take what it was begun with, or start anew with --force",
        path.display()
    )]
    OtherTraining {
        /// The file.
        path: PathBuf,
        /// What differs.
        key: String,
        /// Its value in the checkpoint.
        got: String,
        /// Its value now.
        expected: String,
    },
    /// Asked to stop.
    #[error("stopped; what was done is kept, start the same command again to go on")]
    Stopped,
}
