//! The stationary distribution on a toy energy of phi and psi against the analytic one; batch equals loop.

use crate::support::{
    ForgetsItsRatio, ToyEngine, chain, molecule, proposals, reduced_chi_square, toy_energy_over_kt,
};
use saltus::mcmc::{Kernel, MetropolisKernel};
use saltus::proposal::{
    AdaptiveTorsionProposal, AdaptiveTorsionSettings, BlockKind, Current, PeriodicGrid, Proposal,
    TorsionDraw, TorsionProposal, TorsionSettings, torsion_blocks,
};
use saltus::rng;
use saltus::topology::Topology;
use std::f64::consts::{PI, TAU};

const N_BOXES: usize = 6;
const N_REPLICAS: usize = 6000;

fn toy_torsions(topology: &Topology) -> [[usize; 4]; 2] {
    let pair = &torsion_blocks(topology, BlockKind::Pair, false)[0];
    [pair.pivots[0].atoms, pair.pivots[1].atoms]
}

/// Probabilities of boxes in (phi, psi).
fn analytic() -> Vec<f64> {
    let fine = 20 * N_BOXES;
    let mut boxes = vec![0.0; N_BOXES * N_BOXES];
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let angle = |index: usize| (index as f64 + 0.5) * TAU / fine as f64 - PI;
    for i in 0..fine {
        for j in 0..fine {
            boxes[i / 20 * N_BOXES + j / 20] += (-toy_energy_over_kt(angle(i), angle(j))).exp();
        }
    }
    let total: f64 = boxes.iter().sum();
    boxes.iter().map(|mass| mass / total).collect()
}

/// Chi-square of where independent replicas are after adaptation and as many steps again.
fn chi_square(proposal: Box<dyn Proposal>, n_steps: usize) -> f64 {
    let molecule = molecule("ACE-ALA-NME");
    let torsions = toy_torsions(&molecule.topology);
    let mut engine = ToyEngine::new(&molecule.topology, Some(torsions));
    let mut chain = chain(&molecule, N_REPLICAS);
    let mut kernel = MetropolisKernel::new(proposal, N_REPLICAS, 17);
    for step in 0..n_steps {
        if step == n_steps / 2 {
            kernel.freeze();
        }
        kernel.step(&mut chain, &mut engine).unwrap();
    }
    let grid = PeriodicGrid {
        n_angles: 2,
        n_bins: N_BOXES,
    };
    let mut counts = vec![0.0; N_BOXES * N_BOXES];
    for replica in 0..N_REPLICAS {
        let atoms = chain.state.replica_positions(replica).as_chunks().0;
        let point = torsions.map(|torsion| saltus::topology::torsion_rad(atoms, torsion));
        counts[grid.cell(&point)] += 1.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let expected: Vec<f64> = analytic().iter().map(|p| p * N_REPLICAS as f64).collect();
    reduced_chi_square(&counts, &expected)
}

fn torsion(kind: BlockKind, proposal: TorsionDraw) -> Box<dyn Proposal> {
    let settings = TorsionSettings {
        kind,
        proposal,
        ..TorsionSettings::default()
    };
    Box::new(TorsionProposal::new(&molecule("ACE-ALA-NME").topology, &settings).unwrap())
}

/// 35 degrees of freedom: beyond 2 once in three thousand times.
const LIMIT: f64 = 2.0;

#[test]
fn uniform_pairs_reach_the_boltzmann_distribution() {
    let found = chi_square(torsion(BlockKind::Pair, TorsionDraw::Uniform), 50);
    assert!(found < LIMIT, "{found}");
}

#[test]
fn normal_pairs_reach_the_boltzmann_distribution() {
    let found = chi_square(torsion(BlockKind::Pair, TorsionDraw::Normal), 80);
    assert!(found < LIMIT, "{found}");
}

#[test]
fn single_bonds_reach_the_boltzmann_distribution() {
    let found = chi_square(torsion(BlockKind::Single, TorsionDraw::Uniform), 140);
    assert!(found < LIMIT, "{found}");
}

fn adaptive(n_discriminants: usize) -> Box<dyn Proposal> {
    let settings = AdaptiveTorsionSettings {
        n_discriminants,
        n_bins: 16,
        ..AdaptiveTorsionSettings::default()
    };
    Box::new(AdaptiveTorsionProposal::new(&molecule("ACE-ALA-NME").topology, &settings).unwrap())
}

#[test]
fn learned_draws_reach_the_boltzmann_distribution_and_need_their_ratio() {
    let found = chi_square(adaptive(0), 40);
    let planted = chi_square(Box::new(ForgetsItsRatio(adaptive(0))), 40);
    println!("reduced chi-square {found:.2}, without the ratio {planted:.2}");
    assert!(found < LIMIT, "{found}");
    assert!(planted > 3.0 * LIMIT, "{planted}");
}

#[test]
fn conditioned_draws_reach_the_boltzmann_distribution() {
    let found = chi_square(adaptive(4), 40);
    assert!(found < LIMIT, "{found}");
}

#[test]
fn a_batch_equals_a_loop_over_its_replicas() {
    let molecule = molecule("ACE-ALA-LYS-ALA-ALA-NME");
    let mut engine = ToyEngine::new(&molecule.topology, None);
    for (name, mut proposal) in proposals(&molecule.topology) {
        let batch = chain(&molecule, 5);
        let mut streams = rng::streams(23, 5);
        let together = proposal
            .propose(current(&batch), &mut engine, &mut streams)
            .unwrap();
        let alone = chain(&molecule, 1);
        let size = alone.state.positions.len();
        for (replica, stream) in rng::streams(23, 5).into_iter().enumerate() {
            let mut stream = [stream];
            let one = proposal
                .propose(current(&alone), &mut engine, &mut stream)
                .unwrap();
            assert_eq!(
                one.positions,
                together.positions[replica * size..][..size],
                "{name}"
            );
            assert_eq!(stream[0], streams[replica], "{name}");
        }
    }
}

fn current(chain: &saltus::mcmc::Chain) -> Current<'_> {
    Current {
        state: &chain.state,
        energies: &[0.0; 5][..chain.state.n_replicas],
        temperatures_kelvin: &chain.temperatures_kelvin,
    }
}
