//! Force fields: reading OpenMM's XML, assigning parameters, and one file for each energy term.

mod system;

pub use system::{
    Angle, Bond, BornModel, DistanceConstraint, ImplicitSolvent, Nonbonded, NonbondedException,
    System, Torsion,
};
