//! Criterion benchmark of the CPU engine: Langevin steps and energies of three peptides in OBC1. Compares with no other program.
//!
//!     cargo bench --bench dynamics
//!
//! Throughput is in replica-steps (or replica-energies) per second.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use saltus::cpu::{CpuOptions, engine};
use saltus::forcefield::{BornModel, ForceField, System, SystemOptions};
use saltus::integrator::{Engine, LangevinSettings, MinimizeSettings, minimize};
use saltus::state::State;
use saltus::topology::{Sequence, build};
use std::time::Duration;

/// Sequences of 22, 54 and 138 atoms.
const SEQUENCES: [&str; 3] = ["ACE-ALA-NME", "AAAY", "GYDPETGTWG"];
const TEMPERATURE_KELVIN: f64 = 310.0;
/// Steps a call: the cost of a call is then spread as in a run.
const N_STEPS: u64 = 50;

/// One molecule, assigned and minimised.
struct Peptide {
    system: System,
    positions: Vec<[f64; 3]>,
}

impl Peptide {
    fn new(sequence: &str) -> Self {
        let sequence = Sequence::parse(sequence).expect("invariant: the sequences are valid");
        let molecule = build(&sequence, &[]).expect("invariant: the sequences can be built");
        let options = SystemOptions {
            solvent: Some(BornModel::Obc1),
            ..SystemOptions::default()
        };
        let system = ForceField::builtin("amber14")
            .expect("invariant: amber14 is built in")
            .assign(&molecule.topology, &options)
            .expect("invariant: amber14 has all residues");
        let mut peptide = Self {
            system,
            positions: molecule.positions,
        };
        let mut engine = peptide.engine(1);
        let settings = MinimizeSettings::default();
        minimize(engine.as_mut(), &mut peptide.positions, &settings);
        peptide
    }

    fn engine(&self, threads: usize) -> Box<dyn Engine> {
        let options = CpuOptions {
            threads,
            ..CpuOptions::default()
        };
        engine(&self.system, &options).expect("invariant: amber14 fits the engine")
    }
}

fn dynamics(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("dynamics");
    group
        .measurement_time(Duration::from_secs(3))
        .sample_size(10);
    for sequence in SEQUENCES {
        let peptide = Peptide::new(sequence);
        for (n_replicas, threads) in [(1, 1), (1, 2), (64, 1), (64, 2)] {
            let case = format!("{n_replicas} replicas, {threads} threads");
            let mut engine = peptide.engine(threads);
            let mut state = State::replicate(&peptide.positions, n_replicas);
            let settings = LangevinSettings {
                timestep_ps: 0.001,
                friction_per_ps: 1.0,
                temperatures_kelvin: vec![TEMPERATURE_KELVIN; n_replicas],
                seed: 1,
            };
            engine.draw_velocities(&mut state, &settings.temperatures_kelvin, 1, 0);
            group.throughput(Throughput::Elements(N_STEPS * n_replicas as u64));
            group.bench_function(
                BenchmarkId::new(format!("langevin {sequence}"), &case),
                |b| {
                    b.iter(|| {
                        engine
                            .langevin(&mut state, &settings, N_STEPS)
                            .expect("invariant: 1 fs is stable");
                    });
                },
            );
            let mut energies = vec![0.0; n_replicas];
            group.throughput(Throughput::Elements(n_replicas as u64));
            group.bench_function(
                BenchmarkId::new(format!("energies {sequence}"), &case),
                |b| {
                    b.iter(|| engine.energies(&state.positions, &mut energies));
                },
            );
        }
    }
    group.finish();
}

criterion_group!(benches, dynamics);
criterion_main!(benches);
