//! Force fields: reading OpenMM's XML, assigning parameters, and one file for each energy term.

pub mod angle;
mod assign;
pub mod bond;
pub mod correction_map;
mod error;
pub mod generalized_born;
pub mod harmonic_torsion;
mod limits;
pub mod nonbonded;
pub mod openmm_system;
mod options;
mod prmtop;
mod reference;
pub mod surface_area;
mod system;
pub mod torsion;
mod xml;

pub use error::ForceFieldError;
pub use options::{HYDROGEN_MASS_DA, SystemOptions};
pub use prmtop::{Prmtop, PrmtopError, PrmtopFault};
pub use reference::{TermEnergies, reference_energies};
pub use system::{
    Angle, Bond, BornModel, CorrectionMap, DistanceConstraint, HarmonicTorsion, ImplicitSolvent,
    MappedTorsions, Nonbonded, NonbondedException, System, Torsion,
};
pub use xml::builtin::Source as ForceFieldSource;
pub use xml::definition::ForceField;
pub use xml::error::{Location, XmlError, XmlFault};
