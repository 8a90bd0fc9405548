//! Detailed balance by enumeration: a handful of states on a line, an asymmetric proposal, the exact transition matrix.

use crate::targets::{Source, Target};
use crate::toy_engine::ToyEngine;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::integrator::Engine;
use saltus::mcmc::{Chain, Kernel, MetropolisKernel, accept};
use saltus::proposal::{Current, LogRatio, Outcome, Proposal, ProposalError, Proposed};
use saltus::state::State;
use saltus::units::thermal_energy_kj_per_mol;
use std::sync::Arc;

const N_STATES: usize = 5;
const ENERGIES: [f64; N_STATES] = [0.0, 3.0, -2.0, 1.5, 4.0];
const KELVIN: f64 = 310.0;

/// State k sits at x = k nm.
struct Line;

fn state_of(positions: &[f64]) -> usize {
    positions[0].round() as usize
}

impl Target for Line {
    fn masses_da(&self) -> Vec<f64> {
        vec![1.0]
    }

    fn energy(&self, positions: &[f64]) -> f64 {
        ENERGIES[state_of(positions)]
    }

    fn source(&self, _kt: f64) -> Source<'_> {
        unreachable!("this proposal is enumerated, not drawn")
    }

    fn observables(&self, positions: &[f64]) -> Vec<f64> {
        vec![positions[0]]
    }

    fn means(&self, _kt: f64) -> Vec<f64> {
        unreachable!("this proposal is enumerated, not drawn")
    }
}

/// What is planted into the ratio of the discrete proposal.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    WrongSign,
    Forgotten,
}

/// Jumps from x to y with probability q(y|x) proportional to 1 + (3 x + 5 y) mod 7, staying included.
struct Jump(Fault);

fn q(to: usize, from: usize) -> f64 {
    let weight = |y: usize| (1 + (3 * from + 5 * y) % 7) as f64;
    weight(to) / (0..N_STATES).map(weight).sum::<f64>()
}

impl Jump {
    fn log_ratio(&self, pairs: &[[usize; 2]]) -> LogRatio {
        let log_q = |to: usize, from: usize| q(to, from).ln();
        let forward = pairs.iter().map(|&[x, y]| log_q(y, x)).collect();
        let reverse = pairs.iter().map(|&[x, y]| log_q(x, y)).collect();
        let (log_q_forward, log_q_reverse) = match self.0 {
            Fault::None => (forward, reverse),
            Fault::WrongSign => (reverse, forward),
            Fault::Forgotten => return LogRatio::Symmetric,
        };
        LogRatio::Densities {
            log_q_forward,
            log_q_reverse,
        }
    }
}

impl Proposal for Jump {
    fn name(&self) -> &str {
        "jump"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        _engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let mut positions = current.state.positions.clone();
        let mut pairs = Vec::new();
        for (x, stream) in positions.chunks_mut(3).zip(streams) {
            let from = state_of(x);
            let mut rest: f64 = stream.random();
            let chosen = (0..N_STATES - 1).find(|&to| {
                rest -= q(to, from);
                rest < 0.0
            });
            let to = chosen.unwrap_or(N_STATES - 1);
            x[0] = to as f64;
            pairs.push([from, to]);
        }
        Ok(Proposed::new(positions, self.log_ratio(&pairs)))
    }
}

/// Probability that [`accept`] accepts, to the last bit of the uniform number at which it turns.
fn acceptance_probability(log_ratio: f64) -> f64 {
    let accepts = |uniform: f64| accept(log_ratio, uniform) == Outcome::Accepted;
    let (mut low, mut high) = (0.0, 1.0);
    if accepts(1.0 - f64::EPSILON) {
        return 1.0;
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if accepts(middle) {
            low = middle
        } else {
            high = middle
        }
    }
    low
}

type Matrix = [[f64; N_STATES]; N_STATES];

fn exact_matrix(fault: Fault) -> Matrix {
    let kt = thermal_energy_kj_per_mol(KELVIN);
    let mut matrix = [[0.0; N_STATES]; N_STATES];
    for x in 0..N_STATES {
        for y in (0..N_STATES).filter(|&y| y != x) {
            let terms = match Jump(fault).log_ratio(&[[x, y]]) {
                LogRatio::Symmetric => 0.0,
                LogRatio::Densities {
                    log_q_forward,
                    log_q_reverse,
                } => log_q_reverse[0] - log_q_forward[0],
            };
            let log_ratio = -(ENERGIES[y] - ENERGIES[x]) / kt + terms;
            matrix[x][y] = q(y, x) * acceptance_probability(log_ratio);
        }
        matrix[x][x] = 1.0 - matrix[x].iter().sum::<f64>();
    }
    matrix
}

