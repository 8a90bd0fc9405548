//! Whether a sampler forgets the rings of prolines. Makes no kernel.

use crate::cli::config::{KernelConfig, MixturePart};
use crate::topology::{PuckerRing, Topology, pucker_rings};

/// Says that the moves of a sampler leave proline's ring to dynamics: it would be what everything waits for.
pub(super) fn warn_of_idle_rings(sampler: &[KernelConfig], topology: &Topology) {
    let rings = pucker_rings(topology);
    let turns = |kernel: &KernelConfig| {
        matches!(
            kernel,
            KernelConfig::Torsion(_)
                | KernelConfig::AdaptiveTorsion(_)
                | KernelConfig::TorsionLeap(_)
        )
    };
    let flips = |kernel: &KernelConfig| {
        matches!(
            kernel,
            KernelConfig::Pucker(_) | KernelConfig::AdaptivePucker(_)
        )
    };
    if rings.is_empty() || !any(sampler, &turns) || any(sampler, &flips) {
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

/// Whether one of the kernels, or of those within them, is such.
fn any(kernels: &[KernelConfig], wanted: &impl Fn(&KernelConfig) -> bool) -> bool {
    kernels.iter().any(|kernel| match kernel {
        KernelConfig::Mixture(parts) => {
            let part = |part: &MixturePart| any(std::slice::from_ref(&part.kernel), wanted);
            parts.iter().any(part)
        }
        KernelConfig::Sequence(kernels) => any(kernels, wanted),
        kernel => wanted(kernel),
    })
}
