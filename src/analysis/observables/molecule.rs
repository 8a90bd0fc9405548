//! Which observables a molecule has.

use super::distance::end_to_end_atoms;
use super::observable::{Torsion, TorsionSide};
use super::set::{ObservableError, ObservableSet};
use crate::topology::{
    Element, PeptideBond, Topology, TorsionKind, backbone_torsions, named_torsions, peptide_bonds,
    pucker_rings,
};

impl ObservableSet {
    /// The fixed list of a molecule, with standard atomic masses so that files of all programs agree.
    ///
    /// # Errors
    /// [`ObservableError::AtomOutOfRange`] when a torsion names an atom that is not there.
    pub fn of(topology: &Topology) -> Result<Self, ObservableError> {
        let torsions = named_torsions(topology)
            .into_iter()
            .filter(|torsion| !matches!(torsion.kind, TorsionKind::Omega | TorsionKind::Other))
            .map(|torsion| Torsion {
                name: torsion.name,
                atoms: torsion.atoms,
            });
        let masses_da = topology.atoms.iter().map(|atom| atom.element.mass_da());
        let ends = end_to_end_atoms(topology);
        Self::new(torsions.collect(), ends, masses_da.collect())?.with_sides(two_sided(topology))
    }
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
