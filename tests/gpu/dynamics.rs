//! Time steps on the device: trajectories of the CPU, rigid bonds, repeatability, segments, batches, blow-ups.

use crate::openmm_reference::ReferenceFile;
use crate::support::{self, batch, gpu_with, molecule, on_software, system};
use saltus::cpu::{self, CpuOptions, Precision};
use saltus::forcefield::{BornModel, System};
use saltus::gpu::{GpuOptions, Placement};
use saltus::integrator::{Engine, EngineError, LangevinSettings, Splitting};
use saltus::state::State;

const TEMPERATURE: f64 = 310.0;

fn settings(n_replicas: usize, seed: u64) -> LangevinSettings {
    LangevinSettings {
        timestep_ps: 0.001,
        friction_per_ps: 10.0,
        temperatures_kelvin: (0..n_replicas)
            .map(|replica| TEMPERATURE + replica as f64)
            .collect(),
        seed,
    }
}

fn double(system: &System) -> Box<dyn Engine> {
    let options = CpuOptions {
        precision: Precision::Double,
        threads: 1,
        ..CpuOptions::default()
    };
    cpu::engine(system, &options).unwrap()
}

/// Displaced copies on the constraints, with thermal velocities.
fn start(engine: &mut dyn Engine, file: &ReferenceFile, n_replicas: usize) -> State {
    let mut state = State::replicate(&file.positions_nm, n_replicas);
    state.positions = batch(&file.positions_nm, n_replicas);
    engine.apply_constraints(&mut state).unwrap();
    engine.draw_velocities(&mut state, &vec![TEMPERATURE; n_replicas], 5, 0);
    state
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    let difference = |(a, b): (&f64, &f64)| (a - b).abs();
    a.iter()
        .zip(b)
        .map(difference)
        .fold(0.0, |worst, next| if next <= worst { worst } else { next })
}

/// Options that exercise every way a molecule is spread over threads.
fn layouts() -> Vec<GpuOptions> {
    let of = |placement, n_sharing| GpuOptions {
        placement: Some(placement),
        n_sharing: Some(n_sharing),
        ..GpuOptions::default()
    };
    vec![
        of(Placement::Resident, 1),
        of(Placement::Resident, 3),
        of(Placement::Tiled, 1),
        GpuOptions {
            without_f64: true,
            ..GpuOptions::default()
        },
    ]
}

#[test]
fn trajectories_are_those_of_the_cpu() {
    let file = molecule("alanine_dipeptide");
    for (rigid, options) in [false, true, true, false].into_iter().zip(layouts()) {
        let label = format!(
            "{:?} {:?} rigid {rigid}",
            options.placement, options.n_sharing
        );
        let system = system(&file, Some(BornModel::Obc2), rigid);
        let mut reference = double(&system);
        let Some(mut engine) = gpu_with(&system, options) else {
            return;
        };
        let begin = start(reference.as_mut(), &file, 4);
        let own = start(&mut engine, &file, 4);
        assert!(
            largest_difference(&begin.positions, &own.positions) < 2e-7,
            "{label}: start"
        );
        assert!(
            largest_difference(&begin.velocities, &own.velocities) < 2e-4,
            "{label}: draw"
        );
        let (mut expected, mut found) = (begin.clone(), begin.clone());
        reference
            .langevin(&mut expected, &settings(4, 2), 10)
            .unwrap();
        engine.langevin(&mut found, &settings(4, 2), 10).unwrap();
        let worst = largest_difference(&expected.positions, &found.positions);
        println!("{label}: {worst:.1e} nm after 10 Langevin steps");
        assert!(
            worst < 1e-5,
            "{label}: Langevin positions differ by {worst} nm"
        );
        assert_eq!(expected.step, found.step);
        for splitting in [
            Splitting::VelocityVerlet,
            Splitting::TwoStage,
            Splitting::ThreeStage,
        ] {
            let (mut expected, mut found) = (begin.clone(), begin.clone());
            reference
                .constant_energy(&mut expected, splitting, 0.001, 12)
                .unwrap();
            engine
                .constant_energy(&mut found, splitting, 0.001, 12)
                .unwrap();
            let worst = largest_difference(&expected.positions, &found.positions);
            assert!(
                worst < 1e-5,
                "{label}: positions after {splitting:?} differ by {worst} nm"
            );
        }
    }
}

