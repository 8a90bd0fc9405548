//! The order in which a molecule's atoms are placed by distances, angles and torsions.

use crate::flow::timewarp::PlacementTree;
use crate::topology::{Element, Topology};
use std::collections::VecDeque;

/// The tree of a molecule that is one piece: frame N, CA, C of a residue where there is one, around CA.
///
/// Every atom is placed by the one it is bonded to on the way to the frame, that one's own, and either the next on that
/// way, or the first atom that was placed there before it: so one torsion turns all that hang on a bond. Three hydrogens on
/// one atom become a rotor. `None` for molecules of several pieces or of fewer than four atoms.
#[must_use]
pub fn placement_tree(topology: &Topology) -> Option<PlacementTree> {
    let neighbors = topology.neighbors();
    let frame = frame(topology, &neighbors)?;
    let [origin, first, second] = frame;
    // By which two others an atom and those that hang on it are placed.
    let mut way = vec![None; topology.n_atoms()];
    way[origin] = Some([first, second]);
    way[first] = Some([origin, second]);
    way[second] = Some([origin, first]);
    let mut is_placed = vec![false; topology.n_atoms()];
    frame.iter().for_each(|&atom| is_placed[atom] = true);
    let mut tree = PlacementTree {
        frame,
        placements: Vec::new(),
        rotors: Vec::new(),
    };
    let mut queue = VecDeque::from(frame);
    while let Some(atom) = queue.pop_front() {
        let Some([next, mut third]) = way[atom] else {
            continue;
        };
        let mut own: Vec<usize> = neighbors[atom].clone();
        own.retain(|&other| !is_placed[other]);
        // Heavy atoms first: what turns is then read off the skeleton.
        own.sort_by_key(|&other| (topology.atoms[other].element == Element::HYDROGEN, other));
        if let &[a, b, c] = own.as_slice()
            && topology.atoms[a].element == Element::HYDROGEN
        {
            tree.rotors.push([a, b, c]);
        }
        let hangs_on_frame = atom == origin;
        for (number, &child) in own.iter().enumerate() {
            is_placed[child] = true;
            tree.placements.push([child, atom, next, third]);
            way[child] = Some([atom, next]);
            queue.push_back(child);
            if number == 0 && !hangs_on_frame {
                third = child;
            }
        }
    }
    is_placed.iter().all(|placed| *placed).then_some(tree)
}

/// CA, N and C of the residue nearest to the middle, or else a heavy atom with two heavy neighbours.
fn frame(topology: &Topology, neighbors: &[Vec<usize>]) -> Option<[usize; 3]> {
    let n_residues = topology.residues.len();
    let mut residues: Vec<usize> = (0..n_residues).collect();
    residues.sort_by_key(|&residue| (2 * residue + 1).abs_diff(n_residues));
    let backbone = residues.into_iter().find_map(|residue| {
        let atom = |name| topology.atom_index(residue, name);
        Some([atom("CA")?, atom("N")?, atom("C")?])
    });
    backbone.or_else(|| {
        let is_heavy = |&&atom: &&usize| topology.atoms[atom].element != Element::HYDROGEN;
        let mut atoms = 0..topology.n_atoms();
        atoms.find_map(|atom| {
            let mut heavy = neighbors[atom].iter().filter(is_heavy);
            Some([atom, *heavy.next()?, *heavy.next()?])
        })
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;
    use crate::topology::{Sequence, build};

    #[test]
    fn torsions_of_alanine_dipeptide_are_one_coordinate_each() {
        let molecule = build(&Sequence::parse("ACE-ALA-NME").unwrap(), &[]).unwrap();
        let tree = placement_tree(&molecule.topology).unwrap();
        let label = |atom: usize| {
            let atom = &molecule.topology.atoms[atom];
            let residue = &molecule.topology.residues[atom.residue_index].name;
            format!("{residue}:{}", atom.name)
        };
        assert_eq!(tree.frame.map(label), ["ALA:CA", "ALA:N", "ALA:C"]);
        assert_eq!(tree.n_atoms(), 22);
        assert_eq!(tree.rotors.len(), 3);
        let by = |name: &str| {
            let mut placements = tree.placements.iter();
            let own = placements.find(|p| label(p[0]) == name).unwrap();
            own.map(label)
        };
        // phi, psi, and branches that follow them.
        assert_eq!(by("ACE:C"), ["ACE:C", "ALA:N", "ALA:CA", "ALA:C"]);
        assert_eq!(by("ALA:H"), ["ALA:H", "ALA:N", "ALA:CA", "ACE:C"]);
        assert_eq!(by("ALA:O"), ["ALA:O", "ALA:C", "ALA:CA", "ALA:N"]);
        assert_eq!(by("NME:N"), ["NME:N", "ALA:C", "ALA:CA", "ALA:O"]);
        assert_eq!(by("ALA:CB"), ["ALA:CB", "ALA:CA", "ALA:N", "ALA:C"]);
    }

    #[test]
    fn all_twenty_residues_have_a_tree() {
        let sequence = Sequence::parse("ACDEFGHIKLMNPQRSTVWY").unwrap();
        let molecule = build(&sequence, &[]).unwrap();
        let tree = placement_tree(&molecule.topology).unwrap();
        assert_eq!(tree.n_atoms(), molecule.topology.n_atoms());
    }
}
