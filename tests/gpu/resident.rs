//! Cycles on the device: their accept decisions against a host twin in f64, their ensembles, frames, bits.

use crate::ensembles::cpu_engine;
use crate::support::{batch, choice, molecule, on_software, system};
use saltus::cpu::{self, CpuOptions, Precision};
use saltus::forcefield::{BornModel, System};
use saltus::gpu::{
    Choice, CycleSampler, GpuOptions, Placement, Resident, ResidentMove, ShaderSources,
    TorsionMoves,
};
use saltus::integrator::{Engine, LangevinSettings, MinimizeSettings, Splitting, minimize};
use saltus::lane::normal_pair;
use saltus::mcmc::{Chain, Sampler};
use saltus::proposal::{BlockKind, torsion_blocks};
use saltus::rng::{Stream, key, philox, step_words};
use saltus::state::State;
use saltus::units::thermal_energy_kj_per_mol;

pub(crate) const TEMPERATURE: f64 = 310.0;
const SEED: u64 = 77;

/// Alanine dipeptide near a minimum, its torsion moves, and the reference engine.
pub(crate) struct Setup {
    pub(crate) system: System,
    positions: Vec<[f64; 3]>,
    torsions: TorsionMoves,
    pub(crate) reference: Box<dyn Engine>,
}

pub(crate) fn setup(widths_rad: Option<f64>) -> Setup {
    let file = molecule("alanine_dipeptide");
    let system = system(&file, Some(BornModel::Obc1), false);
    let double = CpuOptions {
        precision: Precision::Double,
        threads: 2,
        ..CpuOptions::default()
    };
    let mut reference = cpu::engine(&system, &double).unwrap();
    let mut positions = file.positions_nm.clone();
    minimize(
        reference.as_mut(),
        &mut positions,
        &MinimizeSettings::default(),
    );
    let mut blocks = torsion_blocks(&file.topology(), BlockKind::Single, false);
    blocks.extend(torsion_blocks(&file.topology(), BlockKind::Pair, false));
    let widths_rad = widths_rad.map_or_else(Vec::new, |width| vec![width; blocks.len()]);
    Setup {
        system,
        positions,
        torsions: TorsionMoves { blocks, widths_rad },
        reference,
    }
}

impl Setup {
    pub(crate) fn resident(
        &self,
        moves: Vec<ResidentMove>,
        options: GpuOptions,
    ) -> Option<Resident> {
        let options = GpuOptions {
            choice: choice()?,
            ..options
        };
        Some(Resident::new(&self.system, &options, moves, &self.torsions).unwrap())
    }

    pub(crate) fn start(&mut self, n_replicas: usize) -> State {
        let mut state = State::replicate(&self.positions, n_replicas);
        state.positions = batch(&self.positions, n_replicas);
        let temperatures = vec![TEMPERATURE; n_replicas];
        self.reference
            .draw_velocities(&mut state, &temperatures, 5, 0);
        state
    }

