//! Force fields: reading OpenMM's XML, assigning parameters, and one file for each energy term.

pub mod angle;
pub mod bond;
pub mod generalized_born;
pub mod nonbonded;
mod reference;
pub mod surface_area;
mod system;
pub mod torsion;

pub use reference::{TermEnergies, reference_energies};
pub use system::{
    Angle, Bond, BornModel, DistanceConstraint, ImplicitSolvent, Nonbonded, NonbondedException,
    System, Torsion,
};
