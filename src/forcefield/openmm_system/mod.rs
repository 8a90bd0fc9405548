//! Molecules with the parameters of another program: a serialized OpenMM `System` with the PDB or mmCIF file of its topology.
//!
//! The file is what `openmm.XmlSerializer.serialize(system)` writes, of OpenMM 7 and 8. Nothing is assigned: every parameter
//! is the file's, atoms keep their order. What saltus cannot compute is refused by class and content.

mod attributes;
mod bonded;
mod born;
mod correction_map;
mod custom;
mod document;
mod error;
mod expression;
mod nonbonded;
mod pairs;
mod particles;
mod reading;
mod refusal;
mod torsion;

pub use document::{SerializedSystem, read_str};
pub use error::OpenmmSystemError;
pub use reading::BondedPair;

use std::path::Path;

use super::system::System;
use crate::topology::{Molecule, pdb};

/// A molecule whose parameters come from elsewhere, in the atom order of its files.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignMolecule {
    /// Atoms, residues and bonds as the files have them, and positions.
    pub molecule: Molecule,
    /// Its parameters.
    pub system: System,
    /// What of the files has no effect here, a sentence each.
    pub notes: Vec<String>,
}

/// Reads a serialized `System` and the PDB or mmCIF file of its topology and positions.
///
/// # Errors
/// A file that cannot be read; forces that are not taken, with their line; two files that are not of one molecule.
pub fn read(system: &Path, pdb: &Path) -> Result<ForeignMolecule, OpenmmSystemError> {
    let bytes = std::fs::read(system).map_err(|source| OpenmmSystemError::Unreadable {
        path: system.to_owned(),
        source,
    })?;
    let name = system.display().to_string();
    let serialized = read_str(&String::from_utf8_lossy(&bytes), &name)?;
    let mut molecule = pdb::read_verbatim(pdb)?;
    let [n_particles, n_atoms] = [serialized.system.n_atoms(), molecule.topology.n_atoms()];
    if n_particles != n_atoms {
        return Err(OpenmmSystemError::Sizes {
            system: system.to_owned(),
            n_particles,
            pdb: pdb.to_owned(),
            n_atoms,
        });
    }
    error::check_masses(&molecule.topology, &serialized.system, [system, pdb])?;
    let pairs = serialized.bonded_pairs.iter();
    let pairs = pairs.map(|pair| (pair.atoms, pair.length_nm));
    molecule.complete_bonds(pairs);
    Ok(ForeignMolecule {
        molecule,
        system: serialized.system,
        notes: serialized.notes,
    })
}
