//! Hybrid Monte Carlo with rigid bonds, on the engine of the CPU, against the exact distribution of a jointed rod.

use saltus::analysis::mcse_mean;
use saltus::cpu::{CpuOptions, Precision, engine};
use saltus::forcefield::{DistanceConstraint, Nonbonded, NonbondedException, System};
use saltus::integrator::Engine;
use saltus::mcmc::{Chain, Kernel, MetropolisKernel};
use saltus::proposal::{Hmc, HmcSettings, Mala, MalaSettings, Proposal};
use saltus::state::State;

const MASSES_DA: [f64; 3] = [16.0, 1.5, 16.0];
const N_REPLICAS: usize = 16;

/// Three atoms, two rigid bonds of 0.1 nm, no forces.
fn rod() -> System {
    let constraint = |atoms| DistanceConstraint {
        atoms,
        distance_nm: 0.1,
    };
    let exclusion = |atoms| NonbondedException {
        atoms,
        charge_product: 0.0,
        sigma_nm: 0.1,
        epsilon_kj_per_mol: 0.0,
    };
    System {
        masses_da: MASSES_DA.to_vec(),
        nonbonded: Nonbonded {
            charges: vec![0.0; 3],
            sigmas_nm: vec![0.1; 3],
            epsilons_kj_per_mol: vec![0.0; 3],
            exceptions: vec![exclusion([0, 1]), exclusion([0, 2]), exclusion([1, 2])],
        },
        constraints: vec![constraint([0, 1]), constraint([1, 2])],
        ..System::default()
    }
}

fn rod_engine() -> Box<dyn Engine> {
    let options = CpuOptions {
        precision: Precision::Double,
        threads: 1,
        ..CpuOptions::default()
    };
    engine(&rod(), &options).unwrap()
}

/// Mean of cos² of the angle: density sqrt((1/m1 + 1/m2)(1/m2 + 1/m3) - cos²/m2²) in the cosine.
///
/// The root is the determinant of the constraints' mass metric (Fixman, doi:10.1073/pnas.71.8.3050).
fn exact_mean_square_cosine() -> f64 {
    let [m1, m2, m3] = MASSES_DA;
    let product = (1.0 / m1 + 1.0 / m2) * (1.0 / m2 + 1.0 / m3);
    let n_cells = 100_000;
    let (mut total, mut weighted) = (0.0, 0.0);
    for cell in 0..n_cells {
        let cosine = -1.0 + (2.0 * cell as f64 + 1.0) / n_cells as f64;
        let density = (product - (cosine / m2).powi(2)).sqrt();
        total += density;
        weighted += density * cosine * cosine;
    }
    weighted / total
}

fn square_cosine(positions: &[f64]) -> f64 {
    let arm = |end: usize| -> [f64; 3] {
        std::array::from_fn(|axis| positions[end * 3 + axis] - positions[3 + axis])
    };
    let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let (first, second) = (arm(0), arm(2));
    dot(first, second).powi(2) / (dot(first, first) * dot(second, second))
}

fn rod_chain() -> Chain {
    Chain {
        state: State::replicate(&[[0.1, 0.0, 0.0], [0.0; 3], [0.0, 0.1, 0.0]], N_REPLICAS),
        temperatures_kelvin: vec![310.0; N_REPLICAS],
        ..Chain::default()
    }
}

fn check(refresh: f64, timestep_ps: f64) {
    let mut engine = rod_engine();
    assert_eq!(engine.n_degrees_of_freedom(), 7);
    let mut chain = rod_chain();
    let settings = HmcSettings {
        steps: 4,
        timestep_fs: 1e3 * timestep_ps,
        refresh,
        adapt: false,
        target_acceptance: None,
        ..HmcSettings::default()
    };
    let hmc = Box::new(Hmc::new(&settings).unwrap());
    let mut kernel = MetropolisKernel::new(hmc, N_REPLICAS, 95);
    kernel.freeze();
    let mut cosines = vec![Vec::new(); N_REPLICAS];
    let mut kinetic = vec![Vec::new(); N_REPLICAS];
    for step in 0..4200 {
        kernel.step(&mut chain, engine.as_mut()).unwrap();
        if step >= 200 {
            let energies = chain.kinetic_energies(&MASSES_DA);
            for replica in 0..N_REPLICAS {
                cosines[replica].push(square_cosine(chain.state.replica_positions(replica)));
                kinetic[replica].push(energies[replica]);
            }
        }
    }
    let kt = saltus::units::thermal_energy_kj_per_mol(310.0);
    let statistics = kernel.statistics();
    let share = statistics.accepted as f64 / statistics.proposed as f64;
    assert!((0.3..0.98).contains(&share), "{share} accepted");
    for (what, chains, expected) in [
        ("cos²", &cosines, exact_mean_square_cosine()),
        ("kinetic energy", &kinetic, 3.5 * kt),
    ] {
        let all = chains.concat();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let error = mcse_mean(chains).unwrap();
        assert!(
            (mean - expected).abs() < 4.5 * error,
            "{what}, refresh {refresh}: {mean} +- {error}, {expected}"
        );
    }
    // Without the metric the mean would be 1/3, which the test must be able to tell.
    assert!((exact_mean_square_cosine() - 1.0 / 3.0).abs() > 0.01);
}

#[test]
fn a_jointed_rod_has_its_exact_angles_and_kinetic_energy() {
    check(1.0, 0.025);
    check(0.5, 0.025);
}

#[test]
fn a_step_that_breaks_the_constraints_is_rejected() {
    let mut engine = rod_engine();
    let mut chain = rod_chain();
    let settings = HmcSettings {
        steps: 3,
        timestep_fs: 5000.0,
        ..HmcSettings::default()
    };
    let mut kernel = MetropolisKernel::new(Box::new(Hmc::new(&settings).unwrap()), N_REPLICAS, 96);
    kernel.step(&mut chain, engine.as_mut()).unwrap();
    assert!(kernel.statistics().non_finite > 0);
    assert!(chain.state.positions.iter().all(|x| x.is_finite()));
    assert!(chain.state.velocities.iter().all(|x| x.is_finite()));
}

#[test]
fn mala_refuses_rigid_bonds() {
    let mut engine = rod_engine();
    let mut chain = rod_chain();
    let mala: Box<dyn Proposal> = Box::new(Mala::new(&MalaSettings::default()).unwrap());
    let mut kernel = MetropolisKernel::new(mala, N_REPLICAS, 97);
    let message = kernel
        .step(&mut chain, engine.as_mut())
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("`mala`") && message.contains("constraints: none"),
        "{message}"
    );
}
