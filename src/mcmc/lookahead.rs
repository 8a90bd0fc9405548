//! The kernel that tests several proposals from one state at once: sequential Metropolis-Hastings, evaluated ahead of time.
//!
//! A step is `n_tests` tests in a row for every replica. While a replica stays where it is, the proposals of its next
//! tests are known already, so `n_ahead` of them go through the proposal and the engine together; those after the first
//! acceptance are thrown away. Every test has random numbers of its own, numbered, so what was thrown away leaves no
//! trace: the chain is, bit for bit, the one without looking ahead, and `n_ahead` is a matter of speed alone. (Energies are
//! evaluated in whole registers for that: in mixed precision they depend on whether lanes hold replicas or atoms.) Rejections
//! count as repeated states because a step always makes all of its tests; a batch that ended with its first acceptance
//! would end at states of its own choice and need weights.

use super::counted::{Advance, Counted};
use super::kernel::{Chain, KernelError};
use super::metropolis::{Candidates, Rule};
use super::parts::REGISTER;
use super::statistics::restore_field;
use crate::integrator::Engine;
use crate::proposal::{Outcome, Proposal, ProposalError};
use crate::rng;
use crate::state::State;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Last counter word of the Philox numbers that become streams; no stream of an engine has it.
const LOOKAHEAD_TAG: u32 = 0xfe00_0000;
/// Probability that a batch of tuned size holds an acceptance.
const LIKELY: f64 = 0.9;
/// Most proposals of one replica in a batch.
const MAX_AHEAD: usize = 256;

/// How many proposals are evaluated together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ahead {
    /// Always so many.
    Fixed(usize),
    /// So many that one is accepted with probability 0.9, found in the adaptation phase, then kept.
    Adaptive,
}

/// Tests in a row of a proposal whose draws depend on the state alone.
pub struct Lookahead {
    proposal: Box<dyn Proposal>,
    n_tests: u64,
    n_ahead: usize,
    tunes: bool,
    seed: u64,
    /// Tests made by each replica since the start: the number of the next test's random numbers.
    n_done: u64,
    /// Tests and acceptances that the tuning counts, the older the less.
    seen: [f64; 2],
    adapting: bool,
    n_evaluated: u64,
}

/// The kernel of [`Lookahead`].
pub type LookaheadKernel = Counted<Lookahead>;

/// A replica's place in a batch.
#[derive(Clone, Copy)]
struct Slot {
    replica: usize,
    first: usize,
    n_ahead: usize,
}

impl LookaheadKernel {
    /// A kernel of `n_tests` tests a step and replica; both numbers are at least 1.
    #[must_use]
    pub fn new(proposal: Box<dyn Proposal>, n_tests: u64, ahead: Ahead, seed: u64) -> Self {
        let n_ahead = match ahead {
            Ahead::Fixed(n_ahead) => n_ahead,
            Ahead::Adaptive => 4,
        };
        Self::of(Lookahead {
            proposal,
            n_tests: n_tests.max(1),
            n_ahead: n_ahead.clamp(1, MAX_AHEAD),
            tunes: ahead == Ahead::Adaptive,
            seed,
            n_done: 0,
            seen: [0.0; 2],
            adapting: true,
            n_evaluated: 0,
        })
    }

    /// Proposals that are evaluated together for one replica.
    #[must_use]
    pub fn n_ahead(&self) -> usize {
        self.inner.n_ahead
    }
}

impl Lookahead {
    /// Random streams of one test: of the proposal, and of its acceptance.
    fn streams(&self, replica: usize, test: u64) -> [Xoshiro256PlusPlus; 2] {
        let [low, high] = rng::key(test);
        let replica = u32::try_from(replica).expect("invariant: replicas are numbered in 32 bits");
        let words = rng::philox(
            [[replica], [low], [high], [LOOKAHEAD_TAG]],
            rng::key(self.seed),
        );
        let [a, b, c, d] = words.map(|[word]| u64::from(word));
        [a << 32 | b, c << 32 | d].map(Xoshiro256PlusPlus::seed_from_u64)
    }

    /// Which replicas take part in the next batch, each with the proposals that it may still use.
    fn plan(&self, n_left: &[u64]) -> Vec<Slot> {
        let mut first = 0;
        let mut slots = Vec::new();
        for (replica, &left) in n_left.iter().enumerate().filter(|(_, left)| **left > 0) {
            let n_ahead = usize::try_from(left).map_or(self.n_ahead, |left| left.min(self.n_ahead));
            slots.push(Slot {
                replica,
                first,
                n_ahead,
            });
            first += n_ahead;
        }
        slots
    }

