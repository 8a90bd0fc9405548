//! Residues of a file to a molecule: variants, names, completeness, bonds.

use super::bonds::{contacts, disulfides, links, rings};
use super::checks::{check_atoms, check_residues, warn_of_element};
use super::choices::Choices;
use super::error::PdbError;
use super::hydrogens::missing::Incomplete;
use super::hydrogens::names::{ACID_PROTON, settle};
use super::names::{normalize_spelling, rename_atoms, residue_name, variant};
use super::numbers;
use super::order::arrange;
use super::record::{RawResidue, Records, ResidueId, place};
use super::residues::group;
use super::source::Source;
use super::whole::Placed;
use crate::topology::building::blueprint::{add_peptide_bond, add_residue_bonds};
use crate::topology::chirality::mirrored_residues;
use crate::topology::element::Element;
use crate::topology::internal_coordinates::{Point, point};
use crate::topology::residue_library::{ResidueLibrary, ResidueTemplate, TemplateAtom};
use crate::topology::{Atom, Molecule, Residue, Topology};
use std::collections::HashMap;

/// C-N distance in nm beyond which two residues are not joined.
const PEPTIDE_BOND_LIMIT_NM: f64 = 0.25;

/// A molecule being put together.
struct Assembly<'a> {
    file: Source<'a>,
    records: &'a Records,
    topology: Topology,
    rows: Vec<TemplateAtom>,
    positions: Vec<Option<Point>>,
    /// Line of every atom, `None` for those that the file lacks.
    lines: Vec<Option<usize>>,
    index_of_serial: HashMap<i64, usize>,
    choices: Choices,
}

/// Make the molecule of a file's records.
pub(super) fn assemble(mut records: Records, file: Source<'_>) -> Result<Molecule, PdbError> {
    let atoms = std::mem::take(&mut records.atoms);
    let mut residues = group(atoms, records.cell.as_ref(), file);
    if residues.is_empty() {
        return Err(PdbError::NoAtoms {
            file: file.to_string(),
            expected: file.words.atoms,
        });
    }
    residues.iter_mut().for_each(normalize_spelling);
    links::mark(&mut residues, &records);
    check_residues(&residues, file)?;
    let disulfides = disulfides::find(&residues, &records, file)?;
    let rings = rings::find(&mut residues, &records, file);
    let numbers = numbers::assign(&residues, file);
    let mut assembly = Assembly::new(&records, file);
    for &index in &disulfides.widowed {
        "CYS".clone_into(&mut residues[index].name);
        residues[index].widowed = true;
    }
    for index in 0..residues.len() {
        let mut paired = disulfides.pairs.iter().flatten();
        let bonded = paired.any(|&member| member == index);
        assembly.add_residue(&mut residues[index], bonded, numbers[index])?;
    }
    for index in 1..residues.len() {
        assembly.join(&residues, index)?;
    }
    for [first, last] in rings {
        add_peptide_bond(&mut assembly.topology, last, first);
    }
    for &pair in &disulfides.pairs {
        assembly.join_sulfurs(pair);
    }
    assembly.join_recorded(&residues);
    assembly.topology.bonds.sort_unstable();
    assembly.topology.bonds.dedup();
    assembly.check_conect()?;
    assembly.check_links(&residues)?;
    assembly.finish()
}

impl<'a> Assembly<'a> {
    fn new(records: &'a Records, file: Source<'a>) -> Self {
        Self {
            file,
            records,
            topology: Topology::default(),
            rows: Vec::new(),
            positions: Vec::new(),
            lines: Vec::new(),
            index_of_serial: HashMap::new(),
            choices: Choices::default(),
        }
    }

    fn add_residue(
        &mut self,
        raw: &mut RawResidue,
        bonded_sulfur: bool,
        place: (char, i32),
    ) -> Result<(), PdbError> {
        if raw.as_is {
            return self.add_as_is(raw, place);
        }
        settle(raw, bonded_sulfur, self.records.cell.as_ref());
        if raw.has(ACID_PROTON) {
            raw.atoms.retain(|atom| atom.name != ACID_PROTON);
            self.choices.acid(raw);
        }
        let stated = residue_name(&raw.name).expect("invariant: residues were checked");
        let name = variant(stated, raw, bonded_sulfur);
        if name == "CYX" && !bonded_sulfur {
            return Err(PdbError::Disulfide {
                file: self.file.to_string(),
                line: raw.line(),
                detail: format!(
                    "residue {} is bonded cysteine, but no sulfur is within 0.25 nm and no {} names its partner: add one, or call the residue CYS",
                    raw.label(),
                    self.file.words.disulfides
                ),
            });
        }
        let template = ResidueLibrary::get()
            .find(name)
            .expect("invariant: variants are in the library");
        let rows = ResidueLibrary::get().atoms(template, raw.is_n_terminal(), raw.is_c_terminal());
        let known: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
        rename_atoms(raw, name, &known);
        check_atoms(raw, name, &rows, self.file)?;
        self.choices.residue(raw, stated, name);
        let rows = arrange(rows, raw, template);
        self.append(raw, name, Some(template), rows, place);
        Ok(())
    }

