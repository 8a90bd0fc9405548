//! Force fields: reading OpenMM's XML, assigning parameters, and one file for each energy term.

pub mod angle;
mod assign;
mod assign_nonbonded;
mod assign_torsion;
pub mod bond;
mod definition;
mod error;
pub mod generalized_born;
mod implicit;
mod implicit_neck;
mod implicit_radii;
mod limits;
mod neck_tables;
pub mod nonbonded;
mod options;
mod reference;
pub mod surface_area;
mod system;
mod template;
mod template_choice;
pub mod torsion;
mod xml;
mod xml_error;
mod xml_files;
mod xml_forces;
mod xml_residues;

pub use definition::ForceField;
pub use error::ForceFieldError;
pub use options::{HYDROGEN_MASS_DA, SystemOptions};
pub use reference::{TermEnergies, reference_energies};
pub use system::{
    Angle, Bond, BornModel, DistanceConstraint, ImplicitSolvent, Nonbonded, NonbondedException,
    System, Torsion,
};
pub use xml_error::{Location, XmlError, XmlFault};
