//! However much work one call asks for, the device does all of it: a long call against many short ones, bit for bit.
//!
//! Software Vulkan of Mesa 22 ends every loop of a kernel after 65,535 iterations in all and says nothing; a dispatch of 500 steps
//! of 22 atoms, or one trajectory of 40 steps of 300 atoms, is beyond that.

use crate::support::{choice, gpu_with, molecule, on_software, system};
use crate::torsion_leap_twin::Peptide;
use saltus::forcefield::{BornModel, System};
use saltus::gpu::{GpuError, GpuOptions, Resident, ResidentMove, TorsionMoves};
use saltus::integrator::{
    Engine, EngineError, LangevinSettings, MinimizeSettings, Splitting, minimize,
};
use saltus::mcmc::{Chain, Kernel, MetropolisKernel};
use saltus::proposal::{BlockKind, Hmc, HmcSettings, builtin_leap_model, torsion_blocks};
use saltus::state::State;

const TEMPERATURE: f64 = 310.0;

/// All of a call in one dispatch unless the engine cuts it: a busy machine would cut it for its slowness and hide what is tested.
fn all_at_once() -> GpuOptions {
    GpuOptions {
        steps_at_once: Some(1_000_000),
        ..GpuOptions::default()
    }
}

/// A minimised molecule with thermal velocities, and the engine that made it.
fn setup(name: &str, rigid: bool, n_replicas: usize) -> Option<(System, State, impl Engine)> {
    let file = molecule(name);
    let flexible = system(&file, Some(BornModel::Obc1), false);
    let mut engine = gpu_with(&flexible, all_at_once())?;
    let mut positions = file.positions_nm.clone();
    let settings = MinimizeSettings {
        max_iterations: 200,
        ..MinimizeSettings::default()
    };
    minimize(&mut engine, &mut positions, &settings);
    let system = system(&file, Some(BornModel::Obc1), rigid);
    let mut engine = gpu_with(&system, all_at_once())?;
    let mut state = State::replicate(&positions, n_replicas);
    engine.apply_constraints(&mut state).unwrap();
    engine.draw_velocities(&mut state, &vec![TEMPERATURE; n_replicas], 3, 0);
    Some((system, state, engine))
}

fn langevin(n_replicas: usize) -> LangevinSettings {
    LangevinSettings {
        timestep_ps: 0.000_5,
        friction_per_ps: 1.0,
        temperatures_kelvin: vec![TEMPERATURE; n_replicas],
        seed: 8,
    }
}

fn resident(
    system: &System,
    moves: Vec<ResidentMove>,
    torsions: &TorsionMoves,
) -> Option<Result<Resident, GpuError>> {
    let options = GpuOptions {
        choice: choice()?,
        ..all_at_once()
    };
    Some(Resident::new(system, &options, moves, torsions))
}

fn on_device(mut resident: Resident, start: &State, n_cycles: u64) -> State {
    let mut state = start.clone();
    resident
        .upload(start, &vec![TEMPERATURE; start.n_replicas])
        .unwrap();
    resident.run(n_cycles, u64::MAX, &mut |_| {}).unwrap();
    resident.download(&mut state).unwrap();
    state
}

#[test]
fn one_call_of_two_thousand_steps_is_twenty_of_a_hundred() {
    for rigid in [false, true] {
        let Some((_, begin, mut engine)) = setup("alanine_dipeptide", rigid, 2) else {
            return;
        };
        let (mut whole, mut parts) = (begin.clone(), begin.clone());
        engine.langevin(&mut whole, &langevin(2), 2000).unwrap();
        for _ in 0..20 {
            engine.langevin(&mut parts, &langevin(2), 100).unwrap();
        }
        assert_eq!(whole, parts, "Langevin, rigid {rigid}");
        let (mut whole, mut parts) = (begin.clone(), begin.clone());
        let splitting = Splitting::VelocityVerlet;
        engine
            .constant_energy(&mut whole, splitting, 0.000_5, 2000)
            .unwrap();
        for _ in 0..20 {
            engine
                .constant_energy(&mut parts, splitting, 0.000_5, 100)
                .unwrap();
        }
        assert_eq!(whole, parts, "constant energy, rigid {rigid}");
    }
}

#[test]
fn one_cycle_of_two_thousand_steps_is_twenty_of_a_hundred() {
    let Some((system, begin, _)) = setup("alanine_dipeptide", false, 1) else {
        return;
    };
    let cycle = |n_steps| {
        let entry = ResidentMove::Langevin {
            n_steps,
            timestep_ps: 0.000_5,
            friction_per_ps: 1.0,
            seed: 8,
        };
        resident(&system, vec![entry], &TorsionMoves::default())
            .unwrap()
            .unwrap()
    };
    let whole = on_device(cycle(2000), &begin, 1);
    assert_eq!(whole, on_device(cycle(100), &begin, 20));
}

