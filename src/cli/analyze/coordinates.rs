//! What a molecule is described by: its observables, and the coordinates that are none but compared between chains all the same.

use crate::analysis::{HiddenCoordinate, HiddenKind, TorsionSide};
use crate::topology::{Element, Topology, TorsionKind, named_torsions, peptide_bonds};

/// Every coordinate that is no observable: torsions about all other bonds, handedness of all branched atoms, isomers of the
/// other peptide bonds.
pub(super) fn hidden(topology: &Topology) -> Vec<HiddenCoordinate> {
    let mut found = other_torsions(topology);
    found.extend(handedness(topology));
    let bonds = peptide_bonds(topology).into_iter();
    found.extend(bonds.filter(|bond| !bond.is_tertiary).map(|bond| {
        let kind = HiddenKind::Isomer { atoms: bond.atoms };
        let name = TorsionSide::Cis.observable(&bond.name);
        HiddenCoordinate { name, kind }
    }));
    found
}

fn axis(atoms: [usize; 4]) -> [usize; 2] {
    [atoms[1].min(atoms[2]), atoms[1].max(atoms[2])]
}

/// One torsion about every bond whose ends carry something, without those that are observables.
fn other_torsions(topology: &Topology) -> Vec<HiddenCoordinate> {
    let neighbors = topology.neighbors();
    let observed: Vec<[usize; 2]> = named_torsions(topology)
        .iter()
        .filter(|torsion| torsion.kind != TorsionKind::Other)
        .map(|torsion| axis(torsion.atoms))
        .collect();
    let end = |at: usize, other: usize| {
        let mut others = neighbors[at].iter().copied().filter(|&n| n != other);
        let heavy = |&n: &usize| topology.atoms[n].element != Element::HYDROGEN;
        others.clone().find(heavy).or_else(|| others.next())
    };
    let bonds = topology.bonds.iter().copied();
    bonds
        .filter(|bond| !observed.contains(bond))
        .filter_map(|[a, b]| {
            let atoms = [end(a, b)?, a, b, end(b, a)?];
            let symmetry = symmetry(topology, &neighbors, [a, b]);
            let kind = HiddenKind::Torsion { atoms, symmetry };
            let [first, second] = [a, b].map(|atom| topology.atoms[atom].name.as_str());
            let number = topology.residues[topology.atoms[a].residue_index].number;
            let name = format!("{first}-{second}_{number}");
            Some(HiddenCoordinate { name, kind })
        })
        .collect()
}

/// How many turns of either end about the bond look alike: as many as it carries, where these are single atoms of one element.
fn symmetry(topology: &Topology, neighbors: &[Vec<usize>], [a, b]: [usize; 2]) -> u8 {
    let of_end = |at: usize, other: usize| {
        let ends: Vec<usize> = neighbors[at]
            .iter()
            .copied()
            .filter(|&n| n != other)
            .collect();
        let element = ends.first().map(|&atom| topology.atoms[atom].element);
        let alike = |&atom: &usize| {
            neighbors[atom].len() == 1 && Some(topology.atoms[atom].element) == element
        };
        match ends.len() {
            2 if ends.iter().all(alike) => 2,
            3 if ends.iter().all(alike) => 3,
            _ => 1,
        }
    };
    of_end(a, b).max(of_end(b, a))
}

/// Atoms with three neighbours, and those with four of which at most one is a hydrogen.
fn handedness(topology: &Topology) -> Vec<HiddenCoordinate> {
    let neighbors = topology.neighbors();
    let is_hydrogen = |atom: &&usize| topology.atoms[**atom].element == Element::HYDROGEN;
    let branched = (0..topology.n_atoms()).filter_map(|center| {
        let around = &neighbors[center];
        let hydrogens = around.iter().filter(is_hydrogen).count();
        let told = around.len() == 3 || (around.len() == 4 && hydrogens <= 1);
        told.then(|| [center, around[0], around[1], around[2]])
    });
    let coordinate = |atoms: [usize; 4]| {
        let atom = &topology.atoms[atoms[0]];
        let number = topology.residues[atom.residue_index].number;
        HiddenCoordinate {
            name: format!("handedness {}_{number}", atom.name),
            kind: HiddenKind::Handedness { atoms },
        }
    };
    branched.map(coordinate).collect()
}
