//! Whether a sampler forgets something slow that no torsion move of (phi, psi) and side chains crosses: rings of prolines, cis
//! and trans, the backbone of rings and disulfide loops.

use crate::mcmc::{KernelEntry, all_of};
use crate::topology::{
    PeptideBond, PuckerRing, Topology, TorsionKind, backbone_torsions, graph, peptide_bonds,
    pucker_rings, rotatable_bonds,
};

/// Says what no move of the sampler crosses.
pub(super) fn warn_of_idle(sampler: &[KernelEntry], topology: &Topology) {
    warn_of_idle_rings(sampler, topology);
    warn_of_idle_isomers(sampler, topology);
    warn_of_idle_loops(sampler, topology);
}

/// Says that no move turns the peptide bonds that have two isomers: dynamics needs seconds to, so the run would have the
/// start's isomer only and look converged.
fn warn_of_idle_isomers(sampler: &[KernelEntry], topology: &Topology) {
    let bonds: Vec<PeptideBond> = peptide_bonds(topology)
        .into_iter()
        .filter(|bond| bond.is_tertiary)
        .collect();
    let named = |of: &dyn Fn(&PeptideBond) -> bool| -> String {
        let residues = bonds.iter().filter(|bond| of(bond));
        let residues: Vec<String> = residues.map(|bond| bond.residue_after(topology)).collect();
        residues.join(", ")
    };
    let in_loops = named(&|bond| !bond.is_rotatable);
    if !in_loops.is_empty() {
        log::warn!(
            "the peptide bond before {in_loops} is part of a ring or a disulfide loop, where no move flips it between cis and trans, `concerted` \
             not either: the run keeps the start's isomer and says nothing of the other"
        );
    }
    warn_of_strained_isomers(topology);
    let open = named(&|bond| bond.is_rotatable);
    if !open.is_empty() && !all_of(sampler.iter()).isomers {
        log::warn!(
            "no move of this sampler flips the peptide bond before {open} between cis and trans, and dynamics takes seconds to: the run \
             keeps the start's isomer and says nothing of the other; add `- adaptive_pucker: {{}}` or `- torsion: {{kind: omega, proposal: flip}}`"
        );
    }
}

/// Residues up to which rings of plain amides are known with cis peptide bonds.
const LARGEST_STRAINED_RING: usize = 6;

/// Says that plain amides in a small ring, where cis is no rarity, keep the isomer of the start.
fn warn_of_strained_isomers(topology: &Topology) {
    let neighbors = topology.neighbors();
    let is_strained = |bond: &&PeptideBond| {
        let ring = graph::smallest_ring(&neighbors, [bond.atoms[1], bond.atoms[2]]);
        !bond.is_tertiary && ring.is_some_and(|n_bonds| n_bonds <= 3 * LARGEST_STRAINED_RING)
    };
    let bonds = peptide_bonds(topology);
    let strained: Vec<String> = bonds
        .iter()
        .filter(is_strained)
        .map(|bond| bond.residue_after(topology))
        .collect();
    if !strained.is_empty() {
        log::info!(
            "in a ring this small the peptide bond before {} may be cis as well as trans, and no move flips it: the run keeps the start's \
             isomers; for others start from a PDB file that has them",
            strained.join(", ")
        );
    }
}

/// Says that the moves of a sampler leave proline's ring to dynamics: it would be what everything waits for.
fn warn_of_idle_rings(sampler: &[KernelEntry], topology: &Topology) {
    let rings = pucker_rings(topology);
    let crossed = all_of(sampler.iter());
    if rings.is_empty() || !crossed.torsions || crossed.rings {
        return;
    }
    let residue = |ring: &PuckerRing| {
        let residue = &topology.residues[ring.residue_index];
        format!("{} {}", residue.name, residue.number)
    };
    let residues: Vec<String> = rings.iter().map(residue).collect();
    log::warn!(
        "no move of this sampler flips the ring of {}, only dynamics does: exact all the same, but slow; add `- adaptive_pucker: {{}}`",
        residues.join(", ")
    );
}

/// Says that the moves of a sampler leave the backbone of rings to dynamics: no pivot turns a bond that is part of a ring.
fn warn_of_idle_loops(sampler: &[KernelEntry], topology: &Topology) {
    let crossed = all_of(sampler.iter());
    if !crossed.torsions || crossed.loops {
        return;
    }
    let turning: Vec<[usize; 2]> = rotatable_bonds(topology)
        .into_iter()
        .map(|bond| sorted([bond.atoms[1], bond.atoms[2]]))
        .collect();
    let in_loops: Vec<String> = backbone_torsions(topology)
        .into_iter()
        .filter(|torsion| torsion.kind == TorsionKind::Psi)
        .filter(|torsion| !turning.contains(&sorted([torsion.atoms[1], torsion.atoms[2]])))
        .map(|torsion| {
            let residue = &topology.residues[torsion.residue_index];
            format!("{} {}", residue.name, residue.number)
        })
        .collect();
    if !in_loops.is_empty() {
        log::warn!(
            "the backbone of {} is part of a ring or a disulfide loop, which no move of this sampler turns, only dynamics does: exact all \
             the same, but slow; add `- concerted: {{}}`",
            in_loops.join(", ")
        );
    }
}

pub(super) fn sorted([i, j]: [usize; 2]) -> [usize; 2] {
    [i.min(j), i.max(j)]
}
