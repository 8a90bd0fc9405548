//! Whole peptides drawn independently of each other, with exact importance weights: torsions from the trained density, local
//! geometry from the curvature of the energy there.
//!
//! A draw takes these steps, each with a normalised density or a fair choice:
//!
//! 1. Torsions T of several candidates, from [`LeapSampler`](crate::proposal::LeapSampler); one is chosen by h = exp(-min V)/q(T), where V is minimised over
//!    all else. V = U/kT - ln J is the negative log density in internal coordinates.
//! 2. Several geometries: rotors that the model does not draw (methyls, ammonium, hydroxyls, carboxylates) from densities
//!    tabulated at the minimum; bond lengths, angles and planarity from the normal density N of V's curvature there.
//!    One is chosen by v = exp(-V) / (N q_rotors).
//!
//! The weight is w = (mean h / h) (mean v) / q(T): means over the candidates are unbiased estimates, so that for every function
//! f the expectation of w f is Z times the Boltzmann average of f, and nothing is clipped. With one candidate each it is
//! the plain importance weight. (Choice by weights: Rubin, doi:10.1080/01621459.1987.10478461.)
//!
//! Isomers that no torsion of the model reaches are never drawn: omega stays cis or trans as in the structure given, and so
//! does every chiral centre.

mod choice;
mod draws;
mod geometries;
mod landscape;
mod laplace;
mod relax;
mod rotors;
mod space;
mod weights;
mod zmatrix;

pub use draws::{Draw, Generator, GeneratorError, GeneratorSettings};
pub use weights::{WeightSummary, weighted_mean};
pub use zmatrix::{ZMatrix, ZMatrixError};
