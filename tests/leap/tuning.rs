//! `fine_tune: true`: the networks learn from the replicas while they equilibrate, are frozen, and sample exactly after that.

use saltus::mcmc::{Chain, Kernel, MetropolisKernel};
use saltus::proposal::{
    BlockKind, LeapBlock, TunedLeapProposal, random_leap_model, torsion_blocks,
};
use saltus::topology::Molecule;

use super::balance::deviation;
use super::support::{ToyEngine, chain, molecule};

fn tuned(molecule: &Molecule, period: u64) -> Box<TunedLeapProposal> {
    let (topology, model) = (&molecule.topology, random_leap_model(5));
    let block = Some(LeapBlock::Backbone);
    Box::new(TunedLeapProposal::new(topology, model, block, period, 11).unwrap())
}

/// A toy energy of (phi, psi) of residue 3 of 4, and a start for each of so many replicas.
fn toy(n_replicas: usize) -> (Molecule, ToyEngine, Chain) {
    let molecule = molecule("ACE-SER-LEU-NME");
    let pairs = torsion_blocks(&molecule.topology, BlockKind::Pair, false);
    let torsions = [pairs[1].pivots[0].atoms, pairs[1].pivots[1].atoms];
    let engine = ToyEngine::new(&molecule.topology, torsions);
    let chain = chain(&molecule, n_replicas);
    (molecule, engine, chain)
}

fn steps(kernel: &mut MetropolisKernel, chain: &mut Chain, engine: &mut ToyEngine, n: usize) {
    for _ in 0..n {
        kernel.step(chain, engine).unwrap();
    }
}

#[test]
fn learning_goes_on_with_the_same_bits() {
    let (molecule, mut engine, start) = toy(32);
    let kernel = || MetropolisKernel::new(tuned(&molecule, 2), 32, 4);
    let (mut whole, mut chain) = (kernel(), start.clone());
    steps(&mut whole, &mut chain, &mut engine, 110);
    let (mut first, mut stopped) = (kernel(), start);
    steps(&mut first, &mut stopped, &mut engine, 77);
    let saved = first.save().to_string();
    let mut second = kernel();
    second
        .restore(&serde_json::from_str(&saved).unwrap())
        .unwrap();
    steps(&mut second, &mut stopped, &mut engine, 33);
    assert_eq!(stopped.state.positions, chain.state.positions);
    let proposal = |kernel: &MetropolisKernel| kernel.save()["proposal"].clone();
    assert_eq!(proposal(&second), proposal(&whole));
    // It did learn, and the comparison can fail.
    assert!(proposal(&whole)["tuning"]["n_steps"][0].as_u64().unwrap() > 40);
    assert_ne!(proposal(&whole)["tensors"], proposal(&first)["tensors"]);

    // Frozen, it forgets the frames, changes no more but for the count of its leaps, and goes on the same.
    whole.freeze();
    let frozen = proposal(&whole);
    assert!(frozen["tuning"].is_null());
    assert!(frozen["tensors"].as_str().unwrap().len() < saved.len() / 3);
    let mut resumed = kernel();
    resumed.restore(&whole.save()).unwrap();
    let mut other = chain.clone();
    steps(&mut whole, &mut chain, &mut engine, 20);
    steps(&mut resumed, &mut other, &mut engine, 20);
    assert_eq!(other.state.positions, chain.state.positions);
    let mut later = proposal(&whole);
    let count = |saved: &serde_json::Value| saved["leap"]["n_leaps"].as_u64().unwrap();
    assert_eq!(count(&later), count(&frozen) + 20);
    later["leap"] = frozen["leap"].clone();
    assert_eq!(later, frozen);

    let mut damaged: serde_json::Value = serde_json::from_str(&saved).unwrap();
    damaged["proposal"]["tensors"] = "00ff".into();
    let message = kernel().restore(&damaged).unwrap_err();
    assert!(message.contains("torsion_leap"), "{message}");
}

#[test]
fn what_was_learned_is_accepted_more_often_and_samples_exactly() {
    let n_replicas = 256;
    let (molecule, mut engine, start) = toy(n_replicas);
    let acceptance = |kernel: &mut MetropolisKernel, engine: &mut ToyEngine| {
        kernel.freeze();
        let mut chain = start.clone();
        steps(kernel, &mut chain, engine, 20);
        let statistics = kernel.statistics();
        statistics.accepted as f64 / statistics.proposed as f64
    };
    let mut plain = MetropolisKernel::new(tuned(&molecule, 1), n_replicas, 4);
    let before = acceptance(&mut plain, &mut engine);
    let mut learned = MetropolisKernel::new(tuned(&molecule, 1), n_replicas, 4);
    let mut chain = start.clone();
    steps(&mut learned, &mut chain, &mut engine, 300);
    let saved = learned.save();
    let after = acceptance(&mut learned, &mut engine);
    assert!(after > before + 0.05, "{before} {after}");

    let mut proposal = tuned(&molecule, 1);
    saltus::proposal::Proposal::restore(proposal.as_mut(), &saved["proposal"]).unwrap();
    let deviation = deviation(proposal, &mut engine, &molecule);
    // 35 degrees of freedom: the standard deviation is 0.24.
    assert!(deviation < 2.2, "reduced chi-square {deviation}");
}
