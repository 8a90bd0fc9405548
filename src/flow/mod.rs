//! Learned densities: layers, mixtures on the circle, weights, training. Arrays in, arrays out; knows no chemistry.

mod adam;
mod dense;
pub mod torsion;

pub use adam::{Adam, AdamSettings};
pub use dense::{Dense, DenseGradient, LaneDense};