    /// Move number `number` of the device made again on the host: the state after it, accepted or not, and whether it was.
    fn twin(&mut self, before: &State, number: u64) -> Vec<(bool, [Vec<f64>; 2])> {
        let mut proposed = before.positions.clone();
        let mut turned = before.velocities.clone();
        let mut uniforms = Vec::new();
        let width = before.n_atoms * 3;
        for (replica, positions) in proposed.chunks_mut(width).enumerate() {
            let words = |counter: u32| {
                let [low, high] = step_words(number, Stream::Torsion);
                philox([[counter], [replica as u32], [low], [high]], key(SEED)).map(|w| w[0])
            };
            let uniform = |word: u32| (f64::from(word >> 9) + 0.5) / 8_388_608.0;
            let drawn = words(0);
            let n_blocks = self.torsions.blocks.len() as u64;
            let block = ((u64::from(drawn[0]) * n_blocks) >> 32) as usize;
            let velocities = &mut turned[replica * width..(replica + 1) * width];
            for (index, pivot) in (1..).zip(&self.torsions.blocks[block].pivots) {
                let turns = words(index);
                let angle = match self.torsions.widths_rad.get(block) {
                    Some(&width) => width * normal_pair(uniform(turns[0]), uniform(turns[1])).0,
                    None => uniform(turns[2]) * std::f64::consts::TAU,
                };
                pivot.turn_moving(positions, velocities, angle);
            }
            uniforms.push(uniform(drawn[1]));
        }
        let n_replicas = before.n_replicas;
        let (mut old, mut new) = (vec![0.0; n_replicas], vec![0.0; n_replicas]);
        self.reference.energies(&before.positions, &mut old);
        self.reference.energies(&proposed, &mut new);
        let kt = thermal_energy_kj_per_mol(TEMPERATURE);
        (0..n_replicas)
            .map(|replica| {
                let accepted = uniforms[replica].ln() < -(new[replica] - old[replica]) / kt;
                let from = if accepted {
                    [&proposed, &turned]
                } else {
                    [&before.positions, &before.velocities]
                };
                let range = replica * width..(replica + 1) * width;
                (accepted, from.map(|values| values[range.clone()].to_vec()))
            })
            .collect()
    }

    /// Share of tests that the device decides as the host does, and how many it accepted.
    fn agreement(&mut self, options: GpuOptions, n_moves: u64) -> Option<(f64, f64)> {
        let n_replicas = 256;
        let mut state = self.start(n_replicas);
        let moves = vec![ResidentMove::Torsion {
            n_moves: 1,
            seed: SEED,
        }];
        let mut resident = self.resident(moves, options)?;
        resident
            .upload(&state, &vec![TEMPERATURE; n_replicas])
            .unwrap();
        let (mut same, mut accepted_moves, mut tests) = (0.0, 0.0, 0.0);
        let mut counted = vec![0; n_replicas];
        for number in 0..n_moves {
            let expected = self.twin(&state, number);
            resident.run(1, u64::MAX, &mut |_| {}).unwrap();
            resident.download(&mut state).unwrap();
            let outcomes = resident.outcomes().unwrap().swap_remove(0);
            for (replica, (accepted, [positions, velocities])) in expected.iter().enumerate() {
                let found = outcomes[replica][0] > counted[replica];
                counted[replica] = outcomes[replica][0];
                let error = largest_difference(state.replica_positions(replica), positions);
                let turned = largest_difference(state.replica_velocities(replica), velocities);
                let sound = found == *accepted && error < 5e-6 && turned < 1e-5;
                same += f64::from(u8::from(sound));
                accepted_moves += f64::from(u8::from(found));
                tests += 1.0;
            }
        }
        Some((same / tests, accepted_moves / tests))
    }
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    let difference = |(a, b): (&f64, &f64)| (a - b).abs();
    a.iter().zip(b).map(difference).fold(0.0, f64::max)
}

#[test]
fn torsion_moves_are_decided_as_on_the_host() {
    for (width, without_f64, n_sharing) in [(None, false, 1), (Some(0.3), true, 2)] {
        let mut setup = setup(width);
        let options = GpuOptions {
            without_f64,
            n_sharing: Some(n_sharing),
            ..GpuOptions::default()
        };
        let Some((same, accepted)) = setup.agreement(options, 16) else {
            return;
        };
        println!("width {width:?}: {same:.5} of the decisions agree, {accepted:.3} accepted");
        assert!(same >= 0.999, "only {same} of the decisions agree");
        assert!(
            accepted > 0.02 && accepted < 0.98,
            "{accepted} accepted: the test tests nothing"
        );
    }
}

