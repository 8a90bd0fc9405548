//! Timewarp for the table: flows with random weights, whose draws are accepted now and then, and one atom type a target.

use crate::checks::exact_chain;
use crate::engines::molecular_rows;
use crate::machines::Machine;
use crate::targets::{DoubleWell, Target};
use crate::toy_engine::ToyEngine;
use saltus::flow::timewarp::{Timewarp, TimewarpConfig, initial_parameters};
use saltus::mcmc::{Ahead, Chain, ExplorationKernel, Kernel, LookaheadKernel, MetropolisKernel};
use saltus::proposal::{Proposal, TimewarpProposal};
use saltus::topology::{Atom, Element, Residue, Topology};
use std::sync::Arc;

/// So many atoms without bonds, carbon and nitrogen by turns.
fn topology(n_atoms: usize) -> Topology {
    let atoms = (0..n_atoms)
        .map(|index| Atom {
            name: format!("X{index}"),
            element: [Element::CARBON, Element::NITROGEN][index % 2],
            residue_index: 0,
        })
        .collect();
    Topology {
        atoms,
        residues: vec![Residue {
            name: "XXX".to_owned(),
            chain: 'A',
            number: 1,
            atoms: 0..n_atoms,
        }],
        bonds: Vec::new(),
        ..Topology::default()
    }
}

/// A random flow whose base has the given width in nm. Its shifts and scales are far from those of the identity.
pub(crate) fn timewarp(n_atoms: usize, width_nm: f64, ignores: bool) -> Box<dyn Proposal> {
    flow(n_atoms, width_nm, 0.06, ignores)
}

/// A random flow nearer to the identity.
pub(crate) fn gentle_timewarp(n_atoms: usize, width_nm: f64) -> Box<dyn Proposal> {
    flow(n_atoms, width_nm, 0.03, true)
}

fn flow(n_atoms: usize, width_nm: f64, spread: f64, ignores: bool) -> Box<dyn Proposal> {
    let config = TimewarpConfig {
        element_vocabulary: vec!["C".to_owned(), "N".to_owned()],
        atom_embedding_dim: 3,
        mlp_hidden_dims: vec![6],
        num_coupling_layers: 4,
        num_transformer_layers: 1,
        d_model: 5,
        dim_feedforward: 8,
        lengthscales_nm: vec![0.1, 0.4],
        ignore_conditional_velocity: ignores,
        internal: None,
    };
    let mut parameters = initial_parameters(&config, spread, 77);
    let n_parameters = parameters.len();
    parameters[n_parameters - 2] = width_nm.ln();
    parameters[n_parameters - 1] = 0.1;
    let parameters = parameters.into_iter().map(|p| p as f32).collect();
    let model = Timewarp::from_parameters(config, parameters).unwrap();
    Box::new(TimewarpProposal::new(Arc::new(model), &topology(n_atoms)).unwrap())
}

pub(crate) fn ahead(n_tests: u64, n_ahead: usize, seed: u64) -> Box<dyn Kernel> {
    let proposal = timewarp(1, 0.06, true);
    Box::new(LookaheadKernel::new(
        proposal,
        n_tests,
        Ahead::Fixed(n_ahead),
        seed,
    ))
}

pub(crate) fn adaptive(seed: u64) -> Box<dyn Kernel> {
    let proposal = gentle_timewarp(3, 0.05);
    Box::new(LookaheadKernel::new(proposal, 6, Ahead::Adaptive, seed))
}

fn chain(n_replicas: usize) -> Chain {
    Chain::start(&[[0.1, 0.01, 0.02]], &vec![310.0; n_replicas])
}

/// Looking ahead changes what is evaluated, and not one bit of the chain.
#[test]
fn looking_ahead_leaves_no_trace() {
    let run = |n_ahead: usize| {
        let mut engine = ToyEngine::new(Arc::new(DoubleWell));
        let mut chain = chain(5);
        let mut kernel =
            LookaheadKernel::new(timewarp(1, 0.06, false), 7, Ahead::Fixed(n_ahead), 3);
        for _ in 0..40 {
            kernel.step(&mut chain, &mut engine).unwrap();
        }
        assert_eq!(kernel.statistics().proposed, 5 * 7 * 40);
        (
            chain.state.positions,
            kernel.statistics().accepted,
            chain.n_energy_evaluations,
        )
    };
    let (plain, accepted, evaluated) = run(1);
    assert!(accepted > 100, "{accepted}");
    for n_ahead in [2, 3, 7, 50] {
        let (positions, same, more) = run(n_ahead);
        assert_eq!(positions, plain, "{n_ahead} ahead");
        assert!(same == accepted && more > evaluated);
    }
}

