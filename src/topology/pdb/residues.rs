//! Atom records to residues: grouping, alternate locations, waters dropped, chain ends found.

use super::caps;
use super::cell::Cell;
use super::names::residue_name;
use super::record::{AtomRecord, RawResidue, place};
use super::source::Source;
use crate::topology::internal_coordinates::point;

/// Residue names of water in common use.
pub(super) const WATERS: [&str; 10] = [
    "HOH", "WAT", "H2O", "SOL", "TIP", "TIP3", "TIP4", "SPC", "DOD", "OH2",
];

/// Residues in file order without waters.
pub(super) fn group(
    atoms: Vec<AtomRecord>,
    cell: Option<&Cell>,
    file: Source<'_>,
) -> Vec<RawResidue> {
    let mut groups: Vec<Vec<AtomRecord>> = Vec::new();
    let mut n_water_atoms = 0;
    for atom in atoms {
        if WATERS.contains(&atom.residue_name.as_str()) {
            n_water_atoms += 1;
            continue;
        }
        match groups.last_mut() {
            Some(group) if continues(group, &atom) => group.push(atom),
            _ => groups.push(vec![atom]),
        }
    }
    if n_water_atoms > 0 {
        log::warn!("{file}: {n_water_atoms} water atoms dropped (the solvent is implicit)");
    }
    let groups = gather_scattered(groups, file)
        .into_iter()
        .map(|group| choose_location(group, file))
        .flat_map(caps::split)
        .collect();
    mark_chain_ends(groups, cell, file)
}

/// Whether an atom is of the residue before it. Another residue name at the same number is another residue (caps of Maestro),
/// unless it is an alternate location (one place, two kinds of residue).
fn continues(group: &[AtomRecord], atom: &AtomRecord) -> bool {
    let first = &group[0];
    let same_name = group
        .iter()
        .any(|other| other.residue_name == atom.residue_name);
    first.id == atom.id
        && first.segment == atom.segment
        && (same_name || (atom.altloc != ' ' && group.iter().any(|other| other.altloc != ' ')))
}

/// Brings home what stands apart from its residue, such as hydrogens that a program appended to the file.
fn gather_scattered(groups: Vec<Vec<AtomRecord>>, file: Source<'_>) -> Vec<Vec<AtomRecord>> {
    let mut gathered: Vec<Vec<AtomRecord>> = Vec::new();
    let mut first_line = None;
    for group in groups {
        let is_home = |home: &Vec<AtomRecord>| {
            home[0].id == group[0].id
                && home[0].residue_name == group[0].residue_name
                && !group.iter().any(|atom| {
                    home.iter()
                        .any(|other| other.name == atom.name && other.altloc == atom.altloc)
                })
        };
        let Some(home) = gathered.iter_mut().rev().find(|home| is_home(home)) else {
            gathered.push(group);
            continue;
        };
        first_line.get_or_insert(group[0].line);
        home.extend(group);
    }
    if let Some(line) = first_line {
        log::warn!(
            "{file}:{line}: atoms stand apart from the rest of their residue: they are put to it, so the order of atoms is not the file's"
        );
    }
    gathered
}

/// One location of every atom: the letter of highest total occupancy in the residue (the first on a tie), and for atoms that
/// it lacks the highest of their own.
fn choose_location(atoms: Vec<AtomRecord>, file: Source<'_>) -> Vec<AtomRecord> {
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

/// C-N distance in nm up to which two residues that the file separates are bonded all the same.
const PEPTIDE_CONTACT_NM: f64 = 0.175;

/// A chain ends at TER, where the chain letter changes, after OXT, NME or NHE, and before ACE; but not at TER or a new letter
/// where a peptide bond crosses it.
fn mark_chain_ends(
    groups: Vec<Vec<AtomRecord>>,
    cell: Option<&Cell>,
    file: Source<'_>,
) -> Vec<RawResidue> {
    let mut residues: Vec<RawResidue> = Vec::new();
    for atoms in groups {
        let begins = residues.last().is_none_or(|previous| {
            let separated =
                previous.atoms[0].segment != atoms[0].segment || previous.id.0 != atoms[0].id.0;
            let closed = ["OXT", "OT2", "OC2"].iter().any(|name| previous.has(name))
                || matches!(residue_name(&previous.name), Some("NME" | "NHE"))
                || residue_name(&atoms[0].residue_name) == Some("ACE");
            closed || (separated && !is_bonded_across(previous, &atoms, cell, file))
        });
        if begins && let Some(previous) = residues.last_mut() {
            previous.last = true;
        }
        residues.push(RawResidue {
            name: atoms[0].residue_name.clone(),
            id: atoms[0].id,
            atoms,
            first: begins,
            last: false,
            closed: false,
            as_is: false,
            widowed: false,
        });
    }
    if let Some(last) = residues.last_mut() {
        last.last = true;
    }
    residues
}

/// Whether C of a residue and N of the next one are at bonding distance, though TER or the chain letter separates them.
fn is_bonded_across(
    previous: &RawResidue,
    atoms: &[AtomRecord],
    cell: Option<&Cell>,
    file: Source<'_>,
) -> bool {
    let find = |atoms: &[AtomRecord], names: [&str; 2]| {
        let named = |atom: &&AtomRecord| names.contains(&atom.name.as_str());
        atoms.iter().find(named).map(|atom| point(atom.position_nm))
    };
    let ends = [find(&previous.atoms, ["C", "CY"]), find(atoms, ["N", "NT"])];
    let [Some(carbon), Some(nitrogen)] = ends else {
        return false;
    };
    let apart = nitrogen - carbon;
    let distance_nm = cell.map_or(apart, |cell| cell.shortest(apart)).norm();
    if distance_nm > PEPTIDE_CONTACT_NM {
        return false;
    }
    log::warn!(
        "{file}:{}: C of {} {} and N of {} {} are {distance_nm:.3} nm apart, a peptide bond, though {} separates them: they are bonded",
        atoms[0].line,
        previous.name,
        place(previous.id),
        atoms[0].residue_name,
        place(atoms[0].id),
        file.words.separates
    );
    true
}
