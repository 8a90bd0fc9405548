//! What can be wrong with the file of a model.

/// A file that is no model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WeightsError {
    /// Not a safetensors file, or cut short.
    #[error(
        "it is damaged or no safetensors file ({reason}); train the model again with `saltus train`, or take `model: builtin`"
    )]
    Unreadable {
        /// The reader's words.
        reason: String,
    },
    /// A safetensors file of something else.
    #[error(
        "it has no card of a torsion-leap model ({reason}); give a file that `saltus train` wrote, or `model: builtin`"
    )]
    NoCard {
        /// What is wrong.
        reason: String,
    },
    /// Another version.
    #[error(
        "its version is {got}, this program reads {expected}; train it again with `saltus train`, or take `model: builtin`"
    )]
    Version {
        /// The file's.
        got: u32,
        /// The program's.
        expected: u32,
    },
    /// A tensor is missing or has the wrong shape.
    #[error("its tensor `{name}` {reason}; train the model again with `saltus train`")]
    Tensor {
        /// Name of the tensor.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// NaN or infinite weights.
    #[error(
        "its tensor `{name}` holds values that are not finite: training diverged; train again with a smaller `learning_rate`"
    )]
    NotFinite {
        /// Name of the tensor.
        name: String,
    },
}
