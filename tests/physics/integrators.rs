//! Integrators against what theory says: equipartition, order of the time step, rigid bonds, reproducible noise.

use crate::openmm_reference::ReferenceFile;
use saltus::cpu::{CpuOptions, LaneLayout, Precision, engine};
use saltus::forcefield::{BornModel, ForceField, System, SystemOptions, reference_energies};
use saltus::integrator::{
    Engine, EngineError, LangevinSettings, MinimizeSettings, Splitting, minimize,
};
use saltus::mcmc::Chain;
use saltus::state::State;
use saltus::units::BOLTZMANN_KJ_PER_MOL_K;

const TEMPERATURE: f64 = 310.0;

fn alanine_dipeptide(
    constrain_hydrogen_bonds: bool,
    hydrogen_mass_da: f64,
) -> (System, Vec<[f64; 3]>) {
    let (_, file) = ReferenceFile::all()
        .into_iter()
        .find(|(name, _)| name == "alanine_dipeptide")
        .unwrap();
    let options = |constrain_hydrogen_bonds| SystemOptions {
        solvent: Some(BornModel::Obc1),
        constrain_hydrogen_bonds,
        hydrogen_mass_da,
        ..SystemOptions::default()
    };
    let force_field = ForceField::builtin("amber14").unwrap();
    let flexible = force_field
        .assign(&file.topology(), &options(false))
        .unwrap();
    let mut positions = file.positions_nm.clone();
    let double = CpuOptions {
        precision: Precision::Double,
        threads: 1,
        ..CpuOptions::default()
    };
    let mut reference = engine(&flexible, &double).unwrap();
    let result = minimize(
        reference.as_mut(),
        &mut positions,
        &MinimizeSettings::default(),
    );
    assert!(result.final_energy_kj_per_mol < result.initial_energy_kj_per_mol);
    assert!(result.rms_force_kj_per_mol_nm <= 10.0, "{result:?}");
    (
        force_field
            .assign(&file.topology(), &options(constrain_hydrogen_bonds))
            .unwrap(),
        positions,
    )
}

fn settings(n_replicas: usize, timestep_ps: f64, seed: u64) -> LangevinSettings {
    LangevinSettings {
        timestep_ps,
        friction_per_ps: 10.0,
        temperatures_kelvin: vec![TEMPERATURE; n_replicas],
        seed,
    }
}

fn start(engine: &mut dyn Engine, positions: &[[f64; 3]], n_replicas: usize) -> State {
    let mut state = State::replicate(positions, n_replicas);
    engine.apply_constraints(&mut state).unwrap();
    engine.draw_velocities(&mut state, &vec![TEMPERATURE; n_replicas], 5, 0);
    state
}

fn mean_temperature(engine: &dyn Engine, state: &State) -> f64 {
    let chain = Chain {
        state: state.clone(),
        ..Chain::default()
    };
    let kinetic: f64 = chain.kinetic_energies(engine.masses_da()).iter().sum();
    let freedom = (engine.n_degrees_of_freedom() * state.n_replicas) as f64;
    2.0 * kinetic / (freedom * BOLTZMANN_KJ_PER_MOL_K)
}

#[test]
fn langevin_holds_the_temperature_with_and_without_constraints() {
    for (rigid, mass, timestep) in [
        (false, 1.008, 0.001),
        (true, 1.008, 0.002),
        (true, 4.0, 0.004),
    ] {
        let (system, positions) = alanine_dipeptide(rigid, mass);
        let mut engine = engine(
            &system,
            &CpuOptions {
                threads: 2,
                ..CpuOptions::default()
            },
        )
        .unwrap();
        let mut state = start(engine.as_mut(), &positions, 256);
        assert!((mean_temperature(engine.as_ref(), &state) / TEMPERATURE - 1.0).abs() < 0.05);
        let settings = settings(256, timestep, 11);
        engine.langevin(&mut state, &settings, 1000).unwrap();
        let mut sum = 0.0;
        for _ in 0..20 {
            engine.langevin(&mut state, &settings, 100).unwrap();
            sum += mean_temperature(engine.as_ref(), &state) / 20.0;
        }
        // 256 replicas x 20 nearly independent draws of some 60 degrees of freedom: one part in 400.
        assert!(
            (sum / TEMPERATURE - 1.0).abs() < 0.01,
            "rigid {rigid}, {timestep} ps: {sum} K"
        );
    }
}

