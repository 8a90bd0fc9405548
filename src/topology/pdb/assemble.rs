//! Residues of a PDB file to a molecule: variants, names, completeness, bonds. Reads no column.

use super::disulfides;
use super::error::PdbError;
use super::missing::Incomplete;
use super::names::{normalize_spelling, rename_atoms, residue_name, variant};
use super::record::Records;
use super::residues::{RawResidue, group};
use crate::topology::blueprint::{add_peptide_bond, add_residue_bonds};
use crate::topology::internal_coordinates::{Point, point};
use crate::topology::residue_library::{ResidueLibrary, ResidueTemplate, TemplateAtom, nearest};
use crate::topology::{Atom, Element, Molecule, Residue, Topology};
use std::collections::HashMap;

/// C-N distance in nm beyond which two residues are not joined.
const PEPTIDE_BOND_LIMIT_NM: f64 = 0.25;

/// A molecule being put together.
#[derive(Default)]
struct Assembly {
    topology: Topology,
    rows: Vec<TemplateAtom>,
    positions: Vec<Option<Point>>,
    index_of_serial: HashMap<i64, usize>,
}

/// Make the molecule of a file's records.
pub(super) fn assemble(mut records: Records, file: &str) -> Result<Molecule, PdbError> {
    let mut residues = group(std::mem::take(&mut records.atoms), file);
    if residues.is_empty() {
        return Err(PdbError::NoAtoms {
            file: file.to_owned(),
        });
    }
    check_residues(&residues, file)?;
    residues.iter_mut().for_each(normalize_spelling);
    let disulfides = disulfides::find(&residues, &records, file)?;
    let numbers = numbers(&residues, file);
    let mut assembly = Assembly::default();
    for index in 0..residues.len() {
        let bonded = disulfides.iter().flatten().any(|&member| member == index);
        let residue = &mut residues[index];
        assembly.add_residue(residue, bonded, numbers[index], file)?;
    }
    for index in 1..residues.len() {
        assembly.join(&residues, index, file)?;
    }
    for &pair in &disulfides {
        assembly.join_sulfurs(pair);
    }
    assembly.topology.bonds.sort_unstable();
    assembly.check_conect(&records, file)?;
    Ok(assembly.finish(file))
}

/// Every residue known, caps at the ends.
fn check_residues(residues: &[RawResidue], file: &str) -> Result<(), PdbError> {
    let unknown = |residue: &&RawResidue| residue_name(&residue.name).is_none();
    if let Some(first) = residues.iter().find(unknown) {
        let mut others: Vec<String> = residues
            .iter()
            .filter(unknown)
            .filter(|residue| residue.name != first.name)
            .map(|residue| residue.label())
            .collect();
        others.dedup();
        return Err(PdbError::UnknownResidue {
            file: file.to_owned(),
            line: first.line(),
            residue: first.label(),
            nearest: ResidueLibrary::get().nearest_name(&first.name).to_owned(),
            others: if others.is_empty() {
                String::new()
            } else {
                format!("; also unknown: {}", others.join(", "))
            },
        });
    }
    let misplaced = residues.iter().find(|residue| {
        let name = residue_name(&residue.name);
        (name == Some("ACE") && (!residue.first || residue.last))
            || (matches!(name, Some("NME" | "NHE")) && (!residue.last || residue.first))
    });
    misplaced.map_or(Ok(()), |residue| {
        Err(PdbError::MisplacedCap {
            file: file.to_owned(),
            line: residue.line(),
            residue: residue.label(),
        })
    })
}

/// Residue numbers: as in the file, shifted where insertion codes would make two residues share one.
fn numbers(residues: &[RawResidue], file: &str) -> Vec<i32> {
    let mut shift = 0;
    let mut numbers: Vec<i32> = Vec::with_capacity(residues.len());
    for (index, residue) in residues.iter().enumerate() {
        let (chain, number, insertion) = residue.id;
        let previous = index.checked_sub(1).map(|before| &residues[before]);
        if previous.is_none_or(|before| before.id.0 != chain) {
            shift = 0;
        }
        let collides = previous.is_some_and(|before| {
            before.id.0 == chain && number + shift <= numbers[index - 1] && insertion != ' '
        });
        if collides {
            shift = numbers[index - 1] + 1 - number;
            log::warn!(
                "{file}:{}: residue {} has an insertion code: it and those after it are renumbered by {shift}",
                residue.line(),
                residue.label()
            );
        }
        numbers.push(number + shift);
    }
    numbers
}

impl Assembly {
    fn add_residue(
        &mut self,
        raw: &mut RawResidue,
        bonded_sulfur: bool,
        number: i32,
        file: &str,
    ) -> Result<(), PdbError> {
        let name = residue_name(&raw.name).expect("invariant: residues were checked");
        let name = variant(name, raw, bonded_sulfur);
        if name == "CYX" && !bonded_sulfur {
            return Err(PdbError::Disulfide {
                file: file.to_owned(),
                line: raw.line(),
                detail: format!(
                    "residue {} is bonded cysteine, but no sulfur is within 0.25 nm and no SSBOND or CONECT names its partner: add the record, or call the residue CYS",
                    raw.label()
                ),
            });
        }
        let template = ResidueLibrary::get()
            .find(name)
            .expect("invariant: variants are in the library");
        let rows = ResidueLibrary::get().atoms(template, raw.first, raw.last);
        let known: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
        rename_atoms(raw, name, &known);
        check_atoms(raw, name, &rows, file)?;
        self.append(raw, template, rows, number, file);
        Ok(())
    }

