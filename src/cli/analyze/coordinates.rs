//! What a molecule is described by: its observables, and the coordinates that are none but compared between chains all the same.

use crate::analysis::{
    HiddenCoordinate, HiddenKind, ObservableSet, Torsion, TorsionSide, end_to_end_atoms,
};
use crate::topology::{
    Element, PeptideBond, Topology, TorsionKind, backbone_torsions, named_torsions, peptide_bonds,
    pucker_rings,
};

/// The fixed list of observables of a molecule, with standard atomic masses so that files of all programs agree.
///
/// # Errors
/// A message when a torsion names an atom that is not there.
pub(crate) fn observable_set(topology: &Topology) -> Result<ObservableSet, String> {
    let torsions = named_torsions(topology)
        .into_iter()
        .filter(|torsion| !matches!(torsion.kind, TorsionKind::Omega | TorsionKind::Other))
        .map(|torsion| Torsion {
            name: torsion.name,
            atoms: torsion.atoms,
        });
    let masses_da = topology.atoms.iter().map(|atom| atom.element.mass_da());
    let ends = end_to_end_atoms(topology);
    ObservableSet::new(torsions.collect(), ends, masses_da.collect())
        .and_then(|set| set.with_sides(two_sided(topology)))
        .map_err(|error| error.to_string())
}

/// The torsions whose side is an observable: phi, but for proline's, which its ring holds; peptide bonds with two isomers;
/// disulfide bonds.
fn two_sided(topology: &Topology) -> Vec<(Torsion, TorsionSide)> {
    let rings = pucker_rings(topology);
    let is_held = |residue: usize| rings.iter().any(|ring| ring.residue_index == residue);
    let phis = backbone_torsions(topology).into_iter();
    let phis = phis.filter(|phi| phi.kind == TorsionKind::Phi && !is_held(phi.residue_index));
    let phis = phis.map(|phi| {
        let (name, atoms) = (phi.name, phi.atoms);
        (Torsion { name, atoms }, TorsionSide::Positive)
    });
    let bonds = peptide_bonds(topology).into_iter();
    let tertiary = bonds.filter(|bond| bond.is_tertiary);
    let isomers = tertiary.map(|bond| (torsion(bond), TorsionSide::Cis));
    let disulfides = disulfide_torsions(topology).into_iter();
    phis.chain(isomers)
        .chain(disulfides.map(|torsion| (torsion, TorsionSide::Positive)))
        .collect()
}

fn torsion(bond: PeptideBond) -> Torsion {
    Torsion {
        name: bond.name,
        atoms: bond.atoms,
    }
}

/// CB-SG-SG-CB of every disulfide bond, named `disulfide_2_5` after its residues.
fn disulfide_torsions(topology: &Topology) -> Vec<Torsion> {
    let neighbors = topology.neighbors();
    let sulfur = |atom: usize| topology.atoms[atom].element == Element::SULFUR;
    let number = |atom: usize| topology.residues[topology.atoms[atom].residue_index].number;
    let of = |&[a, b]: &[usize; 2]| {
        let [before, after] =
            [(a, b), (b, a)].map(|(at, other)| neighbors[at].iter().copied().find(|&n| n != other));
        Some(Torsion {
            name: format!("disulfide_{}_{}", number(a), number(b)),
            atoms: [before?, a, b, after?],
        })
    };
    let bonds = topology.bonds.iter();
    bonds
        .filter(|[a, b]| sulfur(*a) && sulfur(*b))
        .filter_map(of)
        .collect()
}

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
