//! Learned densities and maps of known density, their layers, weights and training. Arrays in, arrays out: knows no chemistry.

mod nn;
#[cfg(feature = "timewarp")]
pub mod timewarp;
pub mod torsion;

pub use nn::{
    Adam, AdamSettings, Dense, DenseGradient, LaneDense, NamedTensor, Real, TensorFile,
    WeightsError, named_tensor, read_tensor, to_bytes, write_tensors,
};
