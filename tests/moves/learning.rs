//! What is learned: basins are found from a cold start, freezing stops it, checkpoints carry it bit for bit, steps reach their target.

use crate::support::{TEMPERATURE_KELVIN, ToyEngine, chain, molecule};
use saltus::cpu::{CpuOptions, engine};
use saltus::forcefield::{BornModel, ForceField, SystemOptions};
use saltus::integrator::{MinimizeSettings, minimize};
use saltus::mcmc::{Kernel, LangevinKernel, MetropolisKernel};
use saltus::proposal::{
    AdaptiveTorsionProposal, AdaptiveTorsionSettings, BlockKind, Current, Outcome, Proposal,
    TorsionDraw, TorsionProposal, TorsionSettings,
};
use saltus::rng;

/// Share of accepted moves after learning from a single minimised start.
fn acceptance(n_discriminants: usize) -> f64 {
    let mut molecule = molecule("ACE-ALA-NME");
    let options = SystemOptions {
        solvent: Some(BornModel::Obc1),
        ..SystemOptions::default()
    };
    let amber14 = ForceField::builtin("amber14").unwrap();
    let system = amber14.assign(&molecule.topology, &options).unwrap();
    let options = CpuOptions {
        threads: 1,
        ..CpuOptions::default()
    };
    let mut engine = engine(&system, &options).unwrap();
    minimize(
        engine.as_mut(),
        &mut molecule.positions,
        &MinimizeSettings::default(),
    );
    let mut chain = chain(&molecule, 64);
    engine.draw_velocities(&mut chain.state, &[TEMPERATURE_KELVIN; 64], 1, 0);
    let settings = AdaptiveTorsionSettings {
        n_discriminants,
        ..AdaptiveTorsionSettings::default()
    };
    let proposal = AdaptiveTorsionProposal::new(&molecule.topology, &settings).unwrap();
    let mut leap = MetropolisKernel::new(Box::new(proposal), 64, 5);
    let mut dynamics = LangevinKernel::new(40, 0.001, 1.0, 3);
    for step in 0..700 {
        if step == 500 {
            leap.freeze();
        }
        dynamics.step(&mut chain, engine.as_mut()).unwrap();
        leap.step(&mut chain, engine.as_mut()).unwrap();
    }
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let share = leap.statistics().accepted as f64 / leap.statistics().proposed as f64;
    share
}

#[test]
fn alanine_dipeptide_is_learned_from_a_cold_start() {
    let (plain, conditioned) = (acceptance(0), acceptance(6));
    println!("acceptance {plain:.3} by a plain table, {conditioned:.3} given the surroundings");
    assert!(plain > 0.45, "{plain}");
    assert!(conditioned > 0.60, "{conditioned}");
}

fn adaptive(settings: &AdaptiveTorsionSettings) -> AdaptiveTorsionProposal {
    AdaptiveTorsionProposal::new(&molecule("ACE-LYS-NME").topology, settings).unwrap()
}

#[test]
fn a_checkpoint_resumes_bit_for_bit_and_frozen_tables_stay() {
    let settings = AdaptiveTorsionSettings::default();
    let molecule = molecule("ACE-LYS-NME");
    let mut engine = ToyEngine::new(&molecule.topology, None);
    let mut chain = chain(&molecule, 100);
    let mut kernel = MetropolisKernel::new(Box::new(adaptive(&settings)), 100, 1);
    let mut copy = MetropolisKernel::new(Box::new(adaptive(&settings)), 100, 2);
    for _ in 0..60 {
        kernel.step(&mut chain, &mut engine).unwrap();
    }
    for frozen in [false, true] {
        if frozen {
            kernel.freeze();
        }
        let text = kernel.save().to_string();
        copy.restore(&serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(copy.save().to_string(), text);
        let mut other = chain.clone();
        for _ in 0..20 {
            kernel.step(&mut chain, &mut engine).unwrap();
            copy.step(&mut other, &mut engine).unwrap();
        }
        assert_eq!(chain, other);
    }
    let tables = kernel.save()["proposal"].to_string();
    kernel.step(&mut chain, &mut engine).unwrap();
    assert_eq!(kernel.save()["proposal"].to_string(), tables);
}

#[test]
fn drawn_states_have_the_densities_that_were_reported() {
    let molecule = molecule("ACE-LYS-NME");
    let mut engine = ToyEngine::new(&molecule.topology, None);
    let mut chain = chain(&molecule, 200);
    let mut kernel = adaptive(&AdaptiveTorsionSettings::default());
    let mut streams = rng::streams(41, 200);
    for step in 0..60 {
        let current = Current {
            state: &chain.state,
            energies: &[0.0; 200],
            temperatures_kelvin: &chain.temperatures_kelvin,
        };
        let proposed = kernel.propose(current, &mut engine, &mut streams).unwrap();
        let saltus::proposal::LogRatio::Densities {
            log_q_forward,
            log_q_reverse,
        } = &proposed.log_ratio
        else {
            panic!("densities were expected");
        };
        let size = chain.state.n_atoms * 3;
        for replica in 0..200 {
            let start = chain.state.replica_positions(replica);
            let end = &proposed.positions[replica * size..][..size];
            let matches = (0..kernel.block_names().len()).any(|block| {
                let forward = kernel.log_density(block, end) - log_q_forward[replica];
                let reverse = kernel.log_density(block, start) - log_q_reverse[replica];
                forward.abs() < 1e-6 && reverse.abs() < 1e-6
            });
            assert!(matches, "replica {replica} in step {step}");
        }
        chain.state.positions = proposed.positions;
        let current = Current {
            state: &chain.state,
            energies: &[0.0; 200],
            temperatures_kelvin: &chain.temperatures_kelvin,
        };
        kernel.adapt(current, &[Outcome::Accepted; 200]);
    }
}

#[test]
fn steps_are_tuned_to_their_target() {
    let molecule = molecule("ACE-ALA-ALA-NME");
    let settings = TorsionSettings {
        kind: BlockKind::Pair,
        proposal: TorsionDraw::Normal,
        initial_step_rad: 0.01,
        ..TorsionSettings::default()
    };
    let mut proposal = TorsionProposal::new(&molecule.topology, &settings).unwrap();
    let mut engine = ToyEngine::new(&molecule.topology, None);
    let chain = chain(&molecule, 50);
    let current = Current {
        state: &chain.state,
        energies: &[0.0; 50],
        temperatures_kelvin: &chain.temperatures_kelvin,
    };
    let mut streams = rng::streams(2, 50);
    let mut learn = |proposal: &mut TorsionProposal, outcome| {
        for _ in 0..200 {
            proposal
                .propose(current, &mut engine, &mut streams)
                .unwrap();
            proposal.adapt(current, &[outcome; 50]);
        }
        proposal.step_sizes_rad()
    };
    let grown = learn(&mut proposal, Outcome::Accepted);
    assert!(grown.iter().all(|&size| size > 1.0), "{grown:?}");
    let shrunk = learn(&mut proposal, Outcome::Rejected);
    assert!(shrunk.iter().zip(&grown).all(|(a, b)| a < b), "{shrunk:?}");
    proposal.freeze();
    assert_eq!(learn(&mut proposal, Outcome::Accepted), shrunk);
}
