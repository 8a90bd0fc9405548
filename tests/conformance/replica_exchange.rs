//! Replica exchange: exact means on every rung, exact swaps, tuning, round trips, bad ladders.

use crate::checks::exact_chain;
use crate::table::{LADDER_KELVIN, Row, rows};
use crate::targets::{Harmonic, Target};
use crate::toy_engine::ToyEngine;
use saltus::analysis::mcse_mean;
use saltus::mcmc::{Chain, Kernel, Ladder, LadderError, MetropolisKernel, ReplicaExchange};
use saltus::proposal::{Hmc, HmcSettings};
use saltus::units::thermal_energy_kj_per_mol;
use std::sync::Arc;

fn row() -> Row {
    rows()
        .into_iter()
        .find(|row| row.name == "replica exchange, harmonic")
        .unwrap()
}

fn ladder() -> Ladder {
    Ladder::given(LADDER_KELVIN.to_vec()).unwrap()
}

/// Swaps alone: the numbers that decide are the energies, so all of it can be checked by hand.
#[test]
fn a_swap_moves_configurations_and_everything_that_belongs_to_them() {
    let target = Arc::new(Harmonic::new());
    let mut engine = ToyEngine::new(target.clone());
    let n_replicas = 300;
    let mut chain = exact_chain(&row(), n_replicas, 61);
    let mut swaps = ReplicaExchange::new(ladder(), n_replicas, 62).unwrap();
    let mut n_moved = 0;
    for round in 0..10 {
        chain.energies(&mut engine);
        let before = chain.clone();
        let walkers_before = swaps.walkers().places().to_vec();
        swaps.step(&mut chain, &mut engine).unwrap();
        assert_eq!(chain.temperatures_kelvin, before.temperatures_kelvin);
        for (replica, &walker) in swaps.walkers().places().iter().enumerate() {
            let from = walkers_before.iter().position(|&w| w == walker).unwrap();
            assert!(from.abs_diff(replica) <= 1 && from / 3 == replica / 3);
            n_moved += usize::from(from != replica);
            let pair = replica.min(from) % 3;
            assert!(
                from == replica || pair == round % 2,
                "even and odd pairs take turns"
            );
            assert_eq!(
                chain.state.replica_positions(replica),
                before.state.replica_positions(from)
            );
            let factor =
                (chain.temperatures_kelvin[replica] / chain.temperatures_kelvin[from]).sqrt();
            for (new, old) in chain
                .state
                .replica_velocities(replica)
                .iter()
                .zip(before.state.replica_velocities(from))
            {
                assert!((new - old * factor).abs() <= 1e-12 * old.abs().max(1.0));
            }
        }
        // The cache holds what a fresh evaluation gives.
        let cached = chain.energies.clone().unwrap();
        for (replica, cached) in cached.iter().enumerate() {
            assert_eq!(
                *cached,
                target.energy(chain.state.replica_positions(replica))
            );
        }
    }
    assert!(n_moved > 100);
}