/// In mixed precision an energy depends on whether lanes hold replicas or atoms; looking ahead must not decide that.
#[test]
fn looking_ahead_leaves_no_trace_on_the_engine_of_the_cpu() {
    let rows = molecular_rows();
    let row = rows.iter().find(|row| row.name.contains("timewarp ahead"));
    let row = row.expect("there is such a row");
    for n_replicas in [1, 2, 5, 17] {
        let run = |n_ahead: usize| {
            let mut engine = Machine::Cpu.engine(row);
            let mut chain = exact_chain(row, n_replicas, 8);
            let proposal = gentle_timewarp(3, 0.05);
            let mut kernel = LookaheadKernel::new(proposal, 7, Ahead::Fixed(n_ahead), 3);
            for _ in 0..60 {
                kernel.step(&mut chain, &mut *engine).unwrap();
            }
            (
                chain.state.positions,
                chain.energies,
                kernel.statistics().accepted,
            )
        };
        let plain = run(1);
        assert!(plain.2 > 10, "{} accepted", plain.2);
        for n_ahead in [2, 3, 7] {
            assert_eq!(
                run(n_ahead),
                plain,
                "{n_replicas} replicas, {n_ahead} ahead"
            );
        }
    }
}

/// Otherwise the test above means nothing.
#[test]
fn layouts_of_the_lanes_give_energies_of_other_bits() {
    let rows = molecular_rows();
    let row = rows.iter().find(|row| row.name.contains("timewarp ahead"));
    let row = row.expect("there is such a row");
    let chain = exact_chain(row, 16, 8);
    let mut engine = Machine::Cpu.engine(row);
    let mut together = [0.0; 16];
    engine.energies(&chain.state.positions, &mut together);
    let alone = |replica: usize| {
        let mut energy = [0.0];
        engine.energies(chain.state.replica_positions(replica), &mut energy);
        energy[0]
    };
    let alone: Vec<f64> = (0..16).map(alone).collect();
    assert_ne!(alone, together);
}

/// Tuned, then frozen; saved and restored it goes on with the same bits.
#[test]
fn the_number_of_proposals_is_tuned_and_kept() {
    let mut engine = ToyEngine::new(Arc::new(DoubleWell));
    // Wider draws are accepted less often, so that more are needed for one acceptance.
    let mut tuned = [0.02, 0.3].map(|width| {
        let mut chain = chain(20);
        let proposal = timewarp(1, width, true);
        let mut kernel = LookaheadKernel::new(proposal, 200, Ahead::Adaptive, 5);
        for _ in 0..20 {
            kernel.step(&mut chain, &mut engine).unwrap();
        }
        kernel.freeze();
        let n_ahead = kernel.n_ahead();
        kernel.step(&mut chain, &mut engine).unwrap();
        let statistics = kernel.statistics();
        let probability = statistics.accepted as f64 / statistics.proposed as f64;
        let at_least_one = 1.0 - (1.0 - probability).powi(n_ahead as i32);
        assert_eq!(kernel.n_ahead(), n_ahead);
        assert!(
            (0.8..0.999).contains(&at_least_one),
            "{at_least_one} with {n_ahead}"
        );
        (n_ahead, kernel, chain)
    });
    assert!(tuned[0].0 < tuned[1].0);
    let (n_ahead, kernel, chain) = &mut tuned[1];
    let saved = kernel.save();
    let mut again = chain.clone();
    kernel.step(chain, &mut engine).unwrap();
    let mut resumed = LookaheadKernel::new(timewarp(1, 0.3, true), 200, Ahead::Adaptive, 5);
    resumed.restore(&saved).unwrap();
    assert_eq!(resumed.n_ahead(), *n_ahead);
    resumed.step(&mut again, &mut engine).unwrap();
    assert_eq!(chain.state.positions, again.state.positions);
}

#[test]
fn proposals_that_follow_velocities_cannot_be_made_ahead() {
    let settings = saltus::proposal::HmcSettings::default();
    let hmc = saltus::proposal::Hmc::new(&settings).unwrap();
    let mut kernel = LookaheadKernel::new(Box::new(hmc), 2, Ahead::Fixed(2), 1);
    let mut engine = ToyEngine::new(Arc::new(DoubleWell));
    let error = kernel.step(&mut chain(1), &mut engine).unwrap_err();
    assert!(error.to_string().contains("velocities"), "{error}");
}

#[test]
fn exploration_says_that_it_is_not_exact_and_keeps_below_its_threshold() {
    let mut engine = ToyEngine::new(Arc::new(DoubleWell));
    let mut kernel = ExplorationKernel::new(timewarp(1, 0.2, true), 30.0, 3, 50, 9);
    assert_eq!(kernel.name(), "timewarp_exploration");
    assert!(!kernel.is_exact() && kernel.is_ergodic());
    let mut chain = chain(50);
    for _ in 0..20 {
        let before = chain.energies(&mut engine).to_vec();
        kernel.step(&mut chain, &mut engine).unwrap();
        for (before, x) in before.iter().zip(chain.state.positions.chunks(3)) {
            assert!(DoubleWell.energy(x) <= before + 3.0 * 30.0);
        }
    }
    let statistics = kernel.statistics();
    assert!(statistics.accepted > 0 && statistics.accepted < statistics.proposed);
}

/// Rigid bonds, other molecules and unknown elements are refused in words.
#[test]
fn what_does_not_fit_is_refused() {
    let mut kernel = MetropolisKernel::new(timewarp(3, 0.05, true), 1, 1);
    let mut engine = ToyEngine::new(Arc::new(DoubleWell));
    let error = kernel.step(&mut chain(1), &mut engine).unwrap_err();
    assert!(error.to_string().contains("timewarp"), "{error}");
}
