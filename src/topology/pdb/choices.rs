//! What was decided for a file that says nothing of it: protonation states, chain ends, added atoms; and what its names hide.

use super::record::RawResidue;
use crate::topology::Molecule;
use crate::topology::chirality::{CenterKind, chiral_centers};

/// Labels of the residues concerned, in file order.
#[derive(Default)]
pub(super) struct Choices {
    histidines: Vec<String>,
    deprotonated: Vec<String>,
    amines: Vec<String>,
    acids: Vec<String>,
}

impl Choices {
    /// A neutral C terminus, whose hydrogen is left out.
    pub(super) fn acid(&mut self, raw: &RawResidue) {
        self.acids.push(raw.label());
    }

    /// A residue called `stated` that is taken as `name`, its atoms renamed, none added yet.
    pub(super) fn residue(&mut self, raw: &RawResidue, stated: &str, name: &str) {
        if stated == "HIS" && !raw.has("HD1") && !raw.has("HE2") {
            self.histidines.push(raw.label());
        }
        if matches!((stated, name), ("LYS", "LYN") | ("CYS", "CYM")) {
            self.deprotonated.push(format!("{} as {name}", raw.label()));
        }
        let n_hydrogens = ["H1", "H2", "H3"].iter().filter(|h| raw.has(h)).count();
        let charged = if name == "PRO" { 2 } else { 3 };
        if raw.first && !raw.is_cap() && (1..charged).contains(&n_hydrogens) {
            self.amines.push(raw.label());
        }
    }

    /// One warning for each kind of choice.
    pub(super) fn warn(&self, molecule: &Molecule, n_added: usize, file: &str) {
        let list = |labels: &[String]| labels.join(", ");
        if n_added > 0 {
            log::warn!(
                "{file}: {n_added} atoms that the file lacks (hydrogens, terminal OXT) are added"
            );
        }
        if !self.histidines.is_empty() {
            log::warn!(
                "{file}: no hydrogen on the ring of {}: taken as HIE (proton on NE2); name it HID or HIP for another state",
                list(&self.histidines)
            );
        }
        if !self.deprotonated.is_empty() {
            log::warn!(
                "{file}: by the hydrogens of the file {}: add the missing hydrogen if the residue is not deprotonated",
                list(&self.deprotonated)
            );
        }
        if !self.amines.is_empty() {
            log::warn!(
                "{file}: the N terminus of {} has too few hydrogens for a charged end: it is made one (NH3+; NH2+ of proline), \
                 neutral ends are not known; cap it with ACE for a neutral one",
                list(&self.amines)
            );
        }
        if !self.acids.is_empty() {
            log::warn!(
                "{file}: the C terminus of {} is a neutral acid: its hydrogen is left out and the end made a charged one (COO-), \
                 neutral ends are not known; cap it with NME or NHE for a neutral one",
                list(&self.acids)
            );
        }
        warn_of_mirrored(molecule, file);
    }
}

/// Residues whose names say L while their coordinates say D, and side chains that are inverted.
fn warn_of_mirrored(molecule: &Molecule, file: &str) {
    let Molecule {
        topology,
        positions,
    } = molecule;
    let label = |&index: &usize| {
        let residue = &topology.residues[index];
        format!("{} {}", residue.name, residue.number)
    };
    let d_residues = &topology.mirrored_residues;
    if !d_residues.is_empty() {
        let names: Vec<String> = d_residues.iter().map(label).collect();
        log::warn!(
            "{file}: {} are D residues by their coordinates, under names of L residues: they are simulated as they are",
            names.join(", ")
        );
    }
    let inverted: Vec<String> = chiral_centers(topology)
        .into_iter()
        .filter(|center| center.kind == CenterKind::SideChain)
        .filter(|center| {
            let residue_index = topology.atoms[center.center].residue_index;
            let d_residue = d_residues.contains(&residue_index);
            (center.volume_nm3(positions) < 0.0) != d_residue
        })
        .map(|center| label(&topology.atoms[center.center].residue_index))
        .collect();
    if !inverted.is_empty() {
        log::warn!(
            "{file}: CB of {} has the other hand than in natural isoleucine and threonine (allo forms): simulated as it is",
            inverted.join(", ")
        );
    }
}