#[test]
fn a_planted_error_in_the_test_is_noticed() {
    let mut setup = setup(Some(0.3));
    for (path, from, to) in [
        (
            "mcmc/metropolis.wgsl",
            "/ thermal_energies[replica];",
            "/ (1.05 * thermal_energies[replica]);",
        ),
        (
            "proposal/torsion.wgsl",
            "atom == moves[start + 1u]",
            "atom == moves[start]",
        ),
        (
            "proposal/torsion.wgsl",
            "(1.0 - sin_cos.y)",
            "(1.001 - sin_cos.y)",
        ),
        (
            "mcmc/metropolis.wgsl",
            "position[k] = kept_position[k];",
            "",
        ),
    ] {
        let sources = ShaderSources::default().replaced(path, from, to).unwrap();
        let options = GpuOptions {
            sources,
            ..GpuOptions::default()
        };
        let Some((same, _)) = setup.agreement(options, 8) else {
            return;
        };
        assert!(same < 0.999, "{to} in {path} went unnoticed: {same} agree");
    }
}

#[test]
fn langevin_cycles_are_the_segments_of_the_engine_bit_by_bit() {
    let mut setup = setup(None);
    let n_replicas = 7;
    let begin = setup.start(n_replicas);
    let temperatures = vec![TEMPERATURE; n_replicas];
    let moves = vec![ResidentMove::Langevin {
        n_steps: 25,
        timestep_ps: 0.001,
        friction_per_ps: 5.0,
        seed: 3,
    }];
    let Some(mut resident) = setup.resident(moves, GpuOptions::default()) else {
        return;
    };
    resident.upload(&begin, &temperatures).unwrap();
    let mut frames = Vec::new();
    resident.run(6, 2, &mut |frame| frames.push(frame)).unwrap();
    let mut found = begin.clone();
    resident.download(&mut found).unwrap();

    let mut engine = crate::support::gpu(&setup.system).unwrap();
    let mut expected = begin;
    let settings = LangevinSettings {
        timestep_ps: 0.001,
        friction_per_ps: 5.0,
        temperatures_kelvin: temperatures,
        seed: 3,
    };
    for (index, frame) in frames.iter().enumerate() {
        engine.langevin(&mut expected, &settings, 50).unwrap();
        let (step, cycle) = (expected.step, 2 * (index as u64 + 1));
        assert_eq!((frame.step, frame.cycle), (step, cycle));
        let rounded = expected.positions.iter().map(|&x| x as f32);
        assert!(rounded.eq(frame.positions.iter().copied()), "frame {index}");
        let mut energies = vec![0.0; n_replicas];
        engine.energies(&expected.positions, &mut energies);
        assert_eq!(energies, frame.potential_energies, "frame {index}");
    }
    assert_eq!(frames.len(), 3);
    assert_eq!(found, expected);
}

#[test]
fn hmc_conserves_energy_better_with_shorter_steps_and_keeps_equipartition() {
    let mut setup = setup(None);
    let n_replicas = if on_software() { 64 } else { 1024 };
    let begin = setup.start(n_replicas);
    let mut acceptance = Vec::new();
    for timestep_ps in [0.0005, 0.0025] {
        let moves = vec![ResidentMove::Hmc {
            n_moves: 6,
            splitting: Splitting::VelocityVerlet,
            n_steps: 8,
            jitter: 0.0,
            timestep_ps,
            target_acceptance: None,
            seed: 4,
        }];
        for placement in [Placement::Resident, Placement::Tiled] {
            let options = GpuOptions {
                placement: Some(placement),
                ..GpuOptions::default()
            };
            let Some(mut resident) = setup.resident(moves.clone(), options) else {
                return;
            };
            resident
                .upload(&begin, &vec![TEMPERATURE; n_replicas])
                .unwrap();
            resident.run(2, 1, &mut |_| {}).unwrap();
            let counts = resident.outcomes().unwrap().swap_remove(0);
            let total = |index: usize| counts.iter().map(|c| f64::from(c[index])).sum::<f64>();
            assert_eq!(total(0) + total(1) + total(2), (12 * n_replicas) as f64);
            acceptance.push(total(0) / (12 * n_replicas) as f64);
        }
    }
    println!("hmc acceptance {acceptance:?}");
    assert!(
        acceptance[0] > 0.95 && acceptance[2] < acceptance[0] - 0.05,
        "{acceptance:?}"
    );
    assert!(
        (acceptance[0] - acceptance[1]).abs() < 0.03,
        "{acceptance:?}"
    );
}

