//! The engine of the CPU against the f64 reference: every term, layout, instruction set and precision, odd batch sizes.

mod common;

use common::openmm_reference::{Reference, ReferenceFile};
use saltus::cpu::{CpuOptions, LaneLayout, Precision, engine};
use saltus::forcefield::{ForceField, System, reference_energies};
use saltus::integrator::Engine;

fn assign(file: &ReferenceFile, reference: &Reference) -> System {
    let force_field = ForceField::builtin(&reference.force_field).unwrap();
    force_field
        .assign(&file.topology(), &reference.options())
        .unwrap()
}

/// Relative error of the forces by norm, and the absolute error of the energy.
fn deviation(energy: f64, forces: &[f64], expected: &(f64, Vec<[f64; 3]>)) -> (f64, f64) {
    let norm: f64 = expected.1.iter().flatten().map(|f| f * f).sum();
    let error: f64 = expected
        .1
        .iter()
        .flatten()
        .zip(forces)
        .map(|(a, b)| (a - b) * (a - b))
        .sum();
    ((energy - expected.0).abs(), (error / norm).sqrt())
}

/// A batch of copies of one structure, each displaced a little differently.
fn batch(positions: &[[f64; 3]], n_replicas: usize) -> Vec<Vec<[f64; 3]>> {
    let displaced = |replica: usize| {
        let shift = |index: usize| ((index * 7919 + replica * 104_729) % 1000) as f64 * 4e-6 - 2e-3;
        positions
            .iter()
            .enumerate()
            .map(|(atom, x)| std::array::from_fn(|axis| x[axis] + shift(atom * 3 + axis)))
            .collect()
    };
    (0..n_replicas).map(displaced).collect()
}

fn options() -> Vec<CpuOptions> {
    let mut all = Vec::new();
    for precision in [Precision::Mixed, Precision::Double] {
        for layout in [LaneLayout::Replicas, LaneLayout::Atoms] {
            for portable in [false, true] {
                all.push(CpuOptions {
                    precision,
                    layout,
                    portable,
                    threads: 2,
                });
            }
        }
    }
    all
}

fn check_engine(
    engine: &mut dyn Engine,
    system: &System,
    positions: &[[f64; 3]],
    label: &str,
    double: bool,
) -> (f64, f64) {
    let (mut worst_energy, mut worst_force): (f64, f64) = (0.0, 0.0);
    for n_replicas in [1, 3, 17] {
        let replicas = batch(positions, n_replicas);
        let flat: Vec<f64> = replicas.iter().flatten().flatten().copied().collect();
        let (mut energies, mut forces) = (vec![0.0; n_replicas], vec![0.0; flat.len()]);
        engine.energies_and_forces(&flat, &mut energies, &mut forces);
        let mut only_energies = vec![0.0; n_replicas];
        engine.energies(&flat, &mut only_energies);
        assert_eq!(
            energies, only_energies,
            "{label}: energies alone differ from energies with forces"
        );
        for (replica, structure) in replicas.iter().enumerate() {
            let (terms, expected) = reference_energies(system, structure);
            let part = &forces[replica * structure.len() * 3..(replica + 1) * structure.len() * 3];
            let (energy, force) = deviation(energies[replica], part, &(terms.total(), expected));
            let (energy_limit, force_limit) = if double { (1e-7, 1e-9) } else { (0.02, 2e-5) };
            assert!(
                energy < energy_limit,
                "{label}, {n_replicas} replicas: energy off by {energy}"
            );
            assert!(
                force < force_limit,
                "{label}, {n_replicas} replicas: forces off by {force}"
            );
            worst_energy = worst_energy.max(energy);
            worst_force = worst_force.max(force);
        }
    }
    (worst_energy, worst_force)
}

#[test]
fn every_layout_and_precision_matches_the_reference() {
    for options in options() {
        let (mut worst_energy, mut worst_force): (f64, f64) = (0.0, 0.0);
        for (name, file) in ReferenceFile::all() {
            for reference in &file.references {
                let system = assign(&file, reference);
                let mut engine = engine(&system, &options).unwrap();
                let label = format!("{name} {} {options:?}", reference.label());
                let double = options.precision == Precision::Double;
                let (energy, force) =
                    check_engine(engine.as_mut(), &system, &file.positions_nm, &label, double);
                worst_energy = worst_energy.max(energy);
                worst_force = worst_force.max(force);
            }
        }
        println!(
            "{options:?}: energy within {worst_energy:.2e} kJ/mol, forces within {worst_force:.2e}"
        );
    }
}

#[test]
fn a_planted_error_is_noticed() {
    let (_, file) = ReferenceFile::all().swap_remove(0);
    let system = assign(&file, &file.references[0]);
    let mut wrong = system.clone();
    wrong.bonds[0].length_nm += 1e-4;
    let mut engine = engine(&wrong, &CpuOptions::default()).unwrap();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        check_engine(
            engine.as_mut(),
            &system,
            &file.positions_nm,
            "planted",
            false,
        );
    }));
    assert!(caught.is_err());
}
