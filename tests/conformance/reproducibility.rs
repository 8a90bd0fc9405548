//! Same seed, same bits; a batch equals a loop over its replicas, and parts of it on several threads; a saved sampler goes on as if it had never stopped.

use crate::checks::exact_chain;
use crate::engines::molecular_rows;
use crate::machines::system;
use crate::table::{KELVIN, Make, Row, rows};
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::cpu::{self, CpuOptions};
use saltus::integrator::Engine;
use saltus::mcmc::{
    Chain, HostSampler, Kernel, KernelSequence, MetropolisKernel, Mixture, Repeat, Sampler,
};
use saltus::proposal::{Current, LogRatio, Proposal, ProposalError, Proposed};
use saltus::rng;

const N_REPLICAS: usize = 6;

fn run_both_phases(row: &Row, engine: &mut dyn Engine, seed: u64) -> Chain {
    let mut chain = exact_chain(row, N_REPLICAS, 31);
    let mut sampler = row.sampler(engine, N_REPLICAS, seed);
    sampler.run(&mut chain, 15).unwrap();
    sampler.freeze();
    sampler.run(&mut chain, 15).unwrap();
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

/// A sampler saved in either phase, and one that never stopped, end with the same bits.
pub(crate) fn a_saved_sampler_goes_on(row: &Row, engine: &mut dyn Engine) {
    for frozen in [false, true] {
        let mut chain = exact_chain(row, N_REPLICAS, 34);
        let mut whole = row.sampler(engine, N_REPLICAS, 35);
        if frozen {
            whole.run(&mut chain, 9).unwrap();
            whole.freeze();
        }
        whole.run(&mut chain, 9).unwrap();
        let text = serde_json::to_string(&whole.save()).unwrap();
        let mut resumed_chain = chain.clone();
        whole.run(&mut chain, 9).unwrap();
        let before = whole.statistics()[0];
        drop(whole);
        let mut resumed = row.sampler(engine, N_REPLICAS, 35);
        let saved: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        resumed.restore(&saved).unwrap();
        resumed.run(&mut resumed_chain, 9).unwrap();
        // Remembered forces are not saved, so a resumed run may count more evaluations.
        resumed_chain.n_energy_evaluations = chain.n_energy_evaluations;
        assert_eq!(chain, resumed_chain, "{}, frozen: {frozen}", row.name);
        let after = resumed.statistics()[0];
        assert_eq!(before.accepted, after.accepted, "{}", row.name);
        assert_eq!(before.proposed, after.proposed, "{}", row.name);
    }
}

#[test]
fn a_saved_sampler_goes_on_as_if_it_had_never_stopped() {
    for row in rows() {
        a_saved_sampler_goes_on(&row, &mut row.toy());
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

/// Replicas of three registers, so that two threads get unequal parts.
const MANY: usize = 42;

/// What a sampler saves, but for the time it took.
fn saved(sampler: &dyn Sampler) -> serde_json::Value {
    let mut saved = sampler.save().into();
    forget_seconds(&mut saved);
    saved
}

fn forget_seconds(saved: &mut serde_json::Value) {
    match saved {
        serde_json::Value::Object(fields) => {
            fields.remove("seconds");
            fields.values_mut().for_each(forget_seconds);
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(forget_seconds),
        _ => {}
    }
}

/// Whether parts of a batch on two threads, stopped and restored in between, end with the bits of the whole batch on one;
/// `None` for a kernel that keeps its replicas together.
fn parts_equal_the_batch(row: &Row, make: &dyn Fn() -> Box<dyn Kernel>) -> Option<bool> {
    let options = |threads| CpuOptions {
        threads,
        ..CpuOptions::default()
    };
    let on_threads = |n: usize| {
        let engine = cpu::engine(&system(row), &options(n)).unwrap();
        HostSampler::new(engine, vec![make()])
    };
    let resumed = |n: usize, saved: &dyn Sampler| {
        let mut resumed = on_threads(n);
        resumed.restore(&saved.save()).unwrap();
        resumed
    };
    if !frozen(make()).prepare_parts(2) {
        return None;
    }
    let mut whole = exact_chain(row, MANY, 39);
    let mut one = on_threads(1);
    one.run(&mut whole, 7).unwrap();
    let mut chain = whole.clone();
    one.freeze();
    let mut two = resumed(2, &one);
    for _ in 0..2 {
        two.run(&mut chain, 6).unwrap();
        two = resumed(2, &two);
    }
    one.run(&mut whole, 12).unwrap();
    // Remembered forces are not saved.
    chain.n_energy_evaluations = whole.n_energy_evaluations;
    Some(chain == whole && saved(&one) == saved(&two))
}

fn frozen(mut kernel: Box<dyn Kernel>) -> Box<dyn Kernel> {
    kernel.freeze();
    kernel
}

#[test]
fn parts_of_a_batch_on_several_threads_equal_the_batch() {
    let mut together = Vec::new();
    for row in molecular_rows() {
        match parts_equal_the_batch(&row, &|| row.kernel(MANY, 40)) {
            Some(equal) => assert!(equal, "{}", row.name),
            None => together.push(row.name),
        }
    }
    let expected = [
        "gaussian step, springs",
        "timewarp, random weights, springs",
        "timewarp ahead adaptively, springs",
        "mixture, springs",
        "sequence, springs",
        "langevin, springs",
        "replica exchange, springs",
        "timewarp in internal coordinates, random weights, four atoms",
        "timewarp in internal coordinates, random weights, ten atoms",
    ];
    assert_eq!(together, expected);
}

#[test]
fn parts_of_composed_kernels_equal_the_batch() {
    let rows = molecular_rows();
    let part = |name: &str, seed| {
        let row = rows.iter().find(|row| row.name == name);
        row.expect("there is such a row").kernel(MANY, seed)
    };
    let make = || -> Box<dyn Kernel> {
        let [a, b] = [part("hmc, springs", 41), part("mala, springs", 42)];
        let c = Repeat::new(part("hmc, springs", 43), 3).unwrap();
        let mixture = Mixture::new(vec![(1.0, a), (2.0, b)], 44).unwrap();
        Box::new(KernelSequence::new(vec![Box::new(mixture), Box::new(c)]).unwrap())
    };
    let row = rows.iter().find(|row| row.name == "hmc, springs").unwrap();
    assert_eq!(parts_equal_the_batch(row, &make), Some(true));
}

/// Stays where it is every other time, and starts that count anew in its copies.
struct Behind {
    sound: Box<dyn Proposal>,
    n_moves: u64,
}

impl Proposal for Behind {
    fn name(&self) -> &str {
        self.sound.name()
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        self.n_moves += 1;
        if self.n_moves.is_multiple_of(2) {
            let positions = current.state.positions.clone();
            return Ok(Proposed::new(positions, LogRatio::Symmetric));
        }
        self.sound.propose(current, engine, streams)
    }

    fn frozen_copy(&self) -> Option<Box<dyn Proposal>> {
        let sound = self.sound.frozen_copy()?;
        Some(Box::new(Self { sound, n_moves: 0 }))
    }
}

#[test]
fn a_copy_that_is_behind_is_noticed() {
    let rows = molecular_rows();
    let row = rows.iter().find(|row| row.name.starts_with("hmc"));
    let row = row.expect("there is a row of hmc");
    let make = || -> Box<dyn Kernel> {
        let Make::Proposal(make) = row.make else {
            unreachable!("hmc is a proposal")
        };
        let sound = make();
        Box::new(MetropolisKernel::new(
            Box::new(Behind { sound, n_moves: 1 }),
            MANY,
            40,
        ))
    };
    assert_eq!(parts_equal_the_batch(row, &make), Some(false));
}