#[test]
fn rigid_bonds_stay_rigid() {
    let file = molecule("alanine_dipeptide");
    let system = system(&file, None, true);
    let Some(mut engine) = support::gpu(&system) else {
        return;
    };
    let mut state = start(&mut engine, &file, 3);
    engine.langevin(&mut state, &settings(3, 1), 300).unwrap();
    engine
        .constant_energy(&mut state, Splitting::ThreeStage, 0.001, 102)
        .unwrap();
    for replica in 0..3 {
        let x = state.replica_positions(replica).as_chunks::<3>().0;
        let v = state.replica_velocities(replica).as_chunks::<3>().0;
        for constraint in &system.constraints {
            let [i, j] = constraint.atoms;
            let vector: [f64; 3] = std::array::from_fn(|axis| x[i][axis] - x[j][axis]);
            let length = vector.iter().map(|c| c * c).sum::<f64>().sqrt();
            assert!(
                (length / constraint.distance_nm - 1.0).abs() < 3e-6,
                "{length}"
            );
            let approach: f64 = (0..3)
                .map(|axis| vector[axis] * (v[i][axis] - v[j][axis]))
                .sum();
            assert!(
                (approach / length).abs() < 4e-4,
                "bond velocity {}",
                approach / length
            );
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_whatever_the_segments() {
    let file = molecule("alanine_dipeptide");
    let system = system(&file, Some(BornModel::Obc1), true);
    let Some(mut engine) = support::gpu(&system) else {
        return;
    };
    let begin = start(&mut engine, &file, 5);
    let mut run = |seed, parts: &[u64]| {
        let mut state = begin.clone();
        for &n_steps in parts {
            engine
                .langevin(&mut state, &settings(5, seed), n_steps)
                .unwrap();
        }
        state
    };
    let whole = run(9, &[90]);
    assert_eq!(whole, run(9, &[90]), "the same seed gave other bits");
    assert_eq!(
        whole,
        run(9, &[1, 32, 57]),
        "a checkpoint would change the trajectory"
    );
    assert_ne!(whole.positions, run(10, &[90]).positions);
}

#[test]
fn far_from_the_origin_nothing_changes() {
    let file = molecule("alanine_dipeptide");
    let system = system(&file, Some(BornModel::Obc1), false);
    let Some(mut engine) = support::gpu(&system) else {
        return;
    };
    let near = batch(&file.positions_nm, 1);
    let far: Vec<f64> = near.iter().map(|x| x + 1000.0).collect();
    let (mut a, mut b) = ([0.0], [0.0]);
    engine.energies(&near, &mut a);
    engine.energies(&far, &mut b);
    assert!((a[0] - b[0]).abs() < 1e-3, "{} and {}", a[0], b[0]);
}

#[test]
fn a_batch_equals_its_replicas_one_by_one() {
    let file = molecule("alanine_dipeptide");
    let system = system(&file, Some(BornModel::Obc1), false);
    let sizes = if on_software() {
        [1, 2, 65, 4096]
    } else {
        [1, 63, 4096, 32768]
    };
    let Some(mut engine) = support::gpu(&system) else {
        return;
    };
    let width = system.n_atoms() * 3;
    let most = batch(&file.positions_nm, sizes[3]);
    let mut all = vec![0.0; sizes[3]];
    engine.energies(&most, &mut all);
    for n_replicas in sizes {
        let mut energies = vec![0.0; n_replicas];
        engine.energies(&most[..n_replicas * width], &mut energies);
        assert_eq!(energies, all[..n_replicas], "{n_replicas} replicas");
    }
}

#[test]
fn a_blow_up_names_replica_step_and_atom() {
    let file = molecule("alanine_dipeptide");
    let system = system(&file, Some(BornModel::Obc1), false);
    let Some(mut engine) = support::gpu(&system) else {
        return;
    };
    let mut state = start(&mut engine, &file, 20);
    let broken = 17 * state.n_atoms * 3;
    for axis in 0..3 {
        state.positions[broken + axis] = state.positions[broken + 20 * 3 + axis] + 1e-3;
    }
    state.step = 4;
    let error = engine
        .langevin(&mut state, &settings(20, 2), 10)
        .unwrap_err();
    let EngineError::Diverged(diverged) = &error else {
        panic!("{error}")
    };
    assert_eq!((diverged.replica, diverged.step), (17, 4), "{error}");
    assert!([0, 20].contains(&diverged.atom_index), "{error}");
    assert!(diverged.worst_force_kj_per_mol_nm > 1e7, "{error}");
}

#[test]
fn nonsense_positions_give_nonsense_energies() {
    let file = molecule("alanine_dipeptide");
    let system = system(&file, Some(BornModel::Obc1), false);
    let Some(mut engine) = support::gpu(&system) else {
        return;
    };
    let mut positions = batch(&file.positions_nm, 2);
    positions[0] = f64::NAN;
    let mut energies = [0.0; 2];
    engine.energies(&positions, &mut energies);
    assert!(
        !energies[0].is_finite() && energies[1].is_finite(),
        "{energies:?}"
    );
}

#[test]
fn a_batch_that_is_cut_equals_one_that_fits() {
    let file = molecule("alanine_dipeptide");
    let system = system(&file, Some(BornModel::Obc1), true);
    let Some(mut whole) = support::gpu(&system) else {
        return;
    };
    let options = GpuOptions {
        largest_batch: Some(2),
        ..GpuOptions::default()
    };
    let mut cut = gpu_with(&system, options).unwrap();
    let begin = start(&mut whole, &file, 5);
    assert_eq!(begin, start(&mut cut, &file, 5));
    let (mut a, mut b) = (begin.clone(), begin);
    whole.langevin(&mut a, &settings(5, 3), 20).unwrap();
    cut.langevin(&mut b, &settings(5, 3), 20).unwrap();
    assert_eq!(a, b);
}

#[test]
fn a_lost_device_is_an_error_with_a_remedy() {
    let file = molecule("alanine_dipeptide");
    let system = system(&file, None, false);
    let Some(mut engine) = support::gpu(&system) else {
        return;
    };
    let mut state = start(&mut engine, &file, 2);
    engine.destroy_device();
    let error = engine
        .langevin(&mut state, &settings(2, 3), 20)
        .unwrap_err();
    assert!(matches!(error, EngineError::Device { .. }), "{error:?}");
    let message = error.to_string();
    assert!(
        message.contains("was lost") && message.contains("last checkpoint"),
        "{message}"
    );
    let mut energies = [0.0; 2];
    engine.energies(&state.positions, &mut energies);
    assert!(
        energies.iter().all(|energy| energy.is_nan()),
        "{energies:?}"
    );
}
