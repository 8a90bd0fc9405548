//! Same seed, same bits; a batch equals a loop over its replicas; a saved kernel goes on as if it had never stopped.

use crate::checks::{exact_chain, steps};
use crate::table::{KELVIN, Make, Row, rows};
use saltus::integrator::Engine;
use saltus::mcmc::Chain;
use saltus::proposal::{Current, LogRatio, Proposal, Proposed};
use saltus::rng;

const N_REPLICAS: usize = 6;

fn run_both_phases(row: &Row, engine: &mut dyn Engine, seed: u64) -> Chain {
    let mut chain = exact_chain(row, N_REPLICAS, 31);
    let mut kernel = row.kernel(N_REPLICAS, seed);
    steps(&mut *kernel, &mut chain, engine, 15);
    kernel.freeze();
    steps(&mut *kernel, &mut chain, engine, 15);
    chain
}

/// Same seed, same bits; another seed, others.
pub(crate) fn the_seed_decides(row: &Row, engine: &mut dyn Engine) {
    let chain = run_both_phases(row, engine, 32);
    assert_eq!(chain, run_both_phases(row, engine, 32), "{}", row.name);
    let other = run_both_phases(row, engine, 33);
    assert_ne!(chain.state.positions, other.state.positions, "{}", row.name);
}

#[test]
fn the_seed_decides_everything() {
    for row in rows() {
        the_seed_decides(&row, &mut row.toy());
    }
}

/// A kernel saved in either phase, and one that never stopped, end with the same bits.
pub(crate) fn a_saved_kernel_goes_on(row: &Row, engine: &mut dyn Engine) {
    for frozen in [false, true] {
        let mut chain = exact_chain(row, N_REPLICAS, 34);
        let mut kernel = row.kernel(N_REPLICAS, 35);
        if frozen {
            steps(&mut *kernel, &mut chain, engine, 9);
            kernel.freeze();
        }
        steps(&mut *kernel, &mut chain, engine, 9);
        let text = kernel.save().to_string();
        let mut resumed_chain = chain.clone();
        let mut resumed = row.kernel(N_REPLICAS, 35);
        resumed
            .restore(&serde_json::from_str(&text).unwrap())
            .unwrap();
        steps(&mut *kernel, &mut chain, engine, 9);
        steps(&mut *resumed, &mut resumed_chain, engine, 9);
        // Remembered forces are not saved, so a resumed run may count more evaluations.
        resumed_chain.n_energy_evaluations = chain.n_energy_evaluations;
        assert_eq!(chain, resumed_chain, "{}, frozen: {frozen}", row.name);
        let (before, after) = (kernel.statistics(), resumed.statistics());
        assert_eq!(before.accepted, after.accepted, "{}", row.name);
        assert_eq!(before.proposed, after.proposed, "{}", row.name);
    }
}

#[test]
fn a_saved_kernel_goes_on_as_if_it_had_never_stopped() {
    for row in rows() {
        a_saved_kernel_goes_on(&row, &mut row.toy());
    }
}

#[test]
fn a_damaged_save_is_refused() {
    for row in rows() {
        let mut kernel = row.kernel(N_REPLICAS, 36);
        assert!(
            kernel.restore(&serde_json::json!({"x": 1})).is_err(),
            "{}",
            row.name
        );
    }
}

/// One replica's part of a batch of proposals.
fn part(proposed: &Proposed, replica: usize, size: usize) -> Proposed {
    let range = replica * size..(replica + 1) * size;
    let one = |values: &Vec<f64>| vec![values[replica]];
    Proposed {
        positions: proposed.positions[range.clone()].to_vec(),
        log_ratio: match &proposed.log_ratio {
            LogRatio::Symmetric => LogRatio::Symmetric,
            LogRatio::Densities {
                log_q_forward,
                log_q_reverse,
            } => LogRatio::Densities {
                log_q_forward: one(log_q_forward),
                log_q_reverse: one(log_q_reverse),
            },
        },
        log_auxiliary: proposed.log_auxiliary.as_ref().map(one),
        energies: proposed.energies.as_ref().map(one),
        velocities: proposed.velocities.clone().map(|mut velocities| {
            velocities.accepted = velocities.accepted[range.clone()].to_vec();
            velocities.rejected = velocities.rejected[range].to_vec();
            velocities
        }),
        segment: proposed.segment,
        n_energy_evaluations: 0,
    }
}

/// Moves every other replica, so that whatever a proposal remembers of accepted and rejected states is put to use.
fn accept_some(chain: &mut Chain, proposed: &Proposed, round: usize, size: usize) {
    for replica in (round % 2..N_REPLICAS).step_by(2) {
        let range = replica * size..(replica + 1) * size;
        chain.state.positions[range.clone()].copy_from_slice(&proposed.positions[range.clone()]);
        if let Some(velocities) = &proposed.velocities {
            chain.state.velocities[range.clone()].copy_from_slice(&velocities.accepted[range]);
        }
    }
}

#[test]
fn a_batch_equals_a_loop_over_its_replicas() {
    for row in rows() {
        let Make::Proposal(make) = row.make else {
            continue;
        };
        let mut engine = row.toy();
        let mut chain = exact_chain(&row, N_REPLICAS, 37);
        let size = chain.state.n_atoms * 3;
        let mut batch = make();
        let mut singles: Vec<Box<dyn Proposal>> = (0..N_REPLICAS).map(|_| make()).collect();
        let mut streams = rng::streams(38, N_REPLICAS);
        let mut single_streams = streams.clone();
        for round in 0..5 {
            chain.energies = None;
            let energies = chain.energies(&mut engine).to_vec();
            let temperatures_kelvin = &chain.temperatures_kelvin;
            let current = Current {
                state: &chain.state,
                energies: &energies,
                temperatures_kelvin,
            };
            let proposed = batch.propose(current, &mut engine, &mut streams).unwrap();
            for (replica, single) in singles.iter_mut().enumerate() {
                let current = Current {
                    state: &chain.state.one_replica(replica),
                    energies: &energies[replica..=replica],
                    temperatures_kelvin: &[KELVIN],
                };
                let streams = &mut single_streams[replica..=replica];
                let mut one = single.propose(current, &mut engine, streams).unwrap();
                one.n_energy_evaluations = 0;
                assert_eq!(
                    one,
                    part(&proposed, replica, size),
                    "{}, replica {replica}",
                    row.name
                );
            }
            accept_some(&mut chain, &proposed, round, size);
        }
        assert_eq!(streams, single_streams, "{}", row.name);
    }
}
