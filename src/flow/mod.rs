//! Learned densities and maps of known density, their layers, weights and training. Arrays in, arrays out: knows no chemistry.

mod adam;
mod dense;
mod real;
pub mod timewarp;
pub mod torsion;
mod weights;

pub use adam::{Adam, AdamSettings};
pub use dense::{Dense, DenseGradient, LaneDense};
pub use real::Real;
pub use weights::{TensorFile, WeightsError, write_tensors};
