//! A network's density of a side chain with four torsions: one over all of them, and that of the draws.
//!
//! The way back of a leap from uniform torsions has the density of a uniform point, the way there that of a draw: means of
//! q(x) (2 pi)^4 and of 1 / (q(y) (2 pi)^4) are 1.

use super::support::{ToyEngine, chain, lopsided_leap, molecule};
use rand::RngExt;
use saltus::proposal::{BlockKind, Current, LeapBlock, LogRatio, Pivot, Proposal, torsion_blocks};
use saltus::rng;
use saltus::topology::Topology;
use std::f64::consts::{PI, TAU};

const SEED: u64 = 81;
const N_REPLICAS: usize = 2000;
const N_ROUNDS: usize = 30;

/// The torsions of the side chain.
fn pivots(topology: &Topology) -> Vec<Pivot> {
    let blocks = torsion_blocks(topology, BlockKind::SideChain, false);
    assert_eq!(blocks.len(), 1);
    blocks[0].pivots.clone()
}

/// ln q of uniform points, and of draws.
fn densities(sequence: &str) -> [Vec<f64>; 2] {
    let molecule = molecule(sequence);
    let pivots = pivots(&molecule.topology);
    assert_eq!(pivots.len(), 4);
    let mut proposal = lopsided_leap(&molecule.topology, Some(LeapBlock::SideChain));
    proposal.freeze();
    let mut engine = ToyEngine::new(&molecule.topology, [pivots[0].atoms, pivots[1].atoms]);
    let mut chain = chain(&molecule, N_REPLICAS);
    let mut stream = rng::stream(SEED);
    let mut streams = rng::streams(SEED + 1, N_REPLICAS);
    let [mut uniform, mut drawn] = [Vec::new(), Vec::new()];
    for _ in 0..N_ROUNDS {
        for replica in chain
            .state
            .positions
            .chunks_exact_mut(molecule.positions.len() * 3)
        {
            for pivot in &pivots {
                let target = TAU * stream.random::<f64>() - PI;
                pivot.turn(replica, target - pivot.torsion_rad(replica));
            }
        }
        let current = Current {
            state: &chain.state,
            energies: &[0.0; N_REPLICAS],
            temperatures_kelvin: &chain.temperatures_kelvin,
        };
        let proposed = proposal
            .propose(current, &mut engine, &mut streams)
            .unwrap();
        let LogRatio::Densities {
            log_q_forward,
            log_q_reverse,
        } = proposed.log_ratio
        else {
            panic!("densities were expected")
        };
        uniform.extend(log_q_reverse);
        drawn.extend(log_q_forward);
    }
    [uniform, drawn]
}

/// Mean and its standard error.
fn estimate(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let values: Vec<f64> = values.collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    (mean, (variance / n).sqrt())
}

fn is_one((mean, error): (f64, f64)) -> bool {
    error < 0.05 && (mean - 1.0).abs() < 5.0 * error
}

#[test]
fn the_density_of_four_torsions_is_normalised_and_that_of_the_draws() {
    let volume = TAU.powi(4);
    for sequence in ["ACE-LYS-NME", "ACE-ARG-NME"] {
        let [uniform, drawn] = densities(sequence);
        let integral = estimate(uniform.iter().map(|log_q| log_q.exp() * volume));
        let sharpness = estimate(uniform.iter().map(|log_q| (log_q.exp() * volume).powi(2))).0;
        let inverse = estimate(drawn.iter().map(|log_q| (-log_q).exp() / volume));
        assert!(
            sharpness > 1.1,
            "{sequence}: an even density hides every error: {sharpness}"
        );
        assert!(is_one(integral), "{sequence}, seed {SEED}: {integral:?}");
        assert!(is_one(inverse), "{sequence}, seed {SEED}: {inverse:?}");

        // Planted: a factor counted as if its circle were half as long, and the density of another draw.
        let half = estimate(uniform.iter().map(|log_q| 2.0 * log_q.exp() * volume));
        assert!(!is_one(half), "{half:?}");
        let another = estimate(uniform.iter().map(|log_q| (-log_q).exp() / volume));
        assert!(!is_one(another), "{another:?}");
    }
}