#[test]
fn a_cycle_goes_on_where_a_saved_one_stopped() {
    goes_on(None, None);
    goes_on(Some(0.5), Some(0.8));
}

/// Cycles run in one go, looked at in between, or resumed from a saved sampler: the same bits. Where something is tuned,
/// every cycle is a go of its own.
fn goes_on(width_rad: Option<f64>, target_acceptance: Option<f64>) {
    let mut setup = setup(width_rad);
    let n_replicas = 4;
    let state = setup.start(n_replicas);
    let moves = vec![
        ResidentMove::Torsion {
            n_moves: 3,
            seed: SEED,
        },
        ResidentMove::Hmc {
            n_moves: 1,
            splitting: Splitting::VelocityVerlet,
            n_steps: 4,
            jitter: 0.5,
            timestep_ps: 0.001,
            target_acceptance,
            seed: 8,
        },
    ];
    let begin = Chain {
        state,
        temperatures_kelvin: vec![TEMPERATURE; n_replicas],
        ..Chain::default()
    };
    let make = || {
        let resident = setup.resident(moves.clone(), GpuOptions::default())?;
        Some(CycleSampler::new(resident, cpu_engine(&setup.system)))
    };
    let (Some(mut whole), Some(mut first), Some(mut second)) = (make(), make(), make()) else {
        return;
    };
    let (mut a, mut b) = (begin.clone(), begin.clone());
    assert_eq!(whole.at_once() == 1, width_rad.is_some());
    whole.run(&mut a, 6).unwrap();
    first.run(&mut b, 2).unwrap();
    second.restore(&first.save()).unwrap();
    for _ in 0..4 {
        second.run(&mut b, 1).unwrap();
    }
    assert_eq!(a, b);
    assert!(whole.is_exact() && whole.is_ergodic());
    assert_eq!(
        whole.statistics()[0].proposed,
        3 * 2 * 4 * n_replicas as u64
    );
    let mut energies = vec![0.0; n_replicas];
    setup.reference.energies(&a.state.positions, &mut energies);
    for (found, expected) in a.energies.unwrap().iter().zip(energies) {
        assert!((found - expected).abs() < 0.02);
    }
}

#[test]
fn too_many_replicas_are_refused_with_the_number_that_fits() {
    let setup = setup(None);
    let Some(Choice::Named(_)) = choice() else {
        return;
    };
    let moves = vec![ResidentMove::Torsion {
        n_moves: 1,
        seed: SEED,
    }];
    let mut resident = setup.resident(moves, GpuOptions::default()).unwrap();
    let plan = saltus::gpu::plan(&setup.system, &choice().unwrap()).unwrap();
    // Never allocated: the state only claims to be that large.
    let state = State {
        n_replicas: plan.largest_batch + 1,
        n_atoms: 22,
        ..State::default()
    };
    let message = resident.upload(&state, &[]).unwrap_err().to_string();
    assert!(
        message.contains(&format!("at most {} replicas", plan.largest_batch)),
        "{message}"
    );
}

