//! One auxiliary variable for a batch of proposals, as published, against one for each: on a toy whose distribution is known.
//!
//! Four places x, an auxiliary variable v of two values, draws (y, w) whose probability does not depend on v. A batch
//! draws until the first acceptance, at most `N_BATCH` times, and counts rejections as repeated states.

use crate::targets::{Source, Target};
use crate::toy_engine::ToyEngine;
use nalgebra::DMatrix;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::integrator::Engine;
use saltus::mcmc::{Ahead, Chain, Kernel, LookaheadKernel};
use saltus::proposal::{Current, LogRatio, Proposal, ProposalError, Proposed};
use saltus::units::thermal_energy_kj_per_mol;
use std::sync::Arc;

const N_PLACES: usize = 4;
const N_BATCH: usize = 8;
const ENERGIES: [f64; N_PLACES] = [0.0, 2.0, -1.0, 4.0];
const AUXILIARY: [f64; 2] = [0.8, 0.2];
const KELVIN: f64 = 310.0;

fn boltzmann() -> [f64; N_PLACES] {
    let kt = thermal_energy_kj_per_mol(KELVIN);
    let weights = ENERGIES.map(|energy| (-energy / kt).exp());
    weights.map(|weight| weight / weights.iter().sum::<f64>())
}

/// Probability of drawing (y, w) at x; staying is among the draws.
fn q(y: usize, w: usize, x: usize) -> f64 {
    let weight = |y: usize, w: usize| {
        let likes = if (w == 1) == (x < 2) { 12 } else { 1 };
        (likes * (1 + (5 * x + 3 * y) % 4)) as f64
    };
    let all = (0..N_PLACES).flat_map(|y| [weight(y, 0), weight(y, 1)]);
    weight(y, w) / all.sum::<f64>()
}

fn acceptance([x, v]: [usize; 2], [y, w]: [usize; 2]) -> f64 {
    let pi = boltzmann();
    let forward = pi[x] * AUXILIARY[v] * q(y, w, x);
    (pi[y] * AUXILIARY[w] * q(x, v, y) / forward).min(1.0)
}

/// Probability of going from x to y, and of being rejected, in one test with v.
fn test_of(x: usize, v: usize) -> ([f64; N_PLACES], f64) {
    let to = std::array::from_fn(|y| {
        let draws = [0, 1].map(|w| q(y, w, x) * acceptance([x, v], [y, w]));
        draws.iter().sum::<f64>()
    });
    (to, 1.0 - to.iter().sum::<f64>())
}

/// How often each place is counted, by exact linear algebra over batches.
fn occupation(is_shared: bool) -> Vec<f64> {
    let mut moves = DMatrix::zeros(N_PLACES, N_PLACES);
    let mut counts = DMatrix::zeros(N_PLACES, N_PLACES);
    for x in 0..N_PLACES {
        let tests = [0, 1].map(|v| test_of(x, v));
        // With a variable for each test, a test is the mean over its values.
        let mean = |y: usize| (0..2).map(|v| AUXILIARY[v] * tests[v].0[y]).sum::<f64>();
        let averaged: [f64; N_PLACES] = std::array::from_fn(mean);
        let rejected = 1.0 - averaged.iter().sum::<f64>();
        let cases = if is_shared {
            vec![(AUXILIARY[0], tests[0]), (AUXILIARY[1], tests[1])]
        } else {
            vec![(1.0, (averaged, rejected))]
        };
        for (weight, (to, rejected)) in cases {
            let tries: f64 = (0..N_BATCH).map(|k| rejected.powi(k as i32)).sum();
            for y in 0..N_PLACES {
                moves[(x, y)] += weight * tries * to[y];
                counts[(x, y)] += weight * tries * to[y];
            }
            moves[(x, x)] += weight * rejected.powi(N_BATCH as i32);
            counts[(x, x)] += weight * tries * rejected;
        }
    }
    let mut start = DMatrix::from_element(1, N_PLACES, 1.0 / N_PLACES as f64);
    for _ in 0..2000 {
        start = &start * &moves;
    }
    let occupied = start * counts;
    (occupied.clone() / occupied.sum())
        .iter()
        .copied()
        .collect()
}

