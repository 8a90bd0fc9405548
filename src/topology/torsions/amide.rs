//! Amides C(=O)-N that no backbone has: lactams between side chains, those inside one residue, those of ligands.

use super::backbone::{Chains, is_carbonyl};
use super::named::{NamedTorsion, TorsionKind, named};
use crate::topology::Topology;
use crate::topology::element::Element;

/// X-C-N-Y of every secondary and tertiary amide outside the backbone, named after C and N, of the kind omega.
pub(super) fn other_amide_torsions(
    topology: &Topology,
    neighbors: &[Vec<usize>],
    chains: &Chains,
) -> Vec<NamedTorsion> {
    let element = |atom: usize| topology.atoms[atom].element;
    let own = chains.backbones.iter().zip(&chains.next);
    let known: Vec<[Option<usize>; 2]> = own
        .filter_map(|(own, next)| Some([own.carbonyl, chains.backbones[(*next)?].nitrogen]))
        .collect();
    let first = |at: usize, but: usize, skipped: Element| {
        let mut others = neighbors[at].iter().copied();
        others.find(|&n| n != but && element(n) != Element::HYDROGEN && element(n) != skipped)
    };
    let of = |[a, b]: [usize; 2]| {
        let (carbon, nitrogen) = if element(a) == Element::CARBON {
            (a, b)
        } else {
            (b, a)
        };
        let is_amide = element(nitrogen) == Element::NITROGEN
            && neighbors[nitrogen].len() == 3
            && is_carbonyl(topology, neighbors, carbon)
            && !known.contains(&[Some(carbon), Some(nitrogen)]);
        let ends = [
            first(carbon, nitrogen, Element::OXYGEN),
            first(nitrogen, carbon, Element::HYDROGEN),
        ];
        let ([Some(before), Some(after)], true) = (ends, is_amide) else {
            return None;
        };
        let residue_index = topology.atoms[carbon].residue_index;
        let atoms = [before, carbon, nitrogen, after];
        Some(NamedTorsion {
            kind: TorsionKind::Omega,
            ..named(topology, residue_index, TorsionKind::Other, atoms)
        })
    };
    topology.bonds.iter().copied().filter_map(of).collect()
}
