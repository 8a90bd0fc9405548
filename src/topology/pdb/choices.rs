//! What was decided for a file that says nothing of it: protonation states, chain ends, added atoms; and what its names hide.

use super::record::RawResidue;
use super::source::Source;
use crate::topology::chirality::{CenterKind, chiral_centers};
use crate::topology::sequence::l_name;
use crate::topology::{Molecule, ResidueLibrary, ResidueTemplate};

/// Labels of the residues concerned, in file order.
#[derive(Default)]
pub(super) struct Choices {
    histidines: Vec<String>,
    deprotonated: Vec<String>,
    amines: Vec<String>,
    acids: Vec<String>,
    /// Whether the name of a residue in the file is that of a D residue.
    d_named: Vec<bool>,
}

impl Choices {
    /// A neutral C terminus, whose hydrogen is left out.
    pub(super) fn acid(&mut self, raw: &RawResidue) {
        self.acids.push(raw.label());
    }

    /// A residue that is taken as the file has it.
    pub(super) fn as_is(&mut self) {
        self.d_named.push(false);
    }

    /// A residue called `stated` that is taken as `name`, its atoms renamed, none added yet.
    pub(super) fn residue(&mut self, raw: &RawResidue, stated: &str, name: &str) {
        self.d_named.push(l_name(&raw.name).is_some());
        if stated == "HIS" && !raw.has("HD1") && !raw.has("HE2") {
            self.histidines.push(raw.label());
        }
        if matches!((stated, name), ("LYS", "LYN") | ("CYS", "CYM")) {
            self.deprotonated.push(format!("{} as {name}", raw.label()));
        }
        let n_hydrogens = ["H1", "H2", "H3"].iter().filter(|h| raw.has(h)).count();
        let is_imino = |residue: &ResidueTemplate| residue.is_imino();
        let charged = if ResidueLibrary::get().find(name).is_some_and(is_imino) {
            2
        } else {
            3
        };
        if raw.is_n_terminal() && !raw.is_cap() && (1..charged).contains(&n_hydrogens) {
            self.amines.push(raw.label());
        }
    }

    /// One warning for each kind of choice.
    pub(super) fn warn(&self, molecule: &Molecule, n_added: usize, file: Source<'_>) {
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
        warn_of_mirrored(molecule, &self.d_named, file);
    }
}

/// Residues whose names say L while their coordinates say D, and side chains that are inverted.
fn warn_of_mirrored(molecule: &Molecule, d_named: &[bool], file: Source<'_>) {
    let Molecule {
        topology,
        positions,
    } = molecule;
    let label = |&index: &usize| {
        let residue = &topology.residues[index];
        format!("{} {}", residue.name, residue.number)
    };
    let d_residues = &topology.mirrored_residues;
    let belied = (0..d_named.len()).filter(|index| d_named[*index] && !d_residues.contains(index));
    let belied: Vec<String> = belied.map(|index| label(&index)).collect();
    if !belied.is_empty() {
        log::warn!(
            "{file}: {} have the names of D residues but are L residues by their coordinates: they are simulated as they are",
            belied.join(", ")
        );
    }
    let names = d_residues.iter().filter(|index| !d_named[**index]);
    let names: Vec<String> = names.map(label).collect();
    if !names.is_empty() {
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
