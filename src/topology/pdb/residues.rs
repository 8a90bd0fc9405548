//! Atom records to residues: grouping, alternate locations, waters dropped, chain ends found. Renames nothing.

use super::record::{AtomRecord, ResidueId};

/// Residue names of water in common use.
const WATERS: [&str; 10] = [
    "HOH", "WAT", "H2O", "SOL", "TIP", "TIP3", "TIP4", "SPC", "DOD", "OH2",
];

/// The records of one residue, one location each.
#[derive(Debug)]
pub(super) struct RawResidue {
    pub(super) name: String,
    pub(super) id: ResidueId,
    pub(super) atoms: Vec<AtomRecord>,
    /// Begins a chain.
    pub(super) first: bool,
    /// Ends a chain.
    pub(super) last: bool,
}

impl RawResidue {
    /// `ALA 12 (chain A)` for messages.
    pub(super) fn label(&self) -> String {
        format!("{} {}", self.name, place(self.id))
    }

    /// First line in the file.
    pub(super) fn line(&self) -> usize {
        self.atoms[0].line
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.atoms.iter().any(|atom| atom.name == name)
    }
}

/// `12A (chain B)` of a residue id.
pub(super) fn place((chain, number, insertion): ResidueId) -> String {
    let insertion = insertion.to_string();
    let insertion = insertion.trim();
    if chain == ' ' {
        format!("{number}{insertion}")
    } else {
        format!("{number}{insertion} (chain {chain})")
    }
}

/// Residues in file order without waters.
pub(super) fn group(atoms: Vec<AtomRecord>, file: &str) -> Vec<RawResidue> {
    let mut groups: Vec<Vec<AtomRecord>> = Vec::new();
    let mut n_water_atoms = 0;
    for atom in atoms {
        if WATERS.contains(&atom.residue_name.as_str()) {
            n_water_atoms += 1;
            continue;
        }
        match groups.last_mut() {
            Some(group) if group[0].id == atom.id && group[0].segment == atom.segment => {
                group.push(atom);
            }
            _ => groups.push(vec![atom]),
        }
    }
    if n_water_atoms > 0 {
        log::warn!("{file}: {n_water_atoms} water atoms dropped (the solvent is implicit)");
    }
    let groups = groups
        .into_iter()
        .map(|group| choose_location(group, file))
        .collect();
    mark_chain_ends(groups)
}

/// One location of every atom: the letter of highest total occupancy in the residue (the first on a tie), and for atoms that
/// it lacks the highest of their own.
fn choose_location(atoms: Vec<AtomRecord>, file: &str) -> Vec<AtomRecord> {
    let mut letters: Vec<(char, f64)> = Vec::new();
    for atom in atoms.iter().filter(|atom| atom.altloc != ' ') {
        match letters
            .iter_mut()
            .find(|(letter, _)| *letter == atom.altloc)
        {
            Some((_, total)) => *total += atom.occupancy,
            None => letters.push((atom.altloc, atom.occupancy)),
        }
    }
    let Some(&(mut chosen, mut highest)) = letters.first() else {
        return atoms;
    };
    for &(letter, total) in &letters {
        if total > highest + 1e-9 {
            (chosen, highest) = (letter, total);
        }
    }
    if letters.len() > 1 {
        log::warn!(
            "{file}:{}: alternate locations in residue {} {}: location {chosen} is used",
            atoms[0].line,
            atoms[0].residue_name,
            place(atoms[0].id)
        );
    }
    let named = |letter: char| atoms.iter().find(move |atom| atom.altloc == letter);
    let residue_name = named(chosen).map(|atom| atom.residue_name.clone());
    let mut kept: Vec<AtomRecord> = Vec::new();
    for atom in &atoms {
        let same_kind = residue_name.as_ref() == Some(&atom.residue_name);
        let rivals = || {
            atoms
                .iter()
                .filter(|other| other.name == atom.name && other.residue_name == atom.residue_name)
        };
        let take = if atom.altloc == ' ' || atom.altloc == chosen {
            true
        } else if !same_kind || rivals().any(|r| r.altloc == ' ' || r.altloc == chosen) {
            false
        } else {
            rivals().all(|r| r.occupancy < atom.occupancy || r.line >= atom.line)
        };
        if take && same_kind {
            kept.push(atom.clone());
        }
    }
    kept
}

/// A chain ends at TER, where the chain letter changes, after OXT, NME or NHE, and before ACE.
fn mark_chain_ends(groups: Vec<Vec<AtomRecord>>) -> Vec<RawResidue> {
    let mut residues: Vec<RawResidue> = Vec::new();
    for atoms in groups {
        let begins = match residues.last() {
            None => true,
            Some(previous) => {
                let chain_ends =
                    previous.atoms[0].segment != atoms[0].segment || previous.id.0 != atoms[0].id.0;
                let closed = ["OXT", "OT2", "OC2"].iter().any(|name| previous.has(name))
                    || matches!(previous.name.as_str(), "NME" | "NMA" | "NHE" | "NH2");
                chain_ends || closed || atoms[0].residue_name == "ACE"
            }
        };
        if begins && let Some(previous) = residues.last_mut() {
            previous.last = true;
        }
        residues.push(RawResidue {
            name: atoms[0].residue_name.clone(),
            id: atoms[0].id,
            atoms,
            first: begins,
            last: false,
        });
    }
    if let Some(last) = residues.last_mut() {
        last.last = true;
    }
    residues
}