#[test]
fn moves_of_many_repeats_are_as_many_cycles_of_few() {
    let Some((system, begin, _)) = setup("alanine_dipeptide", false, 1) else {
        return;
    };
    let torsions = TorsionMoves {
        blocks: torsion_blocks(
            &molecule("alanine_dipeptide").topology(),
            BlockKind::Pair,
            false,
        ),
        widths_rad: Vec::new(),
    };
    let turns = |n_moves| ResidentMove::Torsion { n_moves, seed: 4 };
    let trajectories = |n_moves| ResidentMove::Hmc {
        n_moves,
        splitting: Splitting::ThreeStage,
        n_steps: 9,
        jitter: 0.0,
        timestep_ps: 0.001,
        target_acceptance: None,
        seed: 4,
    };
    let run = |entry: ResidentMove, n_cycles| {
        let cycle = resident(&system, vec![entry], &torsions).unwrap().unwrap();
        on_device(cycle, &begin, n_cycles)
    };
    assert_eq!(run(turns(1200), 1), run(turns(20), 60));
    assert_eq!(run(trajectories(120), 1), run(trajectories(4), 30));
}

#[test]
fn leaps_of_many_repeats_are_as_many_cycles_of_one() {
    let peptide = Peptide::new("ACE-ALA-NME", builtin_leap_model("amber14", "obc1"), None);
    let Some(whole) = peptide.resident_of(120, all_at_once()) else {
        return;
    };
    let begin = peptide.start(1);
    let parts = peptide.resident(all_at_once()).unwrap();
    assert_eq!(on_device(whole, &begin, 1), on_device(parts, &begin, 120));
}

/// Long trajectories of molecules that take two atoms a thread, or an odd number of threads: as one, and cut by hand.
#[test]
fn a_long_trajectory_of_a_large_molecule_is_that_of_its_pieces() {
    for (name, n_steps) in [("zwitterions", 150), ("chain_of_17", 45)] {
        let Some((_, begin, mut engine)) = setup(name, false, 1) else {
            return;
        };
        let (mut whole, mut parts) = (begin.clone(), begin.clone());
        let splitting = Splitting::ThreeStage;
        engine
            .constant_energy(&mut whole, splitting, 0.001, n_steps)
            .unwrap();
        for _ in 0..n_steps / 15 {
            engine
                .constant_energy(&mut parts, splitting, 0.001, 15)
                .unwrap();
        }
        assert_eq!(whole, parts, "{name}");
        let total = |state: &State, engine: &mut dyn Engine| {
            let mut energy = [0.0];
            engine.energies(&state.positions, &mut energy);
            energy[0] + state.kinetic_energies(engine.masses_da())[0]
        };
        let gain = total(&whole, &mut engine) - total(&begin, &mut engine);
        println!("{name}: {gain:.2} kJ/mol gained in {n_steps} stages");
        assert!(gain.abs() < 10.0, "{name}: {gain} kJ/mol gained");
    }
}

/// The device refuses what it cannot do in one go, and the host's kernel, which can cut it, does it well.
#[test]
fn a_trajectory_beyond_one_dispatch_is_refused_and_left_to_the_host() {
    let Some((system, begin, mut engine)) = setup("chain_of_17", false, 1) else {
        return;
    };
    let n_steps = 60;
    let hmc = ResidentMove::Hmc {
        n_moves: 1,
        splitting: Splitting::ThreeStage,
        n_steps,
        jitter: 0.0,
        timestep_ps: 0.000_5,
        target_acceptance: None,
        seed: 4,
    };
    let cycle = resident(&system, vec![hmc], &TorsionMoves::default()).unwrap();
    if on_software() {
        let message = cycle.unwrap_err().to_string();
        assert!(
            message.starts_with("`hmc` trajectories of 60 steps of 300 atoms take up to ")
                && message.ends_with("take `device: cpu`, which is faster"),
            "{message}"
        );
    } else {
        cycle.unwrap();
    }
    let settings = HmcSettings {
        integrator: Splitting::ThreeStage,
        steps: n_steps,
        timestep_fs: 0.5,
        ..HmcSettings::default()
    };
    let proposal = Box::new(Hmc::new(&settings).unwrap());
    let mut kernel = MetropolisKernel::new(proposal, 1, 4);
    let mut chain = Chain {
        state: begin,
        temperatures_kelvin: vec![TEMPERATURE],
        ..Chain::default()
    };
    for _ in 0..4 {
        kernel.step(&mut chain, &mut engine).unwrap();
    }
    assert!(
        kernel.statistics().accepted >= 3,
        "{:?}",
        kernel.statistics()
    );
}

#[test]
fn a_trajectory_that_blows_up_is_told() {
    let Some((_, begin, mut engine)) = setup("alanine_dipeptide", false, 5) else {
        return;
    };
    let mut state = begin.clone();
    // Atoms of the third replica on top of each other.
    let first = 2 * 3 * begin.n_atoms;
    for axis in 0..3 {
        state.positions[first + axis] = state.positions[first + 3 * 20 + axis];
    }
    let outcome = engine.constant_energy(&mut state, Splitting::VelocityVerlet, 0.001, 30);
    let Err(EngineError::Diverged(diverged)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(diverged.replica, 2);
    // The others went all the way.
    let mut alone = begin.clone();
    engine
        .constant_energy(&mut alone, Splitting::VelocityVerlet, 0.001, 30)
        .unwrap();
    for replica in [0, 1, 3, 4] {
        assert_eq!(
            state.replica_positions(replica),
            alone.replica_positions(replica)
        );
    }
}
