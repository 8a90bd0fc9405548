//! Where a molecule is must not matter: forces far from the origin, shifts by whole nanometres, drift in long runs.

use saltus::cpu::{CpuOptions, LaneLayout, engine};
use saltus::forcefield::{BornModel, ForceField, System, SystemOptions, reference_energies};
use saltus::integrator::{
    Engine, LangevinSettings, MinimizeSettings, bring_back, minimize, whole_nanometres,
};
use saltus::mcmc::{Chain, HostSampler, Observer, Sampler, Schedule, VelocityVerletKernel, drive};
use saltus::state::State;
use saltus::topology::{Sequence, build};

/// nm a side; the last is beyond any file format.
const PLACES_NM: [f64; 6] = [0.0, 5.0, 10.0, 30.0, 90.0, 1e5];

/// AAAY in solvent at 300 K: minimised, then a picosecond of dynamics.
fn tetrapeptide() -> (System, Vec<[f64; 3]>) {
    let molecule = build(&Sequence::parse("AAAY").unwrap(), &[]).unwrap();
    let options = SystemOptions {
        solvent: Some(BornModel::Obc1),
        ..SystemOptions::default()
    };
    let amber14 = ForceField::builtin("amber14").unwrap();
    let system = amber14.assign(&molecule.topology, &options).unwrap();
    let mut engine = engine(&system, &CpuOptions::default()).unwrap();
    let mut positions = molecule.positions;
    minimize(
        engine.as_mut(),
        &mut positions,
        &MinimizeSettings::default(),
    );
    let mut state = State::replicate(&positions, 1);
    let settings = LangevinSettings {
        timestep_ps: 0.001,
        friction_per_ps: 5.0,
        temperatures_kelvin: vec![300.0],
        seed: 4,
    };
    engine.langevin(&mut state, &settings, 1000).unwrap();
    // Single precision about the origin, so that shifts by whole nanometres round nothing.
    #[expect(clippy::cast_possible_truncation, reason = "rounding is wanted")]
    let single = |x: &f64| f64::from(*x as f32);
    let rounded: Vec<f64> = state.positions.iter().map(single).collect();
    (system, rounded.as_chunks::<3>().0.to_vec())
}

fn shifted(positions: &[[f64; 3]], by_nm: f64) -> Vec<[f64; 3]> {
    positions.iter().map(|x| x.map(|x| x + by_nm)).collect()
}

fn evaluated(
    engine: &mut dyn Engine,
    positions: &[[f64; 3]],
    n_replicas: usize,
) -> (Vec<f64>, Vec<f64>) {
    let state = State::replicate(positions, n_replicas);
    let (mut energies, mut forces) = (vec![0.0; n_replicas], vec![0.0; state.positions.len()]);
    engine.energies_and_forces(&state.positions, &mut energies, &mut forces);
    (energies, forces)
}

#[test]
fn forces_are_as_good_far_from_the_origin_as_near_it() {
    let (system, positions) = tetrapeptide();
    let (_, expected) = reference_energies(&system, &positions);
    let norm: f64 = expected.iter().flatten().map(|f| f * f).sum();
    for layout in [LaneLayout::Replicas, LaneLayout::Atoms] {
        let options = CpuOptions {
            layout,
            ..CpuOptions::default()
        };
        let mut engine = engine(&system, &options).unwrap();
        for place_nm in PLACES_NM {
            let (_, forces) = evaluated(engine.as_mut(), &shifted(&positions, place_nm), 1);
            let pairs = expected.iter().flatten().zip(&forces);
            let square: f64 = pairs.map(|(a, b)| (a - b).powi(2)).sum();
            let error = (square / norm).sqrt();
            println!("{layout:?} at {place_nm} nm: {error:.1e} of the forces' norm");
            assert!(error < 2e-5, "{layout:?} at {place_nm} nm: {error:.1e}");
        }
    }
}

#[test]
fn a_shift_by_whole_nanometres_changes_no_bit() {
    let (system, positions) = tetrapeptide();
    for n_replicas in [1, 16, 21] {
        let mut engine = engine(&system, &CpuOptions::default()).unwrap();
        let home = evaluated(engine.as_mut(), &positions, n_replicas);
        for place_nm in PLACES_NM {
            let there = evaluated(engine.as_mut(), &shifted(&positions, place_nm), n_replicas);
            assert_eq!(home, there, "{n_replicas} replicas at {place_nm} nm");
        }
    }
}

/// Notes where the middle of the first replica is along x after every cycle, in nm.
#[derive(Default)]
struct Path(Vec<f64>);