#[test]
fn rigid_bonds_stay_rigid_in_every_layout() {
    let (system, positions) = alanine_dipeptide(true, 1.008);
    for layout in [LaneLayout::Replicas, LaneLayout::Atoms] {
        for precision in [Precision::Mixed, Precision::Double] {
            let options = CpuOptions {
                layout,
                precision,
                threads: 1,
                portable: false,
            };
            let mut engine = engine(&system, &options).unwrap();
            let mut state = start(engine.as_mut(), &positions, 3);
            engine
                .langevin(&mut state, &settings(3, 0.002, 1), 500)
                .unwrap();
            engine
                .constant_energy(&mut state, Splitting::ThreeStage, 0.002, 102)
                .unwrap();
            let limit = if precision == Precision::Mixed {
                3e-6
            } else {
                1e-8
            };
            for replica in 0..3 {
                let (x, _) = state.replica_positions(replica).as_chunks::<3>();
                let (v, _) = state.replica_velocities(replica).as_chunks::<3>();
                for constraint in &system.constraints {
                    let [i, j] = constraint.atoms;
                    let vector: [f64; 3] = std::array::from_fn(|axis| x[i][axis] - x[j][axis]);
                    let length = vector.iter().map(|c| c * c).sum::<f64>().sqrt();
                    assert!(
                        (length / constraint.distance_nm - 1.0).abs() < limit,
                        "{options:?}: {length}"
                    );
                    let approach: f64 = (0..3)
                        .map(|axis| vector[axis] * (v[i][axis] - v[j][axis]))
                        .sum();
                    assert!(
                        (approach / length).abs() < 2e-4,
                        "{options:?}: bond velocity {}",
                        approach / length
                    );
                }
            }
        }
    }
}

/// Root mean square fluctuation of the total energy along one trajectory, kJ/mol, and its drift over the run.
fn energy_fluctuation(
    splitting: Splitting,
    timestep: f64,
    steps_between: u64,
    precision: Precision,
) -> (f64, f64) {
    let (system, positions) = alanine_dipeptide(false, 1.008);
    let options = CpuOptions {
        precision,
        threads: 1,
        layout: LaneLayout::Replicas,
        portable: false,
    };
    let mut engine = engine(&system, &options).unwrap();
    let mut state = start(engine.as_mut(), &positions, 16);
    engine
        .langevin(&mut state, &settings(16, 0.0005, 3), 4000)
        .unwrap();
    let mut series: Vec<Vec<f64>> = vec![Vec::new(); 16];
    for _ in 0..1000 {
        engine
            .constant_energy(&mut state, splitting, timestep, steps_between)
            .unwrap();
        let mut potential = vec![0.0; 16];
        engine.energies(&state.positions, &mut potential);
        let chain = Chain {
            state: state.clone(),
            ..Chain::default()
        };
        for (replica, kinetic) in chain
            .kinetic_energies(engine.masses_da())
            .into_iter()
            .enumerate()
        {
            series[replica].push(potential[replica] + kinetic);
        }
    }
    let mut square = 0.0;
    let mut drift = 0.0;
    for total in &series {
        let mean = total.iter().sum::<f64>() / 1000.0;
        square += total.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / 1000.0 / 16.0;
        let (first, last) = (&total[..200], &total[800..]);
        drift += (last.iter().sum::<f64>() - first.iter().sum::<f64>()) / 200.0 / 16.0;
    }
    (square.sqrt(), drift)
}

#[test]
fn the_energy_error_of_velocity_verlet_is_of_second_order_and_does_not_drift() {
    for precision in [Precision::Double, Precision::Mixed] {
        let fluctuation = |timestep, steps_between| {
            energy_fluctuation(
                Splitting::VelocityVerlet,
                timestep,
                steps_between,
                precision,
            )
        };
        let (coarse, coarse_drift) = fluctuation(0.001, 2);
        let (fine, fine_drift) = fluctuation(0.0005, 4);
        let ratio = coarse / fine;
        println!(
            "{precision:?}: rms {coarse:.4} and {fine:.4} kJ/mol, ratio {ratio:.3}; drift {coarse_drift:.4}, {fine_drift:.4}"
        );
        assert!(
            (ratio - 4.0).abs() < 0.5,
            "{precision:?}: halving the time step divides the error by {ratio}, not 4"
        );
        assert!(
            fine_drift.abs() < 0.3 * fine,
            "{precision:?}: drift {fine_drift} kJ/mol in 1.6 ps"
        );
    }
}

/// Hybrid Monte Carlo pays for the change of the total energy over a whole trajectory, in kT: its mean, from equilibrium.
fn cost_of_trajectories(splitting: Splitting, timestep: f64) -> f64 {
    let (system, positions) = alanine_dipeptide(false, 1.008);
    let mut engine = engine(&system, &CpuOptions::default()).unwrap();
    let n_replicas = 256;
    let mut state = start(engine.as_mut(), &positions, n_replicas);
    let bath = settings(n_replicas, 0.0005, 3);
    engine.langevin(&mut state, &bath, 4000).unwrap();
    let energies = |state: &State, engine: &mut dyn Engine| -> f64 {
        let mut potential = vec![0.0; n_replicas];
        engine.energies(&state.positions, &mut potential);
        let kinetic = state.kinetic_energies(engine.masses_da());
        potential.iter().chain(&kinetic).sum()
    };
    let before = energies(&state, engine.as_mut());
    engine
        .constant_energy(&mut state, splitting, timestep, 24)
        .unwrap();
    let kt = BOLTZMANN_KJ_PER_MOL_K * TEMPERATURE;
    (energies(&state, engine.as_mut()) - before) / kt / n_replicas as f64
}