    /// The residue with the atoms of the file; bonds of its template among them, where it has one, and of the records.
    fn add_as_is(&mut self, raw: &mut RawResidue, place: (char, i32)) -> Result<(), PdbError> {
        let library = ResidueLibrary::get();
        let template = residue_name(&raw.name).and_then(|name| library.find(name));
        let known =
            template.map_or_else(Vec::new, |template| library.atoms(template, false, false));
        if let Some(template) = template {
            let names: Vec<String> = known.iter().map(|row| row.name.clone()).collect();
            rename_atoms(raw, &template.name, &names);
        }
        let mut rows = Vec::with_capacity(raw.atoms.len());
        for atom in &raw.atoms {
            let row = known.iter().find(|row| row.name == atom.name).cloned();
            let symbol = if atom.element == "D" {
                "H"
            } else {
                &atom.element
            };
            let stated = Element::from_symbol(symbol).map(|element| TemplateAtom {
                name: atom.name.clone(),
                element,
                references: None,
                length_nm: 0.0,
                angle_rad: 0.0,
                torsion_rad: 0.0,
            });
            let Some(row) = row.or(stated) else {
                return Err(PdbError::UnknownAtom {
                    file: self.file.to_string(),
                    line: atom.line,
                    atom: atom.name.clone(),
                    residue: raw.label(),
                    hint: format!(
                        "its element is '{}', expected the symbol of one in {}",
                        atom.element, self.file.words.element
                    ),
                });
            };
            rows.push(row);
        }
        self.choices.as_is();
        let name = template.map_or(raw.name.as_str(), |template| template.name.as_str());
        self.append(raw, name, template, rows, place);
        Ok(())
    }

    /// Bonds that records give residues taken as they are.
    fn join_recorded(&mut self, residues: &[RawResidue]) {
        let mut bonds = Vec::new();
        for (_, serials) in &self.records.conect {
            if let [Some(&i), Some(&j)] = serials.map(|serial| self.index_of_serial.get(&serial)) {
                bonds.push([i, j]);
            }
        }
        for link in self.records.links.iter().filter(|link| link.same_image) {
            let ends = link.ends.each_ref();
            if let [Some(i), Some(j)] = ends.map(|end| self.linked_atom(residues, end)) {
                bonds.push([i, j]);
            }
        }
        let as_is = |atom: usize| residues[self.topology.atoms[atom].residue_index].as_is;
        let new = bonds.into_iter().filter(|[i, j]| as_is(*i) || as_is(*j));
        let new: Vec<[usize; 2]> = new.map(|[i, j]| [i.min(j), i.max(j)]).collect();
        self.topology.bonds.extend(new);
    }

    fn append(
        &mut self,
        raw: &RawResidue,
        name: &str,
        template: Option<&ResidueTemplate>,
        rows: Vec<TemplateAtom>,
        (chain, number): (char, i32),
    ) {
        let residue_index = self.topology.residues.len();
        let start = self.topology.atoms.len();
        for row in &rows {
            let record = raw.atoms.iter().find(|atom| atom.name == row.name);
            if let Some(record) = record {
                warn_of_element(record.line, &record.element, row, self.file);
                if let Some(serial) = record.serial {
                    self.index_of_serial
                        .insert(serial, self.topology.atoms.len());
                }
            }
            self.positions
                .push(record.map(|record| point(record.position_nm)));
            self.lines.push(record.map(|record| record.line));
            self.topology.atoms.push(Atom {
                name: row.name.clone(),
                element: row.element,
                residue_index,
            });
        }
        self.topology.residues.push(Residue {
            name: name.to_owned(),
            chain,
            number,
            atoms: start..self.topology.atoms.len(),
        });
        if let Some(template) = template {
            add_residue_bonds(&mut self.topology, template, &rows, residue_index);
        }
        self.rows.extend(rows);
    }

