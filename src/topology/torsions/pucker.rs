//! Five-membered rings whose puckering can be mirrored: proline's, and those of residues built like it.

use super::backbone::{Backbone, Chains};
use crate::topology::Topology;
use crate::topology::element::Element;

/// The ring N-CA-CB-CG-CD of one residue, with what hangs on its three side-chain carbons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PuckerRing {
    /// Index into [`Topology::residues`].
    pub residue_index: usize,
    /// N, CA, CB, CG, CD.
    pub atoms: [usize; 5],
    /// Atoms on CB, outside the ring.
    pub on_beta: Vec<usize>,
    /// Atoms on CG, outside the ring.
    pub on_gamma: Vec<usize>,
    /// Atoms on CD, outside the ring.
    pub on_delta: Vec<usize>,
}

/// Rings N-CA-CB-CG-CD of all residues, in residue order, found in the bond graph; those whose side-chain carbons lead out of the
/// residue are left out.
#[must_use]
pub fn pucker_rings(topology: &Topology) -> Vec<PuckerRing> {
    let neighbors = topology.neighbors();
    let chains = Chains::new(topology, &neighbors);
    let of = |(residue_index, own): (usize, &Backbone)| {
        let ring = ring_of(topology, &neighbors, own)?;
        let [on_beta, on_gamma, on_delta] =
            [2, 3, 4].map(|k| beyond(topology, &neighbors, &ring, ring[k]));
        Some(PuckerRing {
            residue_index,
            atoms: ring,
            on_beta: on_beta?,
            on_gamma: on_gamma?,
            on_delta: on_delta?,
        })
    };
    chains.backbones.iter().enumerate().filter_map(of).collect()
}

/// N, CA and three carbons that lead back to N.
fn ring_of(topology: &Topology, neighbors: &[Vec<usize>], own: &Backbone) -> Option<[usize; 5]> {
    let (n, ca, c) = (own.nitrogen?, own.alpha?, own.carbonyl?);
    let carbons = |at: usize| {
        let others = neighbors[at].iter().copied();
        others.filter(|&a| topology.atoms[a].element == Element::CARBON && a != c && a != ca)
    };
    for beta in carbons(ca) {
        for gamma in carbons(beta) {
            let mut deltas = carbons(gamma).filter(|&d| d != beta);
            if let Some(delta) = deltas.find(|&d| neighbors[d].contains(&n)) {
                return Some([n, ca, beta, gamma, delta]);
            }
        }
    }
    None
}

/// All that hangs on an atom of the ring; `None` where that leads back to the ring or to another residue.
fn beyond(
    topology: &Topology,
    neighbors: &[Vec<usize>],
    ring: &[usize; 5],
    joint: usize,
) -> Option<Vec<usize>> {
    let residue_index = topology.atoms[joint].residue_index;
    let mut found: Vec<usize> = Vec::new();
    let mut stack = vec![joint];
    while let Some(atom) = stack.pop() {
        for &next in &neighbors[atom] {
            let is_ring_bond = atom == joint && ring.contains(&next);
            if is_ring_bond || next == joint || found.contains(&next) {
                continue;
            }
            if ring.contains(&next) || topology.atoms[next].residue_index != residue_index {
                return None;
            }
            found.push(next);
            stack.push(next);
        }
    }
    found.sort_unstable();
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{Sequence, build};

    fn rings(sequence: &str) -> Vec<(usize, Vec<String>)> {
        let molecule = build(&Sequence::parse(sequence).unwrap(), &[]).unwrap();
        let names = |ring: PuckerRing| {
            let atoms = [ring.on_beta, ring.on_gamma, ring.on_delta].concat();
            let name = |&atom: &usize| molecule.topology.atoms[atom].name.clone();
            (ring.residue_index, atoms.iter().map(name).collect())
        };
        pucker_rings(&molecule.topology)
            .into_iter()
            .map(names)
            .collect()
    }

    #[test]
    fn prolines_have_one_whatever_their_place_and_others_none() {
        let hydrogens = ["HB2", "HB3", "HG2", "HG3", "HD2", "HD3"].map(String::from);
        assert_eq!(
            rings("PAPP"),
            [0, 2, 3].map(|residue| (residue, hydrogens.to_vec()))
        );
        // LYS, ARG, GLN and GLU have the names but no ring.
        assert_eq!(rings("ACE-LYS-ARG-GLN-GLU-HIE-TRP-NME"), []);
    }
}