#[test]
fn more_stages_cost_less_energy_at_equal_work() {
    let [one, two, three] = [
        Splitting::VelocityVerlet,
        Splitting::TwoStage,
        Splitting::ThreeStage,
    ]
    .map(|splitting| cost_of_trajectories(splitting, 0.0015));
    println!("mean change of the total energy, kT: {one:.4}, {two:.4}, {three:.4}");
    assert!(one > 0.1, "{one}: the comparison means nothing");
    assert!(
        two.abs() < 0.2 * one && three.abs() < 0.2 * one,
        "{one}, {two}, {three}"
    );
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_seed_does_not() {
    let (system, positions) = alanine_dipeptide(false, 1.008);
    let run = |threads, seed| {
        let mut engine = engine(
            &system,
            &CpuOptions {
                threads,
                ..CpuOptions::default()
            },
        )
        .unwrap();
        let mut state = start(engine.as_mut(), &positions, 33);
        engine
            .langevin(&mut state, &settings(33, 0.001, seed), 200)
            .unwrap();
        state
    };
    let first = run(1, 1);
    assert_eq!(first, run(2, 1), "the number of threads changed the result");
    assert_ne!(first.positions, run(1, 2).positions);
}

#[test]
fn a_segment_in_two_parts_equals_one() {
    let (system, positions) = alanine_dipeptide(true, 1.008);
    for layout in [LaneLayout::Replicas, LaneLayout::Atoms] {
        let mut engine = engine(
            &system,
            &CpuOptions {
                threads: 1,
                layout,
                ..CpuOptions::default()
            },
        )
        .unwrap();
        let begin = start(engine.as_mut(), &positions, 5);
        let (mut whole, mut parts) = (begin.clone(), begin);
        let settings = settings(5, 0.002, 9);
        engine.langevin(&mut whole, &settings, 150).unwrap();
        engine.langevin(&mut parts, &settings, 50).unwrap();
        engine.langevin(&mut parts, &settings, 100).unwrap();
        assert_eq!(
            whole, parts,
            "{layout:?}: a checkpoint would change the trajectory"
        );
    }
}

#[test]
fn layouts_draw_the_same_noise() {
    let (system, positions) = alanine_dipeptide(false, 1.008);
    let run = |layout, precision| {
        let mut engine = engine(
            &system,
            &CpuOptions {
                threads: 1,
                layout,
                precision,
                portable: false,
            },
        )
        .unwrap();
        let mut state = start(engine.as_mut(), &positions, 4);
        engine
            .langevin(&mut state, &settings(4, 0.001, 2), 10)
            .unwrap();
        state.positions
    };
    let reference = run(LaneLayout::Replicas, Precision::Double);
    for (layout, precision) in [
        (LaneLayout::Atoms, Precision::Double),
        (LaneLayout::Replicas, Precision::Mixed),
        (LaneLayout::Atoms, Precision::Mixed),
    ] {
        let other = run(layout, precision);
        let worst = reference
            .iter()
            .zip(&other)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(
            worst < 1e-5,
            "{layout:?} {precision:?}: positions differ by {worst} nm after 10 steps"
        );
    }
}

#[test]
fn a_blow_up_names_replica_step_and_atom() {
    let (system, positions) = alanine_dipeptide(false, 1.008);
    let mut engine = engine(
        &system,
        &CpuOptions {
            threads: 1,
            ..CpuOptions::default()
        },
    )
    .unwrap();
    let mut state = start(engine.as_mut(), &positions, 20);
    let broken = 17 * state.n_atoms * 3;
    // Atom 0 of replica 17 lands almost on atom 20, at the other end of the molecule.
    for axis in 0..3 {
        state.positions[broken + axis] = state.positions[broken + 20 * 3 + axis] + 1e-3;
    }
    let error = engine
        .langevin(&mut state, &settings(20, 0.001, 2), 10)
        .unwrap_err();
    let EngineError::Diverged(diverged) = &error else {
        panic!("{error}")
    };
    assert_eq!((diverged.replica, diverged.step), (17, 0), "{error}");
    assert!([0, 20].contains(&diverged.atom_index), "{error}");
}

#[test]
fn nonsense_positions_give_nonsense_energies_not_panics() {
    let (system, positions) = alanine_dipeptide(false, 1.008);
    let mut engine = engine(&system, &CpuOptions::default()).unwrap();
    let mut state = State::replicate(&positions, 2);
    state.positions[0] = f64::NAN;
    let mut energies = [0.0; 2];
    engine.energies(&state.positions, &mut energies);
    assert!(!energies[0].is_finite());
    assert!((energies[1] - reference_energies(&system, &positions).0.total()).abs() < 0.02);
}
