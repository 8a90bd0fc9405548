//! Random weights give the right ensemble, only slowly; a batch is a loop over its replicas.

use saltus::mcmc::{Kernel, MetropolisKernel};
use saltus::proposal::{
    BlockKind, Current, LeapBlock, LogRatio, Proposal, ProposalError, Proposed, torsion_blocks,
};
use saltus::rng;
use std::f64::consts::{PI, TAU};

use super::support::{ToyEngine, chain, lopsided_leap, molecule, random_leap, toy_energy_over_kt};

const N_CELLS: usize = 6;
const N_REPLICAS: usize = 4000;
const N_STEPS: usize = 120;

fn cell(a: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "cells"
    )]
    let cell = ((a + PI) / TAU * N_CELLS as f64) as usize;
    cell.min(N_CELLS - 1)
}

/// Chi-square over its degrees of freedom of replicas that leapt on a toy energy of (phi, psi) of residue 3 of 4.
pub(crate) fn deviation(
    proposal: Box<dyn Proposal>,
    toy: &mut ToyEngine,
    start: &saltus::topology::Molecule,
) -> f64 {
    let mut chain = chain(start, N_REPLICAS);
    let mut kernel = MetropolisKernel::new(proposal, N_REPLICAS, 8);
    kernel.freeze();
    for _ in 0..N_STEPS {
        kernel.step(&mut chain, toy).unwrap();
    }
    let mut counts = vec![0.0; N_CELLS * N_CELLS];
    for replica in 0..N_REPLICAS {
        let [a, b] = toy.values(chain.state.replica_positions(replica));
        counts[cell(a) * N_CELLS + cell(b)] += 1.0;
    }
    let fine = 20 * N_CELLS;
    let at = |i: usize| TAU * (i as f64 + 0.5) / fine as f64 - PI;
    let mut expected = vec![0.0; counts.len()];
    for i in 0..fine {
        for j in 0..fine {
            expected[cell(at(i)) * N_CELLS + cell(at(j))] +=
                (-toy_energy_over_kt(at(i), at(j))).exp();
        }
    }
    let total: f64 = expected.iter().sum();
    let terms = counts.iter().zip(&expected).map(|(count, mass)| {
        let expected = mass / total * N_REPLICAS as f64;
        (count - expected).powi(2) / expected
    });
    terms.sum::<f64>() / (counts.len() - 1) as f64
}

/// Swallows the densities of the proposal within: the planted error.
struct ForgetsItsRatio(Box<dyn Proposal>);

impl Proposal for ForgetsItsRatio {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn saltus::integrator::Engine,
        streams: &mut [rand_xoshiro::Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let mut proposed = self.0.propose(current, engine, streams)?;
        proposed.log_ratio = LogRatio::Symmetric;
        Ok(proposed)
    }
}

#[test]
fn random_weights_give_the_right_ensemble() {
    let molecule = molecule("ACE-SER-LEU-NME");
    let pairs = torsion_blocks(&molecule.topology, BlockKind::Pair, false);
    let side_chains = torsion_blocks(&molecule.topology, BlockKind::SideChain, false);
    let backbone = [pairs[1].pivots[0].atoms, pairs[1].pivots[1].atoms];
    let mixed = [pairs[1].pivots[0].atoms, side_chains[1].pivots[1].atoms];
    let kinds = [
        Some(LeapBlock::Backbone),
        Some(LeapBlock::SideChain),
        Some(LeapBlock::Residue),
        Some(LeapBlock::Neighbors),
        Some(LeapBlock::Molecule),
        None,
    ];
    for kind in kinds {
        let torsions = match kind {
            Some(LeapBlock::SideChain) => [
                side_chains[1].pivots[0].atoms,
                side_chains[1].pivots[1].atoms,
            ],
            Some(LeapBlock::Residue | LeapBlock::Neighbors | LeapBlock::Molecule) => mixed,
            _ => backbone,
        };
        let mut toy = ToyEngine::new(&molecule.topology, torsions);
        let leap = || Box::new(lopsided_leap(&molecule.topology, kind));
        let right = deviation(leap(), &mut toy, &molecule);
        // 35 degrees of freedom: the standard deviation is 0.24.
        assert!(right < 2.2, "{kind:?}: reduced chi-square {right}");
        let wrong = deviation(Box::new(ForgetsItsRatio(leap())), &mut toy, &molecule);
        assert!(wrong > 6.0, "{kind:?}: the planted error gives {wrong}");
    }
}

#[test]
fn a_batch_is_a_loop() {
    let molecule = molecule("ACE-SER-LEU-NME");
    let n_replicas = 21;
    for kind in [None, Some(LeapBlock::Molecule)] {
        let mut toy = ToyEngine::new(&molecule.topology, [[0, 1, 2, 3]; 2]);
        let mut start = chain(&molecule, n_replicas);
        // Somewhere else for each replica, by a first leap.
        let mut kernel = MetropolisKernel::new(
            Box::new(random_leap(&molecule.topology, kind)),
            n_replicas,
            1,
        );
        kernel.step(&mut start, &mut toy).unwrap();
        let energies = start.energies(&mut toy).to_vec();
        let current = Current {
            state: &start.state,
            energies: &energies,
            temperatures_kelvin: &start.temperatures_kelvin,
        };
        let together = random_leap(&molecule.topology, kind)
            .propose(current, &mut toy, &mut rng::streams(9, n_replicas))
            .unwrap();
        let mut streams = rng::streams(9, n_replicas);
        let size = molecule.topology.n_atoms() * 3;
        for (replica, stream) in streams.iter_mut().enumerate() {
            let one = start.state.one_replica(replica);
            let current = Current {
                state: &one,
                energies: &energies[replica..=replica],
                temperatures_kelvin: &start.temperatures_kelvin[replica..=replica],
            };
            // As the batch was, at its first leap.
            let alone = random_leap(&molecule.topology, kind)
                .propose(current, &mut toy, std::slice::from_mut(stream))
                .unwrap();
            assert_eq!(
                alone.positions,
                together.positions[replica * size..(replica + 1) * size]
            );
            let (
                LogRatio::Densities {
                    log_q_forward: a,
                    log_q_reverse: b,
                },
                LogRatio::Densities {
                    log_q_forward,
                    log_q_reverse,
                },
            ) = (&alone.log_ratio, &together.log_ratio)
            else {
                panic!("leaps have densities");
            };
            assert_eq!(
                [a[0], b[0]],
                [log_q_forward[replica], log_q_reverse[replica]]
            );
        }
    }
}
