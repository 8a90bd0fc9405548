//! The atoms of a residue against its template: none unknown, none twice, no heavy one missing.

use crate::topology::element::Element;
use crate::topology::pdb::error::PdbError;
use crate::topology::pdb::record::{AtomRecord, RawResidue};
use crate::topology::pdb::source::Source;
use crate::topology::residue_library::{TemplateAtom, nearest};

/// No unknown atom, none twice, no heavy one missing.
pub(in crate::topology::pdb) fn check_atoms(
    raw: &RawResidue,
    name: &str,
    rows: &[TemplateAtom],
    file: Source<'_>,
) -> Result<(), PdbError> {
    let missing = missing_heavy(raw, rows);
    let unknown = |atom: &&AtomRecord| !rows.iter().any(|row| row.name == atom.name);
    let first = raw.atoms.iter().find(unknown);
    // What is lost of a side chain gives its neighbours hydrogens that it does not have.
    let consequence = |atom: &AtomRecord| !missing.is_empty() && atom.name.starts_with('H');
    if let Some(atom) = first.filter(|atom| !consequence(atom)) {
        let names = rows.iter().map(|row| row.name.as_str());
        let bridged = "its sulfur is in a disulfide, by a record or by the distance: remove the hydrogen if it is, else the record";
        let hint = if name == "CYX" && atom.name == "HG" {
            bridged.to_owned()
        } else {
            format!(
                "did you mean {}? {name} has {}",
                nearest(&atom.name, names.clone()),
                names.collect::<Vec<_>>().join(" ")
            )
        };
        return Err(PdbError::UnknownAtom {
            file: file.to_string(),
            line: atom.line,
            atom: atom.name.clone(),
            residue: raw.label(),
            hint,
        });
    }
    for (rank, atom) in raw.atoms.iter().enumerate() {
        let mut before = raw.atoms[..rank].iter();
        if before.any(|other| other.name == atom.name) {
            return Err(PdbError::DuplicateAtom {
                file: file.to_string(),
                line: atom.line,
                atom: atom.name.clone(),
                residue: raw.label(),
                alternate: file.words.alternate,
            });
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(PdbError::MissingHeavyAtoms {
        file: file.to_string(),
        line: raw.line(),
        residue: raw.label(),
        atoms: missing.join(", "),
    })
}

/// Heavy atoms that a residue should have; OXT is added.
fn missing_heavy<'r>(raw: &RawResidue, rows: &'r [TemplateAtom]) -> Vec<&'r str> {
    let heavy = rows
        .iter()
        .filter(|row| row.element != Element::HYDROGEN && row.name != "OXT");
    heavy
        .filter(|row| !raw.has(&row.name))
        .map(|row| row.name.as_str())
        .collect()
}

/// Names decide; an element column that contradicts them is probably a shifted line.
pub(in crate::topology::pdb) fn warn_of_element(
    line: usize,
    stated: &str,
    row: &TemplateAtom,
    file: Source<'_>,
) {
    let hydrogen = row.element == Element::HYDROGEN && stated == "D";
    if !hydrogen && !stated.is_empty() && !row.element.symbol().eq_ignore_ascii_case(stated) {
        log::warn!(
            "{file}:{line}: atom {} is taken as {}, not as '{stated}' ({})",
            row.name,
            row.element.symbol(),
            file.words.element
        );
    }
}
