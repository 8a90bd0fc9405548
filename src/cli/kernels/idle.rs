//! Whether a sampler forgets something slow that no torsion move of (phi, psi) and side chains crosses: rings of prolines, cis
//! and trans, the backbone of rings and disulfide loops.

use crate::mcmc::{KernelEntry, all_of};
use crate::proposal::{ClosedLeapProposal, ClosedLeapSettings, isomers_in_rings};
use crate::topology::{
    PeptideBond, PuckerRing, Topology, TorsionKind, backbone_torsions, peptide_bonds, pucker_rings,
    rotatable_bonds,
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
    let mut bonds = peptide_bonds(topology);
    bonds.retain(|bond| bond.is_tertiary && bond.is_rotatable);
    if !bonds.is_empty() && !all_of(sampler.iter()).isomers {
        log::warn!(
            "no move of this sampler flips the peptide bond before {} between cis and trans, and dynamics takes seconds to: the run \
             keeps the start's isomer and says nothing of the other; add `- adaptive_pucker: {{}}` or `- torsion: {{kind: omega, proposal: flip}}`",
            listed(&bonds, topology)
        );
    }
    warn_of_idle_isomers_in_rings(sampler, topology);
}

/// Says the same of rings and loops, where only `closed_leap` flips a bond, and not every one.
fn warn_of_idle_isomers_in_rings(sampler: &[KernelEntry], topology: &Topology) {
    let flips = all_of(sampler.iter()).isomers_in_rings;
    let reach = ClosedLeapProposal::new(topology, &ClosedLeapSettings::default());
    let reached = reach.map_or(Vec::new(), |proposal| proposal.flipped_bonds());
    let (within, beyond): (Vec<PeptideBond>, Vec<PeptideBond>) = isomers_in_rings(topology)
        .into_iter()
        .partition(|bond| reached.contains(&sorted([bond.atoms[1], bond.atoms[2]])));
    for (bonds, remedy) in [
        (
            if flips { Vec::new() } else { within },
            "add `- closed_leap: {}`",
        ),
        (
            beyond,
            "`closed_leap` does not reach it either; start other runs from PDB files that have the other isomer",
        ),
    ] {
        let (tertiary, strained): (Vec<PeptideBond>, Vec<PeptideBond>) =
            bonds.into_iter().partition(|bond| bond.is_tertiary);
        if !tertiary.is_empty() {
            log::warn!(
                "the peptide bond before {} is part of a ring or a loop, where no move of this sampler flips it between cis and trans: the \
                 run keeps the start's isomer and says nothing of the other; {remedy}",
                listed(&tertiary, topology)
            );
        }
        if !strained.is_empty() {
            log::info!(
                "in a ring this small the peptide bond before {} may be cis as well as trans, and no move of this sampler flips it: the run \
                 keeps the start's isomers; {remedy}",
                listed(&strained, topology)
            );
        }
    }
}

fn listed(bonds: &[PeptideBond], topology: &Topology) -> String {
    let residues: Vec<String> = bonds
        .iter()
        .map(|bond| bond.residue_after(topology))
        .collect();
    residues.join(", ")
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
    let in_loops: Vec<String> = loop_residues(topology)
        .map(|residue_index| {
            let residue = &topology.residues[residue_index];
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

/// Residues, by their index, whose psi cannot turn by itself.
pub(super) fn loop_residues(topology: &Topology) -> impl Iterator<Item = usize> {
    let turning: Vec<[usize; 2]> = rotatable_bonds(topology)
        .into_iter()
        .map(|bond| sorted([bond.atoms[1], bond.atoms[2]]))
        .collect();
    backbone_torsions(topology)
        .into_iter()
        .filter(|torsion| torsion.kind == TorsionKind::Psi)
        .filter(move |torsion| !turning.contains(&sorted([torsion.atoms[1], torsion.atoms[2]])))
        .map(|torsion| torsion.residue_index)
}

fn sorted([i, j]: [usize; 2]) -> [usize; 2] {
    [i.min(j), i.max(j)]
}