/// The counted acceptance of a fixed pair of configurations is min(1, exp((1/kT_i - 1/kT_j)(U_i - U_j))).
#[test]
fn swaps_are_accepted_with_the_metropolis_probability() {
    let mut engine = ToyEngine::new(Arc::new(Harmonic::new()));
    let start = exact_chain(&row(), 3, 63);
    let ladder = Ladder::given(vec![300.0, 600.0]).unwrap();
    for (cold, expected_sign) in [(0, -1.0), (1, 1.0)] {
        let mut chain = Chain::default();
        let low: Vec<f64> = start
            .state
            .replica_positions(0)
            .iter()
            .map(|x| x * 0.1)
            .collect();
        let high: Vec<f64> = start
            .state
            .replica_positions(1)
            .iter()
            .map(|x| x * 0.5)
            .collect();
        let one = if cold == 0 {
            [low, high].concat()
        } else {
            [high, low].concat()
        };
        let n_copies = 4000;
        chain.state = saltus::state::State::replicate(&[[0.0; 3]; 3], 2 * n_copies);
        chain.state.positions = one.repeat(n_copies);
        chain.temperatures_kelvin = ladder.replica_temperatures_kelvin(2 * n_copies).unwrap();
        let energies = chain.energies(&mut engine).to_vec();
        let inverse = |kelvin: f64| 1.0 / thermal_energy_kj_per_mol(kelvin);
        let log_ratio = (inverse(300.0) - inverse(600.0)) * (energies[0] - energies[1]);
        assert_eq!(log_ratio.signum(), expected_sign);
        let mut swaps = ReplicaExchange::new(ladder.clone(), 2 * n_copies, 64).unwrap();
        swaps.step(&mut chain, &mut engine).unwrap();
        let p = log_ratio.min(0.0).exp();
        let pair = swaps.pairs()[0];
        let error = (p * (1.0 - p) / n_copies as f64).sqrt();
        let share = pair.accepted as f64 / pair.attempted as f64;
        assert!((share - p).abs() <= 4.5 * error, "{share} for {p}");
        assert!(cold == 1 || (0.02..0.98).contains(&p), "{p} tests little");
    }
}

#[test]
fn every_rung_has_its_exact_mean_energy() {
    let row = row();
    let n_replicas = 12;
    let mut engine = ToyEngine::new((row.target)());
    let mut chain = exact_chain(&row, n_replicas, 65);
    let mut kernel = row.kernel(n_replicas, 66);
    kernel.freeze();
    let mut energies = vec![Vec::new(); n_replicas];
    for _ in 0..5000 {
        kernel.step(&mut chain, &mut engine).unwrap();
        for (series, &energy) in energies.iter_mut().zip(chain.energies(&mut engine)) {
            series.push(energy);
        }
    }
    for (rung, &kelvin) in LADDER_KELVIN.iter().enumerate() {
        let chains: Vec<Vec<f64>> = energies.iter().skip(rung).step_by(3).cloned().collect();
        let all = chains.concat();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let expected = 4.5 * thermal_energy_kj_per_mol(kelvin);
        let error = mcse_mean(&chains).unwrap();
        assert!(
            (mean - expected).abs() < 4.5 * error,
            "{kelvin} K: {mean} +- {error}, {expected}"
        );
        assert!(error < 0.01 * expected, "the test is too weak: {error}");
    }
    let report = kernel.report();
    let exchange = &report.children[1];
    assert_eq!(exchange.name, "replica_exchange");
    let round_trips = exchange.details["round_trips"].as_array().unwrap();
    assert!(
        round_trips.iter().all(|n| n.as_u64().unwrap() > 50),
        "{round_trips:?}"
    );
}

/// A ladder with a gap becomes even, keeps its ends, and stops moving when frozen.
#[test]
fn tuning_evens_the_acceptance() {
    let bad = Ladder::given(vec![300.0, 310.0, 320.0, 1200.0]).unwrap();
    let n_replicas = 40;
    let mut engine = ToyEngine::new(Arc::new(Harmonic::new()));
    let settings = HmcSettings {
        steps: 3,
        timestep_fs: 30.0,
        ..HmcSettings::default()
    };
    let hmc = Hmc::new(&settings).unwrap();
    let mut local = MetropolisKernel::new(Box::new(hmc), n_replicas, 67);
    let mut swaps = ReplicaExchange::new(bad.clone(), n_replicas, 68)
        .unwrap()
        .tuned();
    let mut chain = exact_chain(&row(), n_replicas, 69);
    chain.temperatures_kelvin = bad.replica_temperatures_kelvin(n_replicas).unwrap();
    let mut run = |swaps: &mut ReplicaExchange, n_steps: usize| {
        for _ in 0..n_steps {
            local.step(&mut chain, &mut engine).unwrap();
            swaps.step(&mut chain, &mut engine).unwrap();
        }
        chain.temperatures_kelvin.clone()
    };
    run(&mut swaps, 400);
    swaps.freeze();
    let tuned = swaps.ladder().clone();
    let temperatures = run(&mut swaps, 600);
    assert_eq!(*swaps.ladder(), tuned, "a frozen ladder does not move");
    assert_eq!(
        temperatures,
        tuned.replica_temperatures_kelvin(n_replicas).unwrap()
    );
    assert_eq!(tuned.temperatures_kelvin()[0], 300.0);
    assert_eq!(tuned.temperatures_kelvin()[3], 1200.0);
    let shares: Vec<f64> = swaps
        .pairs()
        .iter()
        .map(|p| p.accepted as f64 / p.attempted as f64)
        .collect();
    let spread = shares.iter().fold(0.0_f64, |a, &b| a.max(b))
        - shares.iter().fold(1.0_f64, |a, &b| a.min(b));
    assert!(spread < 0.1, "{shares:?} on {tuned:?}");
}

