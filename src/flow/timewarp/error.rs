//! What can be wrong with a Timewarp model or with what it is given.

use crate::flow::nn::weights_error::WeightsError;
use std::path::PathBuf;

/// A model that cannot be made, or a conformation that it cannot take.
#[derive(Debug, thiserror::Error)]
pub enum TimewarpError {
    /// The weights do not fit, or cannot be read.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The configuration cannot be read.
    #[error("{}: {reason}", path.display())]
    ConfigFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it, with line and column where it is a word.
        reason: String,
    },
    /// A value of the configuration makes no sense.
    #[error("model configuration: `{key}` is {got}, expected {expected}")]
    Config {
        /// The key.
        key: &'static str,
        /// Its value.
        got: String,
        /// What it may be.
        expected: &'static str,
    },
    /// An element that the model has not learned.
    #[error(
        "atom {atom_index} has the element index {got}, but the model's vocabulary has {n_elements} entries ({vocabulary}); it cannot be used for this molecule"
    )]
    Element {
        /// Which atom.
        atom_index: usize,
        /// Its index.
        got: usize,
        /// Entries of the vocabulary.
        n_elements: usize,
        /// The vocabulary.
        vocabulary: String,
    },
    /// An array has the wrong length.
    #[error("{what} of conformation {index} has {got} values, expected {expected}")]
    Length {
        /// Which array.
        what: &'static str,
        /// Whose.
        index: usize,
        /// Its length.
        got: usize,
        /// What it should be.
        expected: usize,
    },
    /// The device that computes has failed.
    #[error("{reason}")]
    Device {
        /// Its words.
        reason: String,
    },
    /// A model that conditions on auxiliary variables got none.
    #[error(
        "conformation {index} has no auxiliary variables, but the model depends on them (`ignore_conditional_velocity: false`)"
    )]
    NoAuxiliaries {
        /// Whose.
        index: usize,
    },
}
