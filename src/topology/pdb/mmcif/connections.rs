//! Bonds that a file states: `_struct_conn` as SSBOND and LINK records are, `_chem_comp_bond` of residues of unknown kind as CONECT is.

use super::atoms::Atoms;
use super::block::{Block, Row, Table};
use crate::topology::pdb::names::residue_name;
use crate::topology::pdb::record::{AtomRecord, Pair, Records, ResidueId};
use crate::topology::pdb::source::Source;
use std::collections::{BTreeMap, HashMap};

/// An end of a bond: residue and atom.
type End = (ResidueId, String);

/// Adds all bonds to the records.
pub(super) fn read(
    block: &Block<'_>,
    atoms: &Atoms<'_>,
    records: &mut Records,
    source: Source<'_>,
) {
    if let Some(table) = block.table("struct_conn") {
        let connections = Connections {
            partners: [1, 2].map(|n| Partner::of(table, n)),
            kind: table.column("conn_type_id"),
            atoms,
        };
        connections.read(table, records, source);
    }
    if let Some(table) = block.table("chem_comp_bond") {
        of_components(table, atoms, records);
    }
}

/// Where one end of a connection stands in a row.
struct Partner {
    /// Chain, number, insertion code.
    author: [Option<usize>; 3],
    /// Chain, number.
    label: [Option<usize>; 2],
    atom: Option<usize>,
    symmetry: Option<usize>,
}

impl Partner {
    fn of(table: &Table<'_>, n: usize) -> Self {
        let column = |item: &str| table.column(&item.replace('#', &n.to_string()));
        Self {
            author: [
                "ptnr#_auth_asym_id",
                "ptnr#_auth_seq_id",
                "pdbx_ptnr#_pdb_ins_code",
            ]
            .map(column),
            label: ["ptnr#_label_asym_id", "ptnr#_label_seq_id"].map(column),
            atom: column("ptnr#_label_atom_id"),
            symmetry: column("ptnr#_symmetry"),
        }
    }

    /// The residue and atom that it means; `None` where no row of `_atom_site` answers to it.
    fn end(&self, row: &Row<'_, '_>, atoms: &Atoms<'_>) -> Option<End> {
        let name = row.get(self.atom)?;
        let [chain, number, insertion] = self.author.map(|item| row.get(item));
        if let (true, Some(chain), Some(number)) = (atoms.by_author, chain, number) {
            let insertion = insertion.and_then(|code| code.chars().next());
            let chain = atoms.chains.letter(Some(chain));
            let id = (chain, number.parse().ok()?, insertion.unwrap_or(' '));
            return Some((id, name.to_owned()));
        }
        let [chain, number] = self.label.map(|item| row.get(item));
        let record = &atoms.records[*atoms.of_label.get(&(chain?, number?, name))?];
        Some((record.id, record.name.clone()))
    }
}

/// The table of connections.
struct Connections<'t, 'a> {
    partners: [Partner; 2],
    kind: Option<usize>,
    atoms: &'t Atoms<'a>,
}

impl Connections<'_, '_> {
    fn read(&self, table: &Table<'_>, records: &mut Records, source: Source<'_>) {
        let mut metals = Vec::new();
        for row in table.rows() {
            let kind = row.get(self.kind).unwrap_or("").to_ascii_lowercase();
            match kind.get(..6) {
                Some("disulf" | "covale" | "modres") => self.bond(&row, records, source),
                Some("metalc") => metals.push(row.line()),
                // Not of covalent bonds: hydrogen bonds, salt bridges, mismatched pairs.
                _ => {}
            }
        }
        if let Some(line) = metals.first() {
            log::warn!(
                "{source}:{line}: {} bonds to metals (metalc in _struct_conn) are not taken",
                metals.len()
            );
        }
    }

    fn bond(&self, row: &Row<'_, '_>, records: &mut Records, source: Source<'_>) {
        let line = row.line();
        let [Some(first), Some(second)] =
            self.partners.each_ref().map(|end| end.end(row, self.atoms))
        else {
            log::warn!(
                "{source}:{line}: _struct_conn joins atoms of which not both are in _atom_site: the row is ignored"
            );
            return;
        };
        let [one, other] = self.partners.each_ref().map(|end| row.get(end.symmetry));
        let same_image = one == other;
        let ends = [first, second];
        if ends[0].0 == ends[1].0 && same_image {
            let [first, second] = ends
                .each_ref()
                .map(|(id, name)| -> Vec<&AtomRecord> { self.atoms.named(*id, name).collect() });
            join(&first, &second, line, records);
        } else if ends.iter().all(|(_, name)| name == "SG") {
            records.ssbonds.push(Pair {
                line,
                ends: ends.map(|(id, _)| id),
                same_image,
            });
        } else {
            records.links.push(Pair {
                line,
                ends,
                same_image,
            });
        }
    }
}

/// Bonds of two atoms of one residue at each of their locations.
fn join(first: &[&AtomRecord], second: &[&AtomRecord], line: usize, records: &mut Records) {
    for one in first {
        for other in second {
            let together = one.altloc == other.altloc || one.altloc == ' ' || other.altloc == ' ';
            if let (true, Some(a), Some(b)) = (together, one.serial, other.serial) {
                records.conect.push((line, [a.min(b), a.max(b)]));
            }
        }
    }
}

/// Bonds of residues by their kind. Those of known kinds have them from their templates.
fn of_components(table: &Table<'_>, atoms: &Atoms<'_>, records: &mut Records) {
    let columns = ["comp_id", "atom_id_1", "atom_id_2"].map(|item| table.column(item));
    let mut bonds: HashMap<String, Vec<(usize, [&str; 2])>> = HashMap::new();
    for row in table.rows() {
        let [Some(kind), Some(first), Some(second)] = columns.map(|item| row.get(item)) else {
            continue;
        };
        let kind = kind.to_ascii_uppercase();
        if residue_name(&kind).is_none() {
            let bond = (row.line(), [first, second]);
            bonds.entry(kind).or_default().push(bond);
        }
    }
    let mut residues: BTreeMap<(ResidueId, &str), Vec<&AtomRecord>> = BTreeMap::new();
    for atom in &atoms.records {
        if bonds.contains_key(&atom.residue_name) {
            let key = (atom.id, atom.residue_name.as_str());
            residues.entry(key).or_default().push(atom);
        }
    }
    for ((_, kind), members) in residues {
        for (line, ends) in &bonds[kind] {
            let [first, second] = ends.map(|name| -> Vec<&AtomRecord> {
                let named = members.iter().filter(|atom| atom.name == name);
                named.copied().collect()
            });
            join(&first, &second, *line, records);
        }
    }
}
