//! The engine of the CPU against the f64 reference: every term, layout, instruction set and precision, odd batch sizes.

use crate::openmm_reference::{Reference, ReferenceFile};
use saltus::cpu::{CpuOptions, LaneLayout, Precision, engine};
use saltus::forcefield::{System, reference_energies};
use saltus::integrator::Engine;

fn assign(file: &ReferenceFile, reference: &Reference) -> System {
    reference
        .force_field()
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
    for layout in [LaneLayout::Replicas, LaneLayout::Atoms] {
        for (precision, portable) in [
            (Precision::Mixed, false),
            (Precision::Mixed, true),
            (Precision::Double, false),
        ] {
            {
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

/// Energy and forces of one structure.
type Expected = (f64, Vec<[f64; 3]>);

/// Batch sizes around the width of the registers; the first and the last replica of each are compared.
const BATCHES: [usize; 3] = [1, 3, 17];

/// What the reference says of the first 17 structures of the batch, where they are compared.
fn expected(system: &System, replicas: &[Vec<[f64; 3]>]) -> Vec<Option<Expected>> {
    let compared = |replica: usize| replica == 0 || BATCHES.contains(&(replica + 1));
    let evaluate = |structure: &Vec<[f64; 3]>| {
        let (terms, forces) = reference_energies(system, structure);
        (terms.total(), forces)
    };
    replicas
        .iter()
        .enumerate()
        .map(|(i, structure)| compared(i).then(|| evaluate(structure)))
        .collect()
}

/// Largest errors of energy and forces over the batches; panics beyond what the precision promises.
fn check_engine(
    engine: &mut dyn Engine,
    replicas: &[Vec<[f64; 3]>],
    expected: &[Option<Expected>],
    label: &str,
    double: bool,
) -> (f64, f64) {
    let (mut worst_energy, mut worst_force): (f64, f64) = (0.0, 0.0);
    for n_replicas in BATCHES {
        let flat: Vec<f64> = replicas[..n_replicas]
            .iter()
            .flatten()
            .flatten()
            .copied()
            .collect();
        let (mut energies, mut forces) = (vec![0.0; n_replicas], vec![0.0; flat.len()]);
        engine.energies_and_forces(&flat, &mut energies, &mut forces);
        let mut only_energies = vec![0.0; n_replicas];
        engine.energies(&flat, &mut only_energies);
        assert_eq!(
            energies, only_energies,
            "{label}: energies alone differ from energies with forces"
        );
        for replica in [0, n_replicas - 1] {
            let size = flat.len() / n_replicas;
            let part = &forces[replica * size..(replica + 1) * size];
            let (energy, force) =
                deviation(energies[replica], part, expected[replica].as_ref().unwrap());
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
    let all = options();
    let mut worst = vec![(0.0_f64, 0.0_f64); all.len()];
    for (name, file) in ReferenceFile::all() {
        let replicas = batch(&file.positions_nm, 17);
        for reference in &file.references {
            let system = assign(&file, reference);
            let expected = expected(&system, &replicas);
            for (options, worst) in all.iter().zip(&mut worst) {
                let label = format!("{name} {} {options:?}", reference.label());
                let double = options.precision == Precision::Double;
                let mut engine = engine(&system, options).unwrap();
                let (energy, force) =
                    check_engine(engine.as_mut(), &replicas, &expected, &label, double);
                *worst = (worst.0.max(energy), worst.1.max(force));
            }
        }
    }
    for (options, (energy, force)) in all.iter().zip(worst) {
        println!("{options:?}: energy within {energy:.2e} kJ/mol, forces within {force:.2e}");
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
        let replicas = batch(&file.positions_nm, 17);
        check_engine(
            engine.as_mut(),
            &replicas,
            &expected(&system, &replicas),
            "planted",
            false,
        );
    }));
    assert!(caught.is_err());
}
