//! A replica that blows up while whole cycles run on the device: the report names its step, cycle and kernel, not those of the frame.

use crate::ensembles::cpu_engine;
use crate::support::{choice, gpu, molecule, system};
use saltus::forcefield::{BornModel, System};
use saltus::gpu::{CycleSampler, GpuOptions, Resident, ResidentMove, TorsionMoves};
use saltus::integrator::{
    Diverged, Engine, EngineError, LangevinSettings, MinimizeSettings, minimize,
};
use saltus::mcmc::{Chain, DriveError, KernelError, Sampler};
use saltus::proposal::{BlockKind, torsion_blocks};
use saltus::state::State;

const TEMPERATURE: f64 = 310.0;
const N_REPLICAS: usize = 3;
/// Steps of the two Langevin entries, the second of which takes steps that are too long.
const N_STEPS: [u64; 2] = [7, 5];
const TIMESTEPS_PS: [f64; 2] = [0.001, 0.003_6];
const SEEDS: [u64; 2] = [5, 6];

fn settings(entry: usize) -> LangevinSettings {
    LangevinSettings {
        timestep_ps: TIMESTEPS_PS[entry],
        friction_per_ps: 1.0,
        temperatures_kelvin: vec![TEMPERATURE; N_REPLICAS],
        seed: SEEDS[entry],
    }
}

fn moves() -> Vec<ResidentMove> {
    let langevin = |entry: usize| ResidentMove::Langevin {
        n_steps: N_STEPS[entry],
        timestep_ps: TIMESTEPS_PS[entry],
        friction_per_ps: 1.0,
        seed: SEEDS[entry],
    };
    vec![langevin(0), langevin(1)]
}

/// What the engine says of the same cycles, segment by segment: cycle and entry, both from 1, and the failure.
fn truth(engine: &mut dyn Engine, mut state: State) -> (u64, usize, Diverged) {
    for cycle in 1..=400 {
        for (entry, &n_steps) in N_STEPS.iter().enumerate() {
            match engine.langevin(&mut state, &settings(entry), n_steps) {
                Ok(()) => {}
                Err(EngineError::Diverged(diverged)) => return (cycle, entry + 1, diverged),
                Err(error) => panic!("{error}"),
            }
        }
    }
    panic!("nothing blew up: the test tests nothing")
}

struct Setup {
    system: System,
    start: State,
    torsions: TorsionMoves,
}

fn setup() -> Option<(Setup, Box<dyn Engine>)> {
    let file = molecule("alanine_dipeptide");
    let system = system(&file, Some(BornModel::Obc1), false);
    let mut engine = gpu(&system)?;
    let mut positions = file.positions_nm.clone();
    minimize(&mut engine, &mut positions, &MinimizeSettings::default());
    let torsions = TorsionMoves {
        blocks: torsion_blocks(&file.topology(), BlockKind::Pair, false),
        widths_rad: Vec::new(),
    };
    let start = State {
        step: 40,
        ..State::replicate(&positions, N_REPLICAS)
    };
    let setup = Setup {
        system,
        start,
        torsions,
    };
    Some((setup, Box::new(engine)))
}

impl Setup {
    fn resident(&self, moves: Vec<ResidentMove>) -> Resident {
        let options = GpuOptions {
            choice: choice().unwrap(),
            ..GpuOptions::default()
        };
        Resident::new(&self.system, &options, moves, &self.torsions).unwrap()
    }
}

fn is_named(error: &EngineError, (cycle, entry, diverged): &(u64, usize, Diverged)) {
    let expected = EngineError::InCycle {
        kernel: "langevin",
        entry: *entry,
        cycle: *cycle,
        source: Box::new(diverged.clone().into()),
    };
    assert_eq!(*error, expected, "{error}");
}

#[test]
fn a_blow_up_within_cycles_names_its_own_step_cycle_and_kernel() {
    let Some((setup, mut engine)) = setup() else {
        return;
    };
    let truth = truth(engine.as_mut(), setup.start.clone());
    let (cycle, entry, diverged) = &truth;
    println!("cycle {cycle}, entry {entry}: {diverged}");
    assert!(*cycle > 1 && diverged.step > setup.start.step);
    let temperatures = [TEMPERATURE; N_REPLICAS];
    // Never looked at, and looked at every 50 cycles with another dispatch under way.
    for every in [u64::MAX, 50] {
        let mut resident = setup.resident(moves());
        resident.upload(&setup.start, &temperatures).unwrap();
        let mut n_frames = 0;
        let result = resident.run(cycle + 120, every, &mut |_| n_frames += 1);
        is_named(&result.unwrap_err(), &truth);
        assert_eq!(n_frames, (cycle - 1) / every);
    }
}

#[test]
fn a_sampler_of_cycles_reports_a_blow_up_and_counts_cycles_over_a_resumption() {
    let Some((setup, mut engine)) = setup() else {
        return;
    };
    let truth = truth(engine.as_mut(), setup.start.clone());
    let mut chain = Chain {
        state: setup.start.clone(),
        temperatures_kelvin: vec![TEMPERATURE; N_REPLICAS],
        ..Chain::default()
    };
    let make = || CycleSampler::new(setup.resident(moves()), cpu_engine(&setup.system));
    let mut first = make();
    first.run(&mut chain, 1).unwrap();
    let mut second = make();
    second.restore(&first.save()).unwrap();
    let before = chain.clone();
    let failure = second.run(&mut chain, truth.0 + 5).unwrap_err();
    let DriveError::Kernel {
        name,
        source: KernelError::Engine(error),
    } = failure
    else {
        panic!("not an error of the engine")
    };
    assert_eq!(name, "gpu_cycle");
    is_named(&error, &truth);
    assert_eq!(chain, before, "what was known to be sound is kept");
}
