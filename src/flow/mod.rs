//! Flows: invertible maps with known densities, their weights and their training. Arrays in, arrays out: knows no chemistry.

mod real;
pub mod timewarp;
mod weights;

pub use real::Real;
pub use weights::{TensorFile, WeightsError, write_tensors};
