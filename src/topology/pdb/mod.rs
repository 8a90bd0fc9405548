//! PDB and mmCIF files as users have them to molecules, and back to PDB: two readers of records (`columns`, `mmcif`), one way from them.

mod assemble;
mod bonds;
mod caps;
mod cell;
mod checks;
mod choices;
mod columns;
mod error;
mod hydrogens;
mod mmcif;
mod names;
mod numbers;
mod order;
mod record;
mod residues;
mod source;
mod verbatim;
mod whole;
mod write;

pub use error::PdbError;
pub use mmcif::CifFault;
pub use write::write;

use super::Molecule;
use record::Records;
use source::Source;
use std::path::Path;

/// Read the peptides of a PDB or mmCIF file; which of the two it is, its text says.
///
/// Taken: the first model or frame; of alternate locations the one of highest occupancy in its residue (the first on a tie). Names of the
/// PDB (old and new), AMBER, CHARMM and GROMACS are understood, hydrogens of any name by the atom next to them; protonation states
/// follow the hydrogens present. Missing hydrogens and the terminal OXT are added; ends without caps are charged. Waters are dropped.
/// What is said here of CONECT, LINK, SSBOND, TER and CRYST1 holds for `_chem_comp_bond`, `_struct_conn`, another `label_asym_id` and `_cell`
/// of mmCIF too, whose residues have the names and numbers of the `auth_` items.
///
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
    read_str(&text_of(path)?, &path.display().to_string())
}

/// Read the peptides of PDB or mmCIF text; `name` stands for the file in messages. As [`read`].
///
/// # Errors
/// As [`read`].
pub fn read_str(text: &str, name: &str) -> Result<Molecule, PdbError> {
    let (records, source) = records(text, name)?;
    assemble::assemble(records, source)
}

/// The text of a file, which may hold other bytes in its remarks.
fn text_of(path: &Path) -> Result<String, PdbError> {
    let bytes = std::fs::read(path).map_err(|source| PdbError::Io {
        path: path.to_owned(),
        source,
    })?;
    let head = &bytes[..bytes.len().min(64)];
    let packed = |format, remedy| PdbError::Packed {
        path: path.to_owned(),
        format,
        remedy,
    };
    if head.starts_with(&[0x1f, 0x8b]) {
        return Err(packed("packed by gzip", "unpack it with `gunzip`"));
    }
    if head.windows(7).any(|word| word == b"encoder") {
        return Err(packed(
            "BinaryCIF",
            "take the text of the same entry, `.cif`",
        ));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The records of a text in either format.
fn records<'a>(text: &str, name: &'a str) -> Result<(Records, Source<'a>), PdbError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if mmcif::is_mmcif(text) {
        let source = Source::mmcif(name);
        Ok((mmcif::parse(text, source)?, source))
    } else {
        let source = Source::pdb(name);
        Ok((columns::parse(text, source)?, source))
    }
}

/// Read a molecule whose parameters come from elsewhere: every atom of the first model in the order of the file, with its names and
/// the bonds of its CONECT records (mmCIF: `_chem_comp_bond`, and `_struct_conn` within a residue). Nothing is added, dropped or renamed, and no residue need be known.
///
/// # Errors
/// [`PdbError`] with file and line: no atoms, numbers that are none, elements that are not known, alternate locations.
pub fn read_verbatim(path: &Path) -> Result<Molecule, PdbError> {
    read_verbatim_str(&text_of(path)?, &path.display().to_string())
}

/// Read PDB or mmCIF text as [`read_verbatim`] does; `name` stands for the file in messages.
///
/// # Errors
/// As [`read_verbatim`].
pub fn read_verbatim_str(text: &str, name: &str) -> Result<Molecule, PdbError> {
    let (records, source) = records(text, name)?;
    verbatim::read(records, source)
}
