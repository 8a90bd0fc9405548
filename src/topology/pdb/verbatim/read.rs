//! Records to a molecule, one atom a record, in the order of the file.

use crate::topology::pdb::source::Source;
use std::collections::HashMap;

use crate::topology::element::Element;
use crate::topology::pdb::error::PdbError;
use crate::topology::pdb::numbers;
use crate::topology::pdb::record::{AtomRecord, RawResidue, Records};
use crate::topology::{Atom, Molecule, Residue, Topology};

/// The molecule of a file's records with the bonds of those of them that name atoms by number (CONECT).
pub(in crate::topology::pdb) fn read(
    mut records: Records,
    file: Source<'_>,
) -> Result<Molecule, PdbError> {
    let residues = group(std::mem::take(&mut records.atoms), file)?;
    if residues.is_empty() {
        return Err(PdbError::NoAtoms {
            file: file.to_string(),
            expected: file.words.atoms,
        });
    }
    let numbers = numbers::assign(&residues, file);
    let mut molecule = Molecule::default();
    let mut index_of_serial = HashMap::new();
    for (raw, place) in residues.iter().zip(numbers) {
        add(&mut molecule, raw, place, &mut index_of_serial, file)?;
    }
    molecule.topology.bonds = conect(&records, &index_of_serial);
    Ok(molecule)
}

/// Atoms side by side with the same chain, number, name and segment are a residue.
fn group(atoms: Vec<AtomRecord>, file: Source<'_>) -> Result<Vec<RawResidue>, PdbError> {
    let mut residues: Vec<RawResidue> = Vec::new();
    for atom in atoms {
        let last = residues.last_mut();
        let same_segment = |residue: &&mut RawResidue| residue.atoms[0].segment == atom.segment;
        if let Some(residue) = last.filter(same_segment)
            && residue.id == atom.id
            && residue.name == atom.residue_name
        {
            let mut others = residue.atoms.iter();
            if others.any(|other| other.name == atom.name && other.altloc != atom.altloc) {
                return Err(PdbError::AlternateLocation {
                    file: file.to_string(),
                    line: atom.line,
                    atom: format!("{} of {}", atom.name, residue.label()),
                });
            }
            residue.atoms.push(atom);
            continue;
        }
        let first = residues.last().is_none_or(|before| {
            before.atoms[0].segment != atom.segment || before.id.0 != atom.id.0
        });
        if first && let Some(before) = residues.last_mut() {
            before.last = true;
        }
        residues.push(RawResidue {
            name: atom.residue_name.clone(),
            id: atom.id,
            atoms: vec![atom],
            first,
            last: false,
            closed: false,
            as_is: true,
            widowed: false,
        });
    }
    if let Some(last) = residues.last_mut() {
        last.last = true;
    }
    Ok(residues)
}

fn add(
    molecule: &mut Molecule,
    raw: &RawResidue,
    (chain, number): (char, i32),
    index_of_serial: &mut HashMap<i64, usize>,
    file: Source<'_>,
) -> Result<(), PdbError> {
    let topology: &mut Topology = &mut molecule.topology;
    let start = topology.atoms.len();
    for record in &raw.atoms {
        if let Some(serial) = record.serial {
            index_of_serial.insert(serial, topology.atoms.len());
        }
        let element =
            Element::from_symbol(&record.element).ok_or_else(|| PdbError::UnknownElement {
                file: file.to_string(),
                line: record.line,
                atom: format!("{} of {}", record.name, raw.label()),
                place: file.words.element,
                got: record.element.clone(),
            })?;
        topology.atoms.push(Atom {
            name: record.name.clone(),
            element,
            residue_index: topology.residues.len(),
        });
        molecule.positions.push(record.position_nm);
    }
    topology.residues.push(Residue {
        name: raw.name.clone(),
        chain,
        number,
        atoms: start..topology.atoms.len(),
    });
    Ok(())
}

fn conect(records: &Records, index_of_serial: &HashMap<i64, usize>) -> Vec<[usize; 2]> {
    let pairs = records.conect.iter().filter_map(|(_, serials)| {
        let [i, j] = serials.map(|serial| index_of_serial.get(&serial).copied());
        let (i, j) = (i?, j?);
        (i != j).then(|| [i.min(j), i.max(j)])
    });
    let mut bonds: Vec<[usize; 2]> = pairs.collect();
    bonds.sort_unstable();
    bonds.dedup();
    bonds
}
