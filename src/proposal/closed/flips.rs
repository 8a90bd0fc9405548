//! Peptide bonds of rings and loops whose two isomers are within reach.

use crate::topology::{PeptideBond, Topology, graph, peptide_bonds};

/// Residues up to which rings of plain amides are known with cis peptide bonds.
const LARGEST_STRAINED_RING: usize = 6;

/// Bonds of rings and loops that no move outside them turns, and that are cis as well as trans: before proline and N-methylated residues, and
/// any in a ring of six residues or fewer.
#[must_use]
pub fn isomers_in_rings(topology: &Topology) -> Vec<PeptideBond> {
    let neighbors = topology.neighbors();
    let is_strained = |bond: &PeptideBond| {
        let ring = graph::smallest_ring(&neighbors, [bond.atoms[1], bond.atoms[2]]);
        ring.is_some_and(|n_bonds| n_bonds <= 3 * LARGEST_STRAINED_RING)
    };
    let mut bonds = peptide_bonds(topology);
    bonds.retain(|bond| !bond.is_rotatable && (bond.is_tertiary || is_strained(bond)));
    bonds
}