    /// Bond a residue to the one before, if they are of one chain.
    fn join(&mut self, residues: &[RawResidue], index: usize) -> Result<(), PdbError> {
        if residues[index].first {
            return Ok(());
        }
        let as_is = residues[index].as_is || residues[index - 1].as_is;
        let at = |residue: usize, name: &str| {
            let atom = self.topology.atom_index(residue, name);
            atom.and_then(|atom| self.positions[atom])
        };
        let apart = match [at(index - 1, "C"), at(index, "N")] {
            [Some(carbon), Some(nitrogen)] => carbon - nitrogen,
            // Its records say how it is bonded.
            _ if as_is => return Ok(()),
            _ => unreachable!("invariant: backbone atoms were checked"),
        };
        let cell = self.records.cell.as_ref();
        let distance_nm = cell.map_or(apart, |cell| cell.shortest(apart)).norm();
        if distance_nm > PEPTIDE_BOND_LIMIT_NM && as_is {
            return Ok(());
        }
        if distance_nm > PEPTIDE_BOND_LIMIT_NM {
            return Err(PdbError::ChainBreak {
                file: self.file.to_string(),
                line: residues[index].line(),
                before: residues[index - 1].label().into(),
                after: residues[index].label().into(),
                distance_nm: apart.norm(),
                cell: self.file.words.cell,
                separate: self.file.words.separate,
            });
        }
        add_peptide_bond(&mut self.topology, index - 1, index);
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

    fn check_conect(&self) -> Result<(), PdbError> {
        for &(line, serials) in &self.records.conect {
            let atoms = serials.map(|serial| self.index_of_serial.get(&serial).copied());
            if let [Some(i), Some(j)] = atoms {
                self.check_bond(self.file.words.conect, line, [i, j])?;
            }
        }
        Ok(())
    }

    /// LINK records, rows of `_struct_conn`: of bonds that the molecule has, or of what is not in it.
    fn check_links(&self, residues: &[RawResidue]) -> Result<(), PdbError> {
        for link in &self.records.links {
            let found = link
                .ends
                .each_ref()
                .map(|end| self.linked_atom(residues, end));
            match found {
                [Some(i), Some(j)] if link.same_image => {
                    self.check_bond(self.file.words.link, link.line, [i, j])?;
                }
                _ => {
                    let [first, second] = link
                        .ends
                        .each_ref()
                        .map(|(id, name)| format!("{name} of {}", place(*id)));
                    log::warn!(
                        "{}:{}: {} from {first} to {second}: not both are read from this file, so the record is ignored",
                        self.file,
                        link.line,
                        self.file.words.link
                    );
                }
            }
        }
        Ok(())
    }

    fn linked_atom(
        &self,
        residues: &[RawResidue],
        (id, name): &(ResidueId, String),
    ) -> Option<usize> {
        let named = |index: &usize| residues[*index].id == *id;
        let mut candidates = (0..residues.len()).filter(named);
        candidates.find_map(|index| self.topology.atom_index(index, name))
    }

    fn check_bond(
        &self,
        record: &'static str,
        line: usize,
        [i, j]: [usize; 2],
    ) -> Result<(), PdbError> {
        let bond = [i.min(j), i.max(j)];
        if self.topology.bonds.binary_search(&bond).is_ok() {
            return Ok(());
        }
        Err(PdbError::UnknownBond {
            file: self.file.to_string(),
            line,
            record,
            first: self.topology.label(i),
            second: self.topology.label(j),
        })
    }

    fn finish(mut self) -> Result<Molecule, PdbError> {
        let mut placed = Placed {
            topology: &self.topology,
            positions: &mut self.positions,
            lines: &self.lines,
            file: self.file,
        };
        placed.make_whole(self.records.cell.as_ref())?;
        contacts::check(&self.topology, &self.positions, &self.lines, self.file)?;
        let n_missing = self.positions.iter().filter(|p| p.is_none()).count();
        let positions = Incomplete::new(&self.topology, &self.rows, self.positions).complete();
        let mut molecule = Molecule {
            topology: self.topology,
            positions: positions.into_iter().map(Into::into).collect(),
        };
        molecule.topology.mirrored_residues =
            mirrored_residues(&molecule.topology, &molecule.positions);
        self.choices.warn(&molecule, n_missing, self.file);
        Ok(molecule)
    }
}
