//! Molecules that bring their parameters along, one function for each kind of source.

use std::path::Path;

use crate::forcefield::openmm_system::{self, ForeignMolecule, OpenmmSystemError};

use super::config::{InputFault, LoadedConfig};
use super::console::note;
use super::error::CliError;
use super::memory;

/// Reads a serialized System and its PDB file.
///
/// # Errors
/// A fault that points at the key of the file to blame.
pub(super) fn openmm_system(
    loaded: &LoadedConfig,
    system: &Path,
    pdb: &Path,
) -> Result<ForeignMolecule, CliError> {
    let blame = |error: OpenmmSystemError| -> InputFault {
        let key = match error {
            OpenmmSystemError::Pdb(_) => "system.pdb",
            _ => "system.openmm_system",
        };
        loaded.source.fault_at(key, &error.to_string(), "")
    };
    let read = openmm_system::read(&loaded.resolve(system), &loaded.resolve(pdb)).map_err(blame)?;
    memory::announce(read.molecule.topology.n_atoms());
    read.notes.iter().for_each(|sentence| note(sentence));
    Ok(read)
}
