//! A replica that no longer meets its constraints is that replica's affair: neighbours, threads and batches don't matter.

use saltus::cpu::{CpuOptions, LaneLayout, engine};
use saltus::forcefield::{BornModel, ForceField, System, SystemOptions};
use saltus::integrator::{Engine, EngineError, MinimizeSettings, Splitting, minimize};
use saltus::mcmc::{Chain, HostSampler, MetropolisKernel, Sampler};
use saltus::proposal::{Hmc, HmcSettings};
use saltus::state::State;
use saltus::topology::{Sequence, build};

const KELVIN: f64 = 1500.0;
const TIMESTEP_PS: f64 = 0.005;
const N_CYCLES: u64 = 300;

fn dipeptide() -> (System, Vec<[f64; 3]>) {
    let molecule = build(&Sequence::parse("ACE-ALA-NME").unwrap(), &[]).unwrap();
    let options = |constrain_hydrogen_bonds| SystemOptions {
        solvent: Some(BornModel::Obc1),
        constrain_hydrogen_bonds,
        ..SystemOptions::default()
    };
    let amber14 = ForceField::builtin("amber14").unwrap();
    let [flexible, rigid] =
        [false, true].map(|rigid| amber14.assign(&molecule.topology, &options(rigid)).unwrap());
    let mut positions = molecule.positions;
    let mut relaxing = engine(&flexible, &CpuOptions::default()).unwrap();
    minimize(
        relaxing.as_mut(),
        &mut positions,
        &MinimizeSettings::default(),
    );
    (rigid, positions)
}

fn machine(system: &System, threads: usize, layout: LaneLayout) -> Box<dyn Engine> {
    let options = CpuOptions {
        threads,
        layout,
        ..CpuOptions::default()
    };
    engine(system, &options).unwrap()
}

fn start(engine: &mut dyn Engine, positions: &[[f64; 3]], n_replicas: usize) -> State {
    let mut state = State::replicate(positions, n_replicas);
    engine.apply_constraints(&mut state).unwrap();
    engine.draw_velocities(&mut state, &vec![KELVIN; n_replicas], 5, 0);
    state
}

/// Hybrid Monte Carlo far beyond its stable time step; the chain, and moves that were accepted and that failed.
fn hot(system: &System, positions: &[[f64; 3]], threads: usize) -> (Chain, u64, u64) {
    let mut engine = machine(system, threads, LaneLayout::Auto);
    let mut chain = Chain {
        state: start(engine.as_mut(), positions, 32),
        temperatures_kelvin: vec![KELVIN; 32],
        ..Chain::default()
    };
    let settings = HmcSettings {
        steps: 10,
        timestep_fs: 1e3 * TIMESTEP_PS,
        ..HmcSettings::default()
    };
    let hmc = Hmc::new(&settings).unwrap();
    let kernel = MetropolisKernel::new(Box::new(hmc), 32, 3);
    let mut sampler = HostSampler::new(engine, vec![Box::new(kernel)]);
    sampler.freeze();
    sampler.run(&mut chain, N_CYCLES).unwrap();
    let statistics = sampler.statistics()[0];
    (chain, statistics.accepted, statistics.non_finite)
}

#[test]
fn bits_do_not_depend_on_the_threads_after_failures() {
    let (system, positions) = dipeptide();
    let [one, two] = [1, 2].map(|threads| hot(&system, &positions, threads));
    println!("{} accepted, {} failed of {}", one.1, one.2, 32 * N_CYCLES);
    assert!(one.1 > 0 && one.2 > 0, "the comparison means nothing");
    assert_eq!((one.1, one.2), (two.1, two.2));
    assert_eq!(one.0, two.0);
}

#[test]
fn a_failing_replica_leaves_its_neighbours_their_bits() {
    let (system, positions) = dipeptide();
    for (layout, broken) in [(LaneLayout::Replicas, 5), (LaneLayout::Atoms, 2)] {
        let mut engine = machine(&system, 1, layout);
        let sound = start(engine.as_mut(), &positions, 20);
        let mut faulty = sound.clone();
        // Atom 1 is a hydrogen or bears one: at 3,000 nm/ps no sweep brings its bonds back.
        let size = faulty.n_atoms * 3;
        for v in &mut faulty.velocities[broken * size..broken * size + 6] {
            *v = 3000.0;
        }
        let run = |engine: &mut dyn Engine, state: &State| {
            let mut state = state.clone();
            let splitting = Splitting::VelocityVerlet;
            let result = engine.constant_energy(&mut state, splitting, 0.002, 20);
            (state, result)
        };
        let (expected, no_failure) = run(engine.as_mut(), &sound);
        no_failure.unwrap();
        let (got, failure) = run(engine.as_mut(), &faulty);
        let Err(EngineError::Constraints { replica, .. }) = failure else {
            panic!("{layout:?}: {failure:?}")
        };
        assert_eq!(replica, broken, "{layout:?}");
        for replica in 0..20 {
            if replica == broken {
                assert!(got.replica_positions(replica).iter().all(|x| x.is_nan()));
            } else {
                assert_eq!(
                    got.one_replica(replica),
                    expected.one_replica(replica),
                    "{layout:?}: replica {replica}"
                );
            }
        }
    }
}

/// Atoms that pad a register have no place of their own, and once kept what a trajectory had left there.
#[test]
fn a_trajectory_that_blew_up_leaves_nothing_behind() {
    let molecule = build(&Sequence::parse("ACE-ALA-NME").unwrap(), &[]).unwrap();
    let amber14 = ForceField::builtin("amber14").unwrap();
    let system = amber14.assign(&molecule.topology, &SystemOptions::default());
    let system = system.unwrap();
    for layout in [LaneLayout::Atoms, LaneLayout::Replicas] {
        let trajectory = |engine: &mut dyn Engine| {
            let mut state = State::replicate(&molecule.positions, 1);
            engine.draw_velocities(&mut state, &[300.0], 5, 0);
            let splitting = Splitting::VelocityVerlet;
            engine
                .constant_energy(&mut state, splitting, 5e-4, 20)
                .unwrap();
            state
        };
        let mut engine = machine(&system, 1, layout);
        let expected = trajectory(engine.as_mut());
        let mut wild = expected.clone();
        let outcome = engine.constant_energy(&mut wild, Splitting::VelocityVerlet, 0.05, 200);
        assert!(
            matches!(outcome, Err(EngineError::Diverged(_))),
            "{outcome:?}"
        );
        assert_eq!(trajectory(engine.as_mut()), expected, "{layout:?}");
    }
}