    /// Proposals and energies of a batch.
    fn evaluate(
        &mut self,
        chain: &mut Chain,
        engine: &mut dyn Engine,
        slots: &[Slot],
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Candidates, KernelError> {
        let batch = expand(chain, slots);
        let proposal = self.proposal.as_mut();
        let energies = energies_in_registers;
        let candidates = Candidates::propose(proposal, batch.current(), engine, streams, energies)?;
        if candidates.proposed.velocities.is_some() || candidates.proposed.segment.is_some() {
            return Err(KernelError::Proposal(ProposalError::Unsupported {
                proposal: self.proposal.name().to_owned(),
                reason: "its draws depend on velocities, so none can be made ahead of time; take the plain Metropolis kernel".to_owned(),
            }));
        }
        chain.n_energy_evaluations += candidates.n_energy_evaluations;
        self.n_evaluated += batch.state.n_replicas as u64;
        Ok(candidates)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "counts of tests, and a small number over 0"
    )]
    fn tune(&mut self, outcomes: &[Outcome]) {
        /// Part of the count that a step keeps: the last fifty or so steps matter.
        const KEPT: f64 = 0.98;
        let accepted = outcomes.iter().filter(|o| **o == Outcome::Accepted).count();
        self.seen[0] = KEPT * self.seen[0] + outcomes.len() as f64;
        self.seen[1] = KEPT * self.seen[1] + accepted as f64;
        // Half an acceptance more than was seen, so that none does not mean never.
        let probability = ((self.seen[1] + 0.5) / (self.seen[0] + 1.0)).min(0.999);
        let wanted = ((1.0 - LIKELY).ln() / (1.0 - probability).ln()).ceil();
        let most = usize::try_from(self.n_tests).map_or(MAX_AHEAD, |n| n.min(MAX_AHEAD));
        self.n_ahead = (wanted as usize).clamp(1, most);
    }
}

/// Energies of proposed states, with the bits that each has whatever the batch around it.
///
/// An engine may compute what doesn't fill a register in another order of sums than what does, so the last register is
/// filled up with copies of the last state.
fn energies_in_registers(engine: &mut dyn Engine, positions: &[f64], batch: &State) -> Vec<f64> {
    let n_states = batch.n_replicas.next_multiple_of(REGISTER);
    let mut padded = positions.to_vec();
    let last = &positions[positions.len() - batch.n_atoms * 3..];
    for _ in batch.n_replicas..n_states {
        padded.extend_from_slice(last);
    }
    let mut energies = vec![0.0; n_states];
    engine.energies(&padded, &mut energies);
    energies.truncate(batch.n_replicas);
    energies
}

/// Every replica as often as it has proposals in the batch.
fn expand(chain: &Chain, slots: &[Slot]) -> Chain {
    let current = chain.current();
    let mut batch = Chain::default();
    (batch.state.n_atoms, batch.state.step) = (chain.state.n_atoms, chain.state.step);
    let energies = batch.energies.insert(Vec::new());
    for slot in slots {
        for _ in 0..slot.n_ahead {
            let (state, replica) = (&mut batch.state, slot.replica);
            state.n_replicas += 1;
            state
                .positions
                .extend_from_slice(chain.state.replica_positions(replica));
            state
                .velocities
                .extend_from_slice(chain.state.replica_velocities(replica));
            energies.push(current.energies[replica]);
            batch
                .temperatures_kelvin
                .push(current.temperatures_kelvin[replica]);
        }
    }
    batch
}

impl Advance for Lookahead {
    fn name(&self) -> &str {
        self.proposal.name()
    }

    fn is_exact(&self) -> bool {
        true
    }

    fn is_ergodic(&self) -> bool {
        self.proposal.is_ergodic()
    }

    fn advance(
        &mut self,
        chain: &mut Chain,
        engine: &mut dyn Engine,
    ) -> Result<Vec<Outcome>, KernelError> {
        chain.energies(engine);
        let mut n_left = vec![self.n_tests; chain.state.n_replicas];
        let mut all = Vec::new();
        loop {
            let slots = self.plan(&n_left);
            if slots.is_empty() {
                break;
            }
            let (mut proposing, mut uniforms) = (Vec::new(), Vec::new());
            for slot in &slots {
                let next = self.n_done + self.n_tests - n_left[slot.replica];
                for test in next..next + slot.n_ahead as u64 {
                    let [proposal, mut acceptance] = self.streams(slot.replica, test);
                    proposing.push(proposal);
                    uniforms.push(acceptance.random());
                }
            }
            let candidates = self.evaluate(chain, engine, &slots, &mut proposing)?;
            for slot in slots {
                let own = uniforms.iter().enumerate().skip(slot.first);
                for (index, &uniform) in own.take(slot.n_ahead) {
                    let rule = Rule::Metropolis(uniform);
                    all.push(candidates.test(chain, slot.replica, index, rule));
                    n_left[slot.replica] -= 1;
                    if all.last() == Some(&Outcome::Accepted) {
                        break;
                    }
                }
            }
        }
        self.n_done += self.n_tests;
        if self.adapting && self.tunes {
            self.tune(&all);
        }
        Ok(all)
    }

    fn details(&self) -> serde_json::Value {
        serde_json::json!({
            "proposals_together": self.n_ahead,
            "proposals_evaluated": self.n_evaluated,
        })
    }

    fn freeze(&mut self) {
        self.adapting = false;
        self.proposal.freeze();
        self.n_evaluated = 0;
    }

    fn save(&self) -> serde_json::Value {
        serde_json::json!({
            "adapting": self.adapting,
            "n_ahead": self.n_ahead,
            "n_done": self.n_done,
            "seen": self.seen,
            "n_evaluated": self.n_evaluated,
            "proposal": self.proposal.save(),
        })
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        self.adapting = restore_field(saved, "adapting")?;
        self.n_ahead = restore_field(saved, "n_ahead")?;
        self.n_done = restore_field(saved, "n_done")?;
        self.seen = restore_field(saved, "seen")?;
        self.n_evaluated = restore_field(saved, "n_evaluated")?;
        self.proposal.restore(&saved["proposal"])
    }
}
