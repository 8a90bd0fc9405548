//! Molecules that bring their parameters along, one function for each kind of source.

use std::path::Path;

use crate::forcefield::openmm_system::{self, ForeignMolecule, OpenmmSystemError};
use crate::forcefield::{Prmtop, System, SystemOptions};
use crate::topology::{Molecule, inpcrd};

use super::config::{InputFault, LoadedConfig};
use super::console::note;
use super::error::CliError;
use super::memory;

/// Reads a serialized System and its PDB or mmCIF file.
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

/// Reads a prmtop and its coordinates; solvent, constraints and hydrogen masses are those of the input. The second System has no
/// rigid bonds.
///
/// # Errors
/// A fault that points at the key of the file to blame.
pub(super) fn prmtop(
    loaded: &LoadedConfig,
    prmtop: &Path,
    coordinates: &Path,
    options: &SystemOptions,
) -> Result<(Molecule, [System; 2]), CliError> {
    let blame = |key: &str, error: String| loaded.source.fault_at(key, &error, "");
    let of_prmtop = |error: &dyn std::error::Error| blame("system.prmtop", error.to_string());
    let parameters = Prmtop::read(&loaded.resolve(prmtop)).map_err(|error| of_prmtop(&error))?;
    memory::announce(parameters.topology().n_atoms());
    let flexible_options = SystemOptions {
        constrain_hydrogen_bonds: false,
        ..options.clone()
    };
    let system = |options| {
        parameters
            .system(options)
            .map_err(|error| of_prmtop(&error))
    };
    let systems = [system(options)?, system(&flexible_options)?];
    let molecule = inpcrd::read_molecule(parameters.topology(), &loaded.resolve(coordinates))
        .map_err(|error| blame("system.coordinates", error.to_string()))?;
    Ok((molecule, systems))
}
