//! Energies and forces: every term, solvent, residue and shape against the f64 reference; planted errors are found.

use crate::openmm_reference::ReferenceFile;
use crate::support::{self, Deviation, assign, batch, deviation, gpu_with, molecule};
use saltus::forcefield::{System, reference_energies};
use saltus::gpu::{GpuOptions, Placement, ShaderSources};
use saltus::integrator::Engine;
use std::time::Instant;

#[test]
fn every_residue_matches_the_reference() {
    let mut worst = Deviation::default();
    for (name, file) in ReferenceFile::all() {
        // Molecule by molecule another of the references, so that all solvents take part.
        let reference = &file.references[name.len() % file.references.len()];
        let system = assign(&file, reference);
        let Some(mut engine) = support::gpu(&system) else {
            return;
        };
        let positions = batch(&file.positions_nm, 3);
        let found = deviation(&mut engine, &system, &positions, &[0, 2]);
        assert!(found.is_small(), "{name} {}: {found:?}", reference.label());
        worst = worst.max(found);
    }
    println!("all residues: {worst:?}");
}

#[test]
fn every_solvent_matches_the_reference() {
    let mut worst = Deviation::default();
    for name in ["alanine_dipeptide", "zwitterions"] {
        let file = molecule(name);
        for reference in &file.references {
            let system = assign(&file, reference);
            let Some(mut engine) = support::gpu(&system) else {
                return;
            };
            let positions = batch(&file.positions_nm, 2);
            let found = deviation(&mut engine, &system, &positions, &[0, 1]);
            assert!(found.is_small(), "{name} {}: {found:?}", reference.label());
            worst = worst.max(found);
        }
    }
    println!("all solvents: {worst:?}");
}