fn worst_error(occupied: &[f64]) -> f64 {
    let pairs = occupied.iter().zip(boltzmann());
    pairs.map(|(p, pi)| (p - pi).abs()).fold(0.0, f64::max)
}

#[test]
fn by_linear_algebra_one_variable_a_batch_is_biased_and_one_a_test_is_not() {
    assert!(worst_error(&occupation(false)) < 1e-12);
    let error = worst_error(&occupation(true));
    assert!(error > 0.1, "{error}");
}

/// Place k sits at x = k nm.
struct Line;

fn place_of(positions: &[f64]) -> usize {
    positions[0].round() as usize
}

impl Target for Line {
    fn masses_da(&self) -> Vec<f64> {
        vec![1.0]
    }

    fn energy(&self, positions: &[f64]) -> f64 {
        ENERGIES[place_of(positions)]
    }

    fn source(&self, _kt: f64) -> Source<'_> {
        unreachable!("counted, not drawn")
    }

    fn observables(&self, positions: &[f64]) -> Vec<f64> {
        vec![positions[0]]
    }

    fn means(&self, _kt: f64) -> Vec<f64> {
        unreachable!("counted, not drawn")
    }
}

/// The toy as a proposal; planted, it draws one v for all proposals from one place.
struct Augmented {
    is_shared: bool,
}

impl Proposal for Augmented {
    fn name(&self) -> &str {
        "augmented"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        _engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let mut positions = current.state.positions.clone();
        let (mut forward, mut reverse, mut auxiliary) = (Vec::new(), Vec::new(), Vec::new());
        let mut v = 0;
        for (index, (place, stream)) in positions.chunks_mut(3).zip(streams).enumerate() {
            let own = usize::from(stream.random::<f64>() >= AUXILIARY[0]);
            if index % N_BATCH == 0 || !self.is_shared {
                v = own;
            }
            let x = place_of(place);
            let mut rest: f64 = stream.random();
            let draws = (0..2 * N_PLACES).find(|&k| {
                rest -= q(k / 2, k % 2, x);
                rest < 0.0
            });
            let [y, w] = draws.map_or([N_PLACES - 1, 1], |k| [k / 2, k % 2]);
            place[0] = y as f64;
            forward.push(q(y, w, x).ln());
            reverse.push(q(x, v, y).ln());
            auxiliary.push((AUXILIARY[w] / AUXILIARY[v]).ln());
        }
        let log_ratio = LogRatio::Densities {
            log_q_forward: forward,
            log_q_reverse: reverse,
        };
        Ok(Proposed {
            log_auxiliary: Some(auxiliary),
            ..Proposed::new(positions, log_ratio)
        })
    }
}

/// Share of steps that end at each place, over one replica's long chain of batches.
fn counted(is_shared: bool) -> Vec<f64> {
    let mut engine = ToyEngine::new(Arc::new(Line));
    let mut chain = Chain::start(&[[0.0; 3]], &[KELVIN]);
    let proposal = Box::new(Augmented { is_shared });
    let ahead = Ahead::Fixed(N_BATCH);
    let mut kernel = LookaheadKernel::new(proposal, N_BATCH as u64, ahead, 17);
    let mut counts = vec![0.0; N_PLACES];
    for _ in 0..200_000 {
        kernel.step(&mut chain, &mut engine).unwrap();
        counts[place_of(&chain.state.positions)] += 1.0;
    }
    counts.iter().map(|n| n / 200_000.0).collect()
}

/// Errors of the counts are near 0.002.
#[test]
fn the_kernel_notices_a_variable_that_a_batch_shares() {
    let sound = worst_error(&counted(false));
    let planted = worst_error(&counted(true));
    assert!(sound < 0.006, "{sound}");
    assert!(planted > 0.02, "{planted}");
}
