//! What all networks share: layers, matrix products, optimisers, weights in files.

pub(super) mod dense;
pub(super) mod optimizer;
pub(super) mod real;
pub(super) mod tensor_file;
pub(super) mod tensors;
pub(super) mod weights_error;

pub use dense::{Dense, DenseGradient, LaneDense};
pub use optimizer::{Adam, AdamSettings};
pub use real::Real;
pub use tensor_file::{TensorFile, write_tensors};
pub use tensors::{NamedTensor, named_tensor, read_tensor, to_bytes};
pub use weights_error::WeightsError;
