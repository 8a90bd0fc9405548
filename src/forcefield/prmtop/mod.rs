//! AMBER's parameter and topology files (prmtop, parm7): a molecule with all its parameters, as tleap, ParmEd and CHAMBER write them.
//!
//! The format: <https://ambermd.org/prmtop.pdf>. Solvent and constraints are no matter of the file but of [`SystemOptions`](super::SystemOptions).

mod atoms;
mod bonded;
mod dihedrals;
pub(super) mod error;
mod file;
mod format;
mod lennard_jones;
mod maps;
mod pairs;
mod pointers;
mod sections;
mod unsupported;

pub use error::{PrmtopError, PrmtopFault};
pub use file::Prmtop;
