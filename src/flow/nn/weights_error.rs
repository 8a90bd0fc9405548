//! What can be wrong with weights in a file: of any model, then of a torsion-leap model in memory.

use std::io;
use std::path::PathBuf;

/// Why tensors could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The file is none of the format.
    #[error(
        "{}: not a safetensors file ({reason}); convert a PyTorch checkpoint with `torch.load` and `safetensors.torch.save_file`",
        path.display()
    )]
    Format {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A tensor is not there.
    #[error("{}: tensor `{name}` is missing, expected with the shape {expected:?}", path.display())]
    Missing {
        /// Which file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
        /// Its shape by the configuration.
        expected: Vec<usize>,
    },
    /// A tensor has another shape than the configuration says.
    #[error(
        "{}: tensor `{name}` has the shape {got:?}, but the configuration makes it {expected:?}; weights and configuration belong to different models",
        path.display()
    )]
    Shape {
        /// Which file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
        /// Its shape in the file.
        got: Vec<usize>,
        /// Its shape by the configuration.
        expected: Vec<usize>,
    },
    /// A tensor has a type of numbers that is not known here.
    #[error(
        "{}: tensor `{name}` holds {got}, expected F32, F64, F16, BF16, I32 or I64",
        path.display()
    )]
    Dtype {
        /// Which file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
        /// Its type.
        got: String,
    },
    /// A value is NaN or infinite.
    #[error(
        "{}: tensor `{name}` holds {value} at index {index}, expected finite numbers; the training that wrote it had diverged",
        path.display()
    )]
    NonFinite {
        /// Which file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
        /// Place of the first such value.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A tensor is there that the configuration does not know.
    #[error(
        "{}: tensor `{name}` with the shape {got:?} has no place in the model that the configuration describes; weights and configuration belong to different models",
        path.display()
    )]
    Unexpected {
        /// Which file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
        /// Its shape in the file.
        got: Vec<usize>,
    },
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
