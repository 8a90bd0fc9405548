//! The order of a residue's atoms: the file's, and what the file lacks after the atom it belongs to.

use super::record::RawResidue;
use crate::topology::element::Element;
use crate::topology::residue_library::{ResidueTemplate, TemplateAtom, bonds_among};

/// The template's atoms in the order of the file. An added hydrogen follows its heavy atom and the hydrogens that stand right after that
/// one, an added OXT follows O.
pub(super) fn arrange(
    mut rows: Vec<TemplateAtom>,
    raw: &RawResidue,
    template: &ResidueTemplate,
) -> Vec<TemplateAtom> {
    let bonds = bonds_among(template, &rows);
    let bonded = |a: &str, b: &str| {
        bonds
            .iter()
            .any(|[x, y]| (x == a && y == b) || (x == b && y == a))
    };
    let is_hydrogen = |name: &str| {
        rows.iter()
            .any(|row| row.name == name && row.element == Element::HYDROGEN)
    };
    let mut names: Vec<String> = raw.atoms.iter().map(|atom| atom.name.clone()).collect();
    for row in rows.iter().filter(|row| !raw.has(&row.name)) {
        let anchor = if row.name == "OXT" {
            names.iter().position(|name| name == "O")
        } else {
            names.iter().position(|name| bonded(name, &row.name))
        };
        let anchor = anchor.expect("invariant: the heavy atoms of a residue are in the file");
        let mut place = anchor + 1;
        while names
            .get(place)
            .is_some_and(|name| is_hydrogen(name) && bonded(name, &names[anchor]))
        {
            place += 1;
        }
        names.insert(place, row.name.clone());
    }
    rows.sort_by_key(|row| names.iter().position(|name| *name == row.name));
    rows
}