    fn append(
        &mut self,
        raw: &RawResidue,
        template: &ResidueTemplate,
        rows: Vec<TemplateAtom>,
        number: i32,
        file: &str,
    ) {
        let residue_index = self.topology.residues.len();
        let start = self.topology.atoms.len();
        for row in &rows {
            let record = raw.atoms.iter().find(|atom| atom.name == row.name);
            if let Some(record) = record {
                warn_of_element(record.line, &record.element, row, file);
                if let Some(serial) = record.serial {
                    self.index_of_serial
                        .insert(serial, self.topology.atoms.len());
                }
            }
            self.positions
                .push(record.map(|record| point(record.position_nm)));
            self.topology.atoms.push(Atom {
                name: row.name.clone(),
                element: row.element,
                residue_index,
            });
        }
        self.topology.residues.push(Residue {
            name: template.name.clone(),
            chain: raw.id.0,
            number,
            atoms: start..self.topology.atoms.len(),
        });
        add_residue_bonds(&mut self.topology, template, &rows, residue_index);
        self.rows.extend(rows);
    }

    /// Bond a residue to the one before, if they are of one chain.
    fn join(&mut self, residues: &[RawResidue], index: usize, file: &str) -> Result<(), PdbError> {
        if residues[index].first {
            return Ok(());
        }
        let at = |residue: usize, name: &str| {
            let atom = self.topology.atom_index(residue, name);
            atom.and_then(|atom| self.positions[atom])
                .expect("invariant: backbone atoms were checked")
        };
        let distance_nm = (at(index - 1, "C") - at(index, "N")).norm();
        if distance_nm > PEPTIDE_BOND_LIMIT_NM {
            return Err(PdbError::ChainBreak {
                file: file.to_owned(),
                line: residues[index].line(),
                before: residues[index - 1].label(),
                after: residues[index].label(),
                distance_nm,
            });
        }
        add_peptide_bond(&mut self.topology, index);
        Ok(())
    }

    fn join_sulfurs(&mut self, pair: [usize; 2]) {
        let [i, j] = pair.map(|residue| {
            self.topology
                .atom_index(residue, "SG")
                .expect("invariant: bonded cysteines have SG")
        });
        self.topology.bonds.push([i.min(j), i.max(j)]);
    }

    fn check_conect(&self, records: &Records, file: &str) -> Result<(), PdbError> {
        for &(line, serials) in &records.conect {
            let atoms = serials.map(|serial| self.index_of_serial.get(&serial).copied());
            let [Some(i), Some(j)] = atoms else { continue };
            let bond = [i.min(j), i.max(j)];
            if self.topology.bonds.binary_search(&bond).is_err() {
                return Err(PdbError::UnknownBond {
                    file: file.to_owned(),
                    line,
                    first: self.topology.label(i),
                    second: self.topology.label(j),
                });
            }
        }
        Ok(())
    }

    fn finish(self, file: &str) -> Molecule {
        let n_missing = self.positions.iter().filter(|p| p.is_none()).count();
        if n_missing > 0 {
            log::info!("{file}: {n_missing} missing atoms (hydrogens, terminal OXT) added");
        }
        let positions = Incomplete::new(&self.topology, &self.rows, self.positions).complete();
        Molecule {
            topology: self.topology,
            positions: positions.into_iter().map(Into::into).collect(),
        }
    }
}

/// No unknown atom, none twice, no heavy one missing.
fn check_atoms(
    raw: &RawResidue,
    name: &str,
    rows: &[TemplateAtom],
    file: &str,
) -> Result<(), PdbError> {
    for (rank, atom) in raw.atoms.iter().enumerate() {
        if !rows.iter().any(|row| row.name == atom.name) {
            let names = rows.iter().map(|row| row.name.as_str());
            let hint = format!(
                "did you mean {}? {name} has {}",
                nearest(&atom.name, names.clone()),
                names.collect::<Vec<_>>().join(" ")
            );
            return Err(PdbError::UnknownAtom {
                file: file.to_owned(),
                line: atom.line,
                atom: atom.name.clone(),
                residue: raw.label(),
                hint,
            });
        }
        if raw.atoms[..rank]
            .iter()
            .any(|other| other.name == atom.name)
        {
            return Err(PdbError::DuplicateAtom {
                file: file.to_owned(),
                line: atom.line,
                atom: atom.name.clone(),
                residue: raw.label(),
            });
        }
    }
    let missing: Vec<&str> = rows
        .iter()
        .filter(|row| row.element != Element::HYDROGEN && row.name != "OXT")
        .filter(|row| !raw.has(&row.name))
        .map(|row| row.name.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(PdbError::MissingHeavyAtoms {
        file: file.to_owned(),
        line: raw.line(),
        residue: raw.label(),
        atoms: missing.join(", "),
    })
}

/// Names decide; an element column that contradicts them is probably a shifted line.
fn warn_of_element(line: usize, stated: &str, row: &TemplateAtom, file: &str) {
    let hydrogen = row.element == Element::HYDROGEN && stated == "D";
    if !hydrogen && !stated.is_empty() && !row.element.symbol().eq_ignore_ascii_case(stated) {
        log::warn!(
            "{file}:{line}: atom {} is taken as {}, not as '{stated}' (columns 77-78)",
            row.name,
            row.element.symbol()
        );
    }
}
