//! PDB files as users have them to molecules, and back. Knows the legacy fixed-column format only, not mmCIF.

mod assemble;
mod bonds;
mod caps;
mod cell;
mod choices;
mod error;
mod hydrogens;
mod names;
mod numbers;
mod order;
mod record;
mod residues;
mod verbatim;
mod whole;
mod write;

pub use error::PdbError;
pub use write::write;

use super::Molecule;
use std::path::Path;

/// Read the peptides of a PDB file.
///
/// Taken: the first model or frame; of alternate locations the one of highest occupancy in its residue (the first on a tie). Names of the
/// PDB (old and new), AMBER, CHARMM and GROMACS are understood, hydrogens of any name by the atom next to them; protonation states
/// follow the hydrogens present. Missing hydrogens and the terminal OXT are added; ends without caps are charged. Waters are dropped.
/// Disulfides come from SSBOND, CONECT, or sulfur atoms closer than 0.25 nm; a head-to-tail ring from LINK, CONECT, or C and N of a
/// chain's ends closer than 0.175 nm. Names of D residues (`DPN`) are understood. A peptide bond holds across TER and a new chain letter.
/// A molecule that its periodic box (CRYST1) cuts is made whole.
///
/// Atoms are in the order of the file within their residues; those added follow the atom they are bonded to (OXT follows O).
/// A residue of unknown kind is taken as it is where CONECT records bond all its atoms, and so are residues that CONECT or LINK bonds to
/// others elsewhere than at a backbone or a disulfide (their hydrogens must be there): force fields match them by elements and bonds.
///
/// All but missing atoms is where the file has it; choices are logged as warnings.
///
/// # Errors
/// [`PdbError`] with file and line for whatever is wrong: no atoms, ions and ligands, unknown atoms, missing heavy atoms, chain breaks,
/// bonds of impossible length, heavy atoms at bonding distance that no bond joins.
pub fn read(path: &Path) -> Result<Molecule, PdbError> {
    let bytes = std::fs::read(path).map_err(|source| PdbError::Io {
        path: path.to_owned(),
        source,
    })?;
    read_str(
        &String::from_utf8_lossy(&bytes),
        &path.display().to_string(),
    )
}

/// Read the peptides of PDB text; `name` stands for the file in messages. As [`read`].
///
/// # Errors
/// As [`read`].
pub fn read_str(text: &str, name: &str) -> Result<Molecule, PdbError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    assemble::assemble(record::parse(text, name)?, name)
}

/// Read a molecule whose parameters come from elsewhere: every atom of the first model in the order of the file, with its names and
/// the bonds of its CONECT records. Nothing is added, dropped or renamed, and no residue need be known.
///
/// # Errors
/// [`PdbError`] with file and line: no atoms, numbers that are none, elements that are not known, alternate locations.
pub fn read_verbatim(path: &Path) -> Result<Molecule, PdbError> {
    let bytes = std::fs::read(path).map_err(|source| PdbError::Io {
        path: path.to_owned(),
        source,
    })?;
    read_verbatim_str(
        &String::from_utf8_lossy(&bytes),
        &path.display().to_string(),
    )
}

/// Read PDB text as [`read_verbatim`] does; `name` stands for the file in messages.
///
/// # Errors
/// As [`read_verbatim`].
pub fn read_verbatim_str(text: &str, name: &str) -> Result<Molecule, PdbError> {
    verbatim::read_str(text, name)
}
