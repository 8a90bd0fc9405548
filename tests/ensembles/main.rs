//! Alanine dipeptide sampled in three ways that have nothing in common must give one ensemble.
//!
//! `SALTUS_SEEDS=5` runs more seeds, `SALTUS_LENGTH=10` longer chains than continuous integration has time for.

#![allow(
    clippy::cast_possible_truncation,
    reason = "bins, single-precision positions"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(
    clippy::print_stdout,
    reason = "measured populations belong in the log"
)]

use saltus::analysis::dihedral_rad;
use saltus::cpu::{CpuOptions, engine};
use saltus::integrator::{MinimizeSettings, minimize};
use saltus::mcmc::{Chain, Kernel, Ladder, MetropolisKernel, ReplicaExchange};
use saltus::proposal::{
    AdaptiveTorsionProposal, AdaptiveTorsionSettings, BlockKind, Hmc, HmcSettings, TorsionDraw,
    TorsionProposal, TorsionSettings,
};
use saltus::topology::{backbone_torsions, build};
use saltus::{BornModel, ForceField, Molecule, Sequence, System, SystemOptions};

const TEMPERATURE_KELVIN: f64 = 310.0;
const N_BINS: usize = 24;
/// Standard errors that a comparison may be off; with some 400 bins and a few comparisons, 5 is beyond chance.
const LIMIT: f64 = 5.0;

/// Visits of every (phi, psi) cell by every chain, `[n_chains][24 x 24]`, as shares; phi > 0 fills the upper half.
type Visits = Vec<Vec<f64>>;

struct Setup {
    molecule: Molecule,
    system: System,
    torsions: [[usize; 4]; 2],
}

fn setup() -> Setup {
    let mut molecule = build(&Sequence::parse("ACE-ALA-NME").unwrap(), &[]).unwrap();
    let options = SystemOptions {
        solvent: Some(BornModel::Obc1),
        ..SystemOptions::default()
    };
    let system = ForceField::builtin("amber14")
        .unwrap()
        .assign(&molecule.topology, &options)
        .unwrap();
    let mut minimiser = engine(&system, &CpuOptions::default()).unwrap();
    minimize(
        minimiser.as_mut(),
        &mut molecule.positions,
        &MinimizeSettings::default(),
    );
    let named = backbone_torsions(&molecule.topology);
    let find = |name: &str| {
        named
            .iter()
            .find(|torsion| torsion.name == name)
            .unwrap()
            .atoms
    };
    Setup {
        torsions: [find("phi_2"), find("psi_2")],
        molecule,
        system,
    }
}

fn hmc(n_replicas: usize, seed: u64) -> Box<dyn Kernel> {
    let settings = HmcSettings {
        steps: 8,
        timestep_fs: 1.5,
        ..HmcSettings::default()
    };
    Box::new(MetropolisKernel::new(
        Box::new(Hmc::new(&settings).unwrap()),
        n_replicas,
        seed,
    ))
}

/// Runs the kernels and counts the visits of the first of every `n_rungs` replicas, which is at the target temperature.
fn sample(
    setup: &Setup,
    temperatures_kelvin: &[f64],
    n_rungs: usize,
    kernels: &mut [Box<dyn Kernel>],
    [equilibration, production]: [u64; 2],
) -> Visits {
    let length = setting("SALTUS_LENGTH");
    let (equilibration, production) = (equilibration * length.min(3), production * length);
    let mut engine = engine(&setup.system, &CpuOptions::default()).unwrap();
    let mut chain = Chain::start(&setup.molecule.positions, temperatures_kelvin);
    let n_chains = temperatures_kelvin.len() / n_rungs;
    let mut visits = vec![vec![0.0; N_BINS * N_BINS]; n_chains];
    for cycle in 0..equilibration + production {
        for kernel in kernels.iter_mut() {
            kernel.step(&mut chain, engine.as_mut()).unwrap();
        }
        if cycle + 1 == equilibration {
            kernels.iter_mut().for_each(|kernel| kernel.freeze());
        }
        if cycle >= equilibration {
            for (copy, cells) in visits.iter_mut().enumerate() {
                cells[cell(setup, chain.state.replica_positions(copy * n_rungs))] +=
                    1.0 / production as f64;
            }
        }
    }
    visits
}

fn cell(setup: &Setup, positions: &[f64]) -> usize {
    let positions: Vec<f32> = positions.iter().map(|&x| x as f32).collect();
    let bin = |atoms: [usize; 4]| {
        let turns = dihedral_rad(&positions, atoms) / std::f64::consts::TAU + 0.5;
        ((turns * N_BINS as f64) as usize).min(N_BINS - 1)
    };
    bin(setup.torsions[0]) * N_BINS + bin(setup.torsions[1])
}

fn hmc_and_torsion(setup: &Setup, seed: u64) -> Visits {
    let torsion =
        TorsionProposal::new(&setup.molecule.topology, &TorsionSettings::default()).unwrap();
    let torsion = MetropolisKernel::new(Box::new(torsion), 64, seed + 1);
    let mut kernels: Vec<Box<dyn Kernel>> = vec![hmc(64, seed), Box::new(torsion)];
    sample(
        setup,
        &[TEMPERATURE_KELVIN; 64],
        1,
        &mut kernels,
        [500, 3000],
    )
}