#[test]
fn two_rungs_try_their_only_pair_every_time() {
    let ladder = Ladder::given(vec![300.0, 330.0]).unwrap();
    let mut engine = ToyEngine::new(Arc::new(Harmonic::new()));
    let mut chain = exact_chain(&row(), 4, 70);
    chain.temperatures_kelvin = ladder.replica_temperatures_kelvin(4).unwrap();
    let mut swaps = ReplicaExchange::new(ladder, 4, 71).unwrap();
    for _ in 0..5 {
        swaps.step(&mut chain, &mut engine).unwrap();
    }
    assert_eq!(swaps.statistics().proposed, 10);
}

#[test]
fn ladders_that_make_no_sense_are_refused() {
    let given = |values: &[f64]| Ladder::given(values.to_vec()).unwrap_err();
    assert_eq!(given(&[]), LadderError::TooShort { got: 0 });
    assert_eq!(given(&[300.0]), LadderError::TooShort { got: 1 });
    assert_eq!(
        given(&[300.0, -5.0]),
        LadderError::Temperature { rung: 1, got: -5.0 }
    );
    assert!(matches!(
        given(&[f64::NAN, 300.0]),
        LadderError::Temperature { rung: 0, .. }
    ));
    assert_eq!(
        given(&[300.0, 300.0]),
        LadderError::Order {
            rung: 1,
            got: 300.0,
            before: 300.0
        }
    );
    assert!(matches!(
        Ladder::geometric(400.0, 300.0, 3),
        Err(LadderError::Order { .. })
    ));
    assert!(matches!(
        Ladder::geometric(300.0, 400.0, 1),
        Err(LadderError::TooShort { got: 1 })
    ));
    assert!(matches!(
        Ladder::geometric(300.0, 400.0, 0),
        Err(LadderError::TooShort { got: 0 })
    ));
    assert!(matches!(
        Ladder::geometric(0.0, 400.0, 3),
        Err(LadderError::Temperature { rung: 0, .. })
    ));
    let wrong = ReplicaExchange::new(ladder(), 7, 1)
        .map(|_| ())
        .unwrap_err();
    assert_eq!(
        wrong,
        LadderError::Replicas {
            n_replicas: 7,
            n_rungs: 3
        }
    );
    assert!(ReplicaExchange::new(ladder(), 0, 1).is_err());
}

#[test]
fn a_chain_at_other_temperatures_is_an_error() {
    let mut engine = ToyEngine::new(Arc::new(Harmonic::new()));
    let mut chain = exact_chain(&row(), 6, 72);
    chain.temperatures_kelvin[4] = 310.0;
    let mut swaps = ReplicaExchange::new(ladder(), 6, 73).unwrap();
    let message = swaps.step(&mut chain, &mut engine).unwrap_err().to_string();
    assert!(
        message.contains("replica 4 runs at 310 K but its rung is 400 K"),
        "{message}"
    );
}