fn boltzmann() -> [f64; N_STATES] {
    let kt = thermal_energy_kj_per_mol(KELVIN);
    let weights = ENERGIES.map(|energy| (-energy / kt).exp());
    weights.map(|weight| weight / weights.iter().sum::<f64>())
}

/// Largest |pi(x) P(x, y) - pi(y) P(y, x)|.
fn imbalance(matrix: &Matrix) -> f64 {
    let pi = boltzmann();
    let pairs = (0..N_STATES).flat_map(|x| (0..N_STATES).map(move |y| (x, y)));
    pairs
        .map(|(x, y)| (pi[x] * matrix[x][y] - pi[y] * matrix[y][x]).abs())
        .fold(0.0, f64::max)
}

/// Transitions that the kernel makes, counted after it has forgotten its start.
fn counted_transitions(fault: Fault) -> [[f64; N_STATES]; N_STATES] {
    let n_replicas = 500;
    let mut engine = ToyEngine::new(Arc::new(Line));
    let mut chain = Chain {
        state: State::replicate(&[[0.0; 3]], n_replicas),
        temperatures_kelvin: vec![KELVIN; n_replicas],
        ..Chain::default()
    };
    let mut kernel = MetropolisKernel::new(Box::new(Jump(fault)), n_replicas, 41);
    let mut counts = [[0.0; N_STATES]; N_STATES];
    for step in 0..1050 {
        let before = chain.state.positions.clone();
        kernel.step(&mut chain, &mut engine).unwrap();
        if step >= 50 {
            for (x, y) in before.chunks(3).zip(chain.state.positions.chunks(3)) {
                counts[state_of(x)][state_of(y)] += 1.0;
            }
        }
    }
    counts
}

#[test]
fn detailed_balance_holds_by_enumeration() {
    assert!(imbalance(&exact_matrix(Fault::None)) < 1e-14);
}

#[test]
fn enumeration_finds_a_wrong_sign_and_a_forgotten_ratio() {
    assert!(imbalance(&exact_matrix(Fault::WrongSign)) > 1e-3);
    assert!(imbalance(&exact_matrix(Fault::Forgotten)) > 1e-3);
}

/// Worst deviation of the counted transitions from the exact matrix, in binomial standard errors.
fn worst_deviation(counts: &[[f64; N_STATES]; N_STATES], matrix: &Matrix) -> f64 {
    let mut worst: f64 = 0.0;
    for (counts, probabilities) in counts.iter().zip(matrix) {
        let total: f64 = counts.iter().sum();
        for (count, p) in counts.iter().zip(probabilities) {
            let error = (total * p * (1.0 - p)).sqrt();
            worst = worst.max((count - total * p).abs() / error);
        }
    }
    worst
}

#[test]
fn the_kernel_makes_the_transitions_of_the_exact_matrix() {
    let matrix = exact_matrix(Fault::None);
    let counts = counted_transitions(Fault::None);
    let worst = worst_deviation(&counts, &matrix);
    assert!(worst < 4.5, "{worst:.1} standard errors");
    for fault in [Fault::WrongSign, Fault::Forgotten] {
        assert!(worst_deviation(&counted_transitions(fault), &matrix) > 10.0);
    }
}

#[test]
fn counted_fluxes_are_symmetric_and_occupations_those_of_boltzmann() {
    let counts = counted_transitions(Fault::None);
    let pi = boltzmann();
    let total: f64 = counts.iter().flatten().sum();
    for x in 0..N_STATES {
        let occupation = counts[x].iter().sum::<f64>() / total;
        assert!(
            (occupation - pi[x]).abs() < 0.01,
            "state {x}: {occupation} for {}",
            pi[x]
        );
        for y in 0..x {
            let (there, back) = (counts[x][y], counts[y][x]);
            assert!(
                (there - back).abs() < 4.5 * (there + back).sqrt(),
                "{x} {y}: {there}, {back}"
            );
        }
    }
}