fn adaptive_torsion(setup: &Setup, seed: u64) -> Visits {
    let learned = AdaptiveTorsionProposal::new(
        &setup.molecule.topology,
        &AdaptiveTorsionSettings::default(),
    )
    .unwrap();
    let learned = MetropolisKernel::new(Box::new(learned), 64, seed + 1);
    let mut kernels: Vec<Box<dyn Kernel>> = vec![hmc(64, seed), Box::new(learned)];
    let visits = sample(
        setup,
        &[TEMPERATURE_KELVIN; 64],
        1,
        &mut kernels,
        [500, 1500],
    );
    let statistics = kernels[1].statistics();
    println!(
        "  adaptive_torsion accepts {:.1} %",
        100.0 * statistics.accepted as f64 / statistics.proposed as f64
    );
    visits
}

/// Small steps on single torsions cross the barriers at the hot end; exchange brings what they find to the cold one.
fn replica_exchange(setup: &Setup, seed: u64) -> Visits {
    let ladder = Ladder::geometric(TEMPERATURE_KELVIN, 900.0, 8).unwrap();
    let temperatures = ladder.replica_temperatures_kelvin(256).unwrap();
    let exchange = ReplicaExchange::new(ladder, 256, seed + 1).unwrap();
    let settings = TorsionSettings {
        kind: BlockKind::Single,
        proposal: TorsionDraw::Normal,
        ..TorsionSettings::default()
    };
    let torsion = TorsionProposal::new(&setup.molecule.topology, &settings).unwrap();
    let torsion = MetropolisKernel::new(Box::new(torsion), 256, seed + 2);
    let mut kernels: Vec<Box<dyn Kernel>> =
        vec![hmc(256, seed), Box::new(torsion), Box::new(exchange)];
    sample(setup, &temperatures, 8, &mut kernels, [1000, 4000])
}

/// Mean and standard error over independent chains.
fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / (n - 1.0);
    (mean, (variance / n).sqrt())
}

fn share_of_positive_phi(visits: &Visits) -> (f64, f64) {
    let shares: Vec<f64> = visits
        .iter()
        .map(|cells| cells[N_BINS * N_BINS / 2..].iter().sum())
        .collect();
    mean_and_error(&shares)
}

/// Largest difference between two samplers in standard errors, over cells that both visit often enough for a normal law.
fn largest_deviation(first: &Visits, second: &Visits) -> f64 {
    let column = |visits: &Visits, cell: usize| -> (f64, f64) {
        mean_and_error(&visits.iter().map(|cells| cells[cell]).collect::<Vec<_>>())
    };
    (0..N_BINS * N_BINS)
        .map(|cell| (column(first, cell), column(second, cell)))
        .filter(|((a, _), (b, _))| *a > 1e-3 && *b > 1e-3)
        .map(|((a, a_error), (b, b_error))| (a - b).abs() / a_error.hypot(b_error))
        .fold(0.0, f64::max)
}

/// A whole number from the environment, 1 where there is none.
fn setting(name: &str) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1)
}

#[test]
fn three_samplers_give_one_ensemble() {
    let setup = setup();
    for seed in (1..=setting("SALTUS_SEEDS")).map(|seed| 1000 * seed) {
        let samplers = [
            ("hmc + torsion", hmc_and_torsion(&setup, seed)),
            (
                "hmc + adaptive_torsion",
                adaptive_torsion(&setup, seed + 10),
            ),
            (
                "hmc + replica exchange",
                replica_exchange(&setup, seed + 20),
            ),
        ];
        for (name, visits) in &samplers {
            let (share, error) = share_of_positive_phi(visits);
            println!(
                "seed {seed}, {name}: phi > 0 {:.2} +- {:.2} %",
                100.0 * share,
                100.0 * error
            );
        }
        for (i, j) in [(0, 1), (0, 2), (1, 2)] {
            let ((a, a_error), (b, b_error)) = (
                share_of_positive_phi(&samplers[i].1),
                share_of_positive_phi(&samplers[j].1),
            );
            let z = (a - b).abs() / a_error.hypot(b_error);
            let worst = largest_deviation(&samplers[i].1, &samplers[j].1);
            println!(
                "  {} against {}: phi > 0 {z:.1}, worst cell {worst:.1} standard errors",
                samplers[i].0, samplers[j].0
            );
            assert!(
                z < LIMIT,
                "seed {seed}: {} and {} differ in phi > 0",
                samplers[i].0,
                samplers[j].0
            );
            assert!(
                worst < LIMIT + 1.0,
                "seed {seed}: {} and {} differ in a cell",
                samplers[i].0,
                samplers[j].0
            );
        }
    }
}

#[test]
fn a_biased_sampler_is_noticed() {
    let setup = setup();
    let right = adaptive_torsion(&setup, 77);
    // Frames of phi > 0 counted half again: what a proposal with a wrong ratio would do.
    let biased: Visits = hmc_and_torsion(&setup, 78)
        .into_iter()
        .map(|cells| {
            let weight = |cell: usize| {
                if cell >= N_BINS * N_BINS / 2 {
                    1.5
                } else {
                    1.0
                }
            };
            cells
                .iter()
                .enumerate()
                .map(|(cell, share)| share * weight(cell))
                .collect()
        })
        .collect();
    let ((a, a_error), (b, b_error)) = (
        share_of_positive_phi(&right),
        share_of_positive_phi(&biased),
    );
    assert!(
        (a - b).abs() / a_error.hypot(b_error) > LIMIT,
        "{a} {a_error}, {b} {b_error}"
    );
}