#[test]
fn hmc_and_torsion_moves_keep_rigid_bonds() {
    let mut setup = setup(None);
    let file = molecule("alanine_dipeptide");
    setup.system = system(&file, Some(BornModel::Obc1), true);
    let n_replicas = 16;
    let mut state = setup.start(n_replicas);
    let Some(mut engine) = crate::support::gpu(&setup.system) else {
        return;
    };
    engine.apply_constraints(&mut state).unwrap();
    let moves = vec![
        ResidentMove::Hmc {
            n_moves: 2,
            splitting: Splitting::VelocityVerlet,
            n_steps: 5,
            jitter: 0.0,
            timestep_ps: 0.001,
            target_acceptance: None,
            seed: 4,
        },
        ResidentMove::Torsion {
            n_moves: 2,
            seed: 5,
        },
    ];
    let mut resident = setup.resident(moves, GpuOptions::default()).unwrap();
    resident.upload(&state, &[TEMPERATURE; 16]).unwrap();
    resident.run(6, u64::MAX, &mut |_| {}).unwrap();
    resident.download(&mut state).unwrap();
    let accepted: Vec<u32> = resident
        .outcomes()
        .unwrap()
        .iter()
        .map(|counts| counts.iter().map(|[accepted, ..]| accepted).sum())
        .collect();
    assert!(accepted[0] > 120 && accepted[1] > 10, "{accepted:?} of 192");
    for replica in 0..n_replicas {
        let x = state.replica_positions(replica).as_chunks::<3>().0;
        for constraint in &setup.system.constraints {
            let [i, j] = constraint.atoms;
            let square: f64 = (0..3).map(|axis| (x[i][axis] - x[j][axis]).powi(2)).sum();
            let stretch = square.sqrt() / constraint.distance_nm - 1.0;
            assert!(stretch.abs() < 5e-6, "replica {replica}: {stretch:e}");
        }
    }
}

#[test]
fn widths_and_time_steps_are_tuned_until_frozen() {
    let mut setup = setup(Some(3.0));
    let n_replicas = 128;
    let mut chain = Chain {
        state: setup.start(n_replicas),
        temperatures_kelvin: vec![TEMPERATURE; n_replicas],
        ..Chain::default()
    };
    let moves = vec![
        ResidentMove::Hmc {
            n_moves: 1,
            splitting: Splitting::VelocityVerlet,
            n_steps: 3,
            jitter: 0.0,
            timestep_ps: 0.001,
            target_acceptance: Some(0.7),
            seed: 4,
        },
        ResidentMove::Torsion {
            n_moves: 3,
            seed: 5,
        },
    ];
    let Some(resident) = setup.resident(moves, GpuOptions::default()) else {
        return;
    };
    let mut sampler = CycleSampler::new(resident, cpu_engine(&setup.system));
    let mut acceptance = |sampler: &mut CycleSampler, n_cycles: u64| {
        sampler.run(&mut chain, n_cycles).unwrap();
        let children = sampler.reports().swap_remove(0).children;
        [0, 1].map(|entry| {
            let statistics = children[entry].statistics;
            statistics.accepted as f64 / statistics.proposed as f64
        })
    };
    acceptance(&mut sampler, 200);
    sampler.freeze();
    let frozen = (
        sampler.resident().torsions().clone(),
        sampler.resident().moves().to_vec(),
    );
    let [hmc, torsion] = acceptance(&mut sampler, 40);
    println!(
        "tuned: hmc accepts {hmc:.3}, torsion {torsion:.3}, {:?}",
        frozen.0.widths_rad
    );
    assert!(hmc > 0.55 && hmc < 0.88, "hmc accepts {hmc}");
    assert!(
        matches!(frozen.1[0], ResidentMove::Hmc { timestep_ps, .. } if timestep_ps > 0.0012),
        "{:?}",
        frozen.1
    );
    assert!(torsion > 0.3 && torsion < 0.65, "torsion accepts {torsion}");
    // Methyl rotors are accepted whatever the angle, (phi, psi) together only for small ones.
    let widths = &frozen.0.widths_rad;
    assert!(
        widths[0] > 3.0 && widths[widths.len() - 1] < 1.0,
        "{widths:?}"
    );
    assert_eq!(frozen.0, *sampler.resident().torsions());
    assert_eq!(frozen.1, sampler.resident().moves());
}