impl Observer for Path {
    fn after_cycle(
        &mut self,
        _cycle: u64,
        chain: &mut Chain,
        _sampler: &mut dyn Sampler,
    ) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
        let x: Vec<f64> = chain
            .state
            .replica_positions(0)
            .iter()
            .copied()
            .step_by(3)
            .collect();
        self.0.push(x.iter().sum::<f64>() / x.len() as f64);
        Ok(true)
    }
}

/// A molecule on its way out, 1 nm/ps along x.
fn leaving(positions: &[[f64; 3]]) -> Chain {
    let mut chain = Chain::start(positions, &[300.0; 3]);
    let n_coordinates = chain.state.velocities.len();
    for index in (0..n_coordinates).step_by(3) {
        chain.state.velocities[index] = 1.0;
    }
    chain
}

fn driven(system: &System, chain: &mut Chain, cycles: std::ops::Range<u64>) -> Vec<f64> {
    let engine = engine(system, &CpuOptions::default()).unwrap();
    let kernel = VelocityVerletKernel::new(10, 0.001);
    let mut sampler = HostSampler::new(engine, vec![Box::new(kernel)]);
    let mut path = Path::default();
    let schedule = Schedule {
        equilibration_cycles: 0,
        production_cycles: cycles.end,
    };
    drive(schedule, cycles.start, chain, &mut sampler, &mut path).unwrap();
    path.0
}

#[test]
fn a_molecule_that_drifts_is_brought_back() {
    let (system, positions) = tetrapeptide();
    let mut chain = leaving(&shifted(&positions, 1e5));
    let path = driven(&system, &mut chain, 0..2600);
    let farthest = path.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    // 26 nm were made; 5 nm between two looks, and the first one comes before the first step.
    println!("{farthest:.1} nm from the origin at the worst");
    assert!((4.0..7.0).contains(&farthest), "{farthest} nm");
    let engine = engine(&system, &CpuOptions::default()).unwrap();
    let masses = engine.masses_da().to_vec();
    let velocities = chain.state.replica_velocities(0).as_chunks::<3>().0;
    let momentum: f64 = velocities
        .iter()
        .zip(&masses)
        .map(|(v, mass)| v[0] * mass)
        .sum();
    let mass: f64 = masses.iter().sum();
    assert!(
        (momentum / mass - 1.0).abs() < 1e-4,
        "velocities were touched: {momentum}"
    );
}

#[test]
fn a_run_in_pieces_is_brought_back_as_one_in_one_piece() {
    let (system, positions) = tetrapeptide();
    let start = leaving(&positions);
    let (mut whole, mut pieces) = (start.clone(), start);
    let path = driven(&system, &mut whole, 0..1100);
    let cycles = [0..300, 300..499, 499..500, 500..501, 501..1100].into_iter();
    let in_pieces: Vec<f64> = cycles
        .flat_map(|cycles| driven(&system, &mut pieces, cycles))
        .collect();
    assert_eq!(whole, pieces);
    // On the way too, since frames show it.
    assert_eq!(path, in_pieces);
    let jumps = path.windows(2).filter(|x| (x[1] - x[0]).abs() > 1.0);
    assert_eq!(jumps.count(), 2);
}

#[test]
fn a_molecule_comes_back_without_rounding_and_one_at_home_stays() {
    // Middles off the grid of whole nanometres by halves and eighths, and by anything.
    for home in [
        [0.25, -0.5, 0.125, 0.75, 0.25, -0.375],
        [0.1, -0.2, 0.3, 0.7, 0.11, -0.13],
    ] {
        let far: Vec<f64> = home.iter().map(|x| x + 1e5).collect();
        let mut positions = [home.to_vec(), far.clone()].concat();
        assert!(bring_back(&mut positions, 2));
        let (first, second) = positions.split_at(6);
        assert_eq!(first, home);
        let shifts: Vec<f64> = far.iter().zip(second).map(|(far, x)| far - x).collect();
        for (index, &shift) in shifts.iter().enumerate() {
            // By whole nanometres, all atoms by the same, and none rounded.
            assert_eq!(shift, shift.round());
            assert_eq!(shift, shifts[index % 3]);
            assert_eq!(second[index] + shift, far[index]);
            assert!((shift - 1e5).abs() <= 1.0, "{shift}");
        }
        assert!(!bring_back(&mut positions, 2));
    }
}

#[test]
fn what_is_no_number_stays_where_it_is() {
    let nowhere = [f64::NAN, 7.2, f64::INFINITY];
    assert_eq!(whole_nanometres(&nowhere), [0.0, 7.0, 0.0]);
    assert_eq!(whole_nanometres(&[]), [0.0; 3]);
}
