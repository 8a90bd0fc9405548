//! Atoms, elements, residues and masses of a prmtop.

use super::error::{PrmtopError, PrmtopFault};
use super::pointers::Pointers;
use super::sections::{Entries, Expected, Sections};
use crate::forcefield::limits::Limits;
use crate::topology::{Atom, Element, Residue, Topology};

/// A mass this near a standard atomic weight, in Da, is that element's.
const SAME_ELEMENT_DA: f64 = 0.3;

/// Atoms and residues in the order of the file, bonds to be added; masses in Da.
pub(super) fn read(
    sections: &Sections,
    pointers: &Pointers,
) -> Result<(Topology, Vec<f64>), PrmtopError> {
    let names = sections.texts("ATOM_NAME", pointers.of_atoms())?;
    let residues = residues(sections, pointers)?;
    let masses = sections.reals("MASS", pointers.of_atoms())?;
    let masses_da = masses.all_plausible(1.0, &Limits::MASS)?;
    let elements = elements(sections, pointers, &names, &masses)?;
    let mut atoms = Vec::with_capacity(names.len());
    for (residue_index, residue) in residues.iter().enumerate() {
        atoms.extend(residue.atoms.clone().map(|atom| Atom {
            name: names[atom].to_owned(),
            element: elements[atom],
            residue_index,
        }));
    }
    let topology = Topology {
        atoms,
        residues,
        ..Topology::default()
    };
    Ok((topology, masses_da))
}

/// Residues with the names of the file, numbered from 1 in one chain unless the file has numbers of its own.
fn residues(sections: &Sections, pointers: &Pointers) -> Result<Vec<Residue>, PrmtopError> {
    let of_residues =
        Expected::Exactly(pointers.residues, "one for each of NRES in %FLAG POINTERS");
    let names = sections.texts("RESIDUE_LABEL", of_residues)?;
    let first = sections.integers("RESIDUE_POINTER", of_residues)?;
    let numbers = match sections.has("RESIDUE_NUMBER") {
        true => Some(sections.integers("RESIDUE_NUMBER", of_residues)?),
        false => None,
    };
    let chains = match sections.has("RESIDUE_CHAINID") {
        true => sections.texts("RESIDUE_CHAINID", of_residues)?,
        false => Vec::new(),
    };
    let mut starts = Vec::with_capacity(names.len() + 1);
    for entry in 0..names.len() {
        let start = first.index(entry, pointers.atoms, "an atom")?;
        let ascends = starts.last().map_or(start == 0, |&last| start > last);
        if !ascends {
            let expected = "the first atom of a residue, after those of the residue before,";
            return Err(first.fault(entry, expected));
        }
        starts.push(start);
    }
    starts.push(pointers.atoms);
    let number = |index: usize| {
        let own = numbers.as_ref().map(|numbers| numbers.values[index]);
        let counted = i64::try_from(index + 1).unwrap_or(i64::MAX);
        i32::try_from(own.unwrap_or(counted)).unwrap_or(i32::MAX)
    };
    let residue = |(index, name): (usize, &&str)| Residue {
        name: (*name).to_owned(),
        chain: chains
            .get(index)
            .and_then(|chain| chain.chars().next())
            .unwrap_or('A'),
        number: number(index),
        atoms: starts[index]..starts[index + 1],
    };
    Ok(names.iter().enumerate().map(residue).collect())
}

/// From `ATOMIC_NUMBER`, or from masses and names where an old file has none.
fn elements(
    sections: &Sections,
    pointers: &Pointers,
    names: &[&str],
    masses: &Entries<'_, f64>,
) -> Result<Vec<Element>, PrmtopError> {
    if !sections.has("ATOMIC_NUMBER") {
        let element = |(atom, name): (usize, &&str)| {
            by_mass(name, masses.values[atom]).ok_or_else(|| {
                let what = format!(
                    "atom {} ({name}) of {} Da: mass and name do not tell its element",
                    atom + 1,
                    masses.values[atom]
                );
                let remedy = "add %FLAG ATOMIC_NUMBER (ParmEd: `addAtomicNumber`, `outparm`), or undo a hydrogen mass repartitioning (`HMassRepartition 1.008`)";
                let remedy = remedy.to_owned();
                sections.fault(sections.line("MASS"), PrmtopFault::Unsupported { what, remedy })
            })
        };
        return names.iter().enumerate().map(element).collect();
    }
    let numbers = sections.integers("ATOMIC_NUMBER", pointers.of_atoms())?;
    let element = |(entry, &number): (usize, &i64)| {
        let known = u8::try_from(number).ok().and_then(Element::from_number);
        known.ok_or_else(|| {
            let expected = match number <= 0 {
                true => "an element (extra points and dummy atoms are not supported)",
                false => "an element of peptides and their ligands",
            };
            numbers.fault(entry, expected)
        })
    };
    numbers.values.iter().enumerate().map(element).collect()
}

/// The element of that mass whose symbol the name begins with.
fn by_mass(name: &str, mass_da: f64) -> Option<Element> {
    let letters = name.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let begins = |symbol: &str| {
        let beginning = letters.get(..symbol.len());
        beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(symbol))
    };
    Element::all().find(|element| {
        (element.mass_da() - mass_da).abs() < SAME_ELEMENT_DA && begins(element.symbol())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mass_and_name_have_to_agree() {
        let symbol = |name, mass| by_mass(name, mass).map(Element::symbol);
        assert_eq!(symbol("CA", 12.01), Some("C"));
        assert_eq!(symbol("CA", 40.08), Some("Ca"));
        assert_eq!(symbol("Cl-", 35.45), Some("Cl"));
        assert_eq!(symbol("1HB", 1.008), Some("H"));
        // Hydrogen mass repartitioning: an amide's nitrogen weighs as much as carbon.
        assert_eq!(symbol("N", 11.994), None);
        assert_eq!(symbol("H", 3.024), None);
    }
}
