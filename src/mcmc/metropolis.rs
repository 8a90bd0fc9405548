//! The one test of proposed states, and the kernel that puts any proposal to it.
//!
//! Hastings, doi:10.1093/biomet/57.1.97.

use super::counted::{Advance, AdvancePart, Counted};
use super::kernel::{Chain, KernelError};
use super::statistics::restore_field;
use crate::integrator::Engine;
use crate::proposal::{Current, LogRatio, Outcome, Proposal, ProposalError, Proposed};
use crate::rng;
use crate::state::State;
use crate::units::thermal_energy_kj_per_mol;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Accepts with probability min(1, r), from ln r and a uniform number in [0, 1).
///
/// The only place where an exact kernel accepts. A logarithm that is not finite is rejected and told apart: NaN, minus
/// infinity (an end of no probability), and plus infinity too, since a start of no probability is a broken state and
/// not a good move.
#[must_use]
pub fn accept(log_ratio: f64, uniform: f64) -> Outcome {
    if !log_ratio.is_finite() {
        Outcome::NonFinite(log_ratio)
    } else if uniform.ln() < log_ratio {
        Outcome::Accepted
    } else {
        Outcome::Rejected
    }
}

/// What decides whether a proposed state is taken.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    /// [`accept`], with a uniform number in [0, 1).
    Metropolis(f64),
    /// Exploration: whatever is allowed and climbs by no more than this, in kJ/mol.
    Climb(f64),
}

/// A batch of proposed states with their energies in kJ/mol.
pub(super) struct Candidates {
    pub(super) proposed: Proposed,
    energies: Vec<f64>,
    /// What the proposal and the engine evaluated.
    pub(super) n_energy_evaluations: u64,
}

impl Candidates {
    /// Asks a proposal for states; `evaluate` gives the energies of positions where the proposal does not know them.
    pub(super) fn propose(
        proposal: &mut dyn Proposal,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
        evaluate: fn(&mut dyn Engine, &[f64], &State) -> Vec<f64>,
    ) -> Result<Self, ProposalError> {
        let mut proposed = proposal.propose(current, engine, streams)?;
        proposed.check_shapes(proposal.name(), current.state)?;
        let mut n_energy_evaluations = proposed.n_energy_evaluations;
        let energies = proposed.energies.take().unwrap_or_else(|| {
            n_energy_evaluations += current.state.n_replicas as u64;
            evaluate(engine, &proposed.positions, current.state)
        });
        Ok(Self {
            proposed,
            energies,
            n_energy_evaluations,
        })
    }

    /// Puts the state `index` of the batch to the test from where `replica` is, which moves there if it is taken.
    pub(super) fn test(
        &self,
        chain: &mut Chain,
        replica: usize,
        index: usize,
        rule: Rule,
    ) -> Outcome {
        let kt = thermal_energy_kj_per_mol(chain.temperatures_kelvin[replica]);
        let energies = chain.energies.as_mut();
        let energies = energies.expect("invariant: evaluated before proposing");
        let size = chain.state.n_atoms * 3;
        let y = &self.proposed.positions[index * size..(index + 1) * size];
        let climb = self.energies[index] - energies[replica];
        // An engine's clamps might turn coordinates that are not finite into a finite energy.
        let is_finite = y.iter().all(|x| x.is_finite());
        let outcome = match rule {
            Rule::Metropolis(uniform) if is_finite => {
                accept(-climb / kt + self.proposal_terms(index), uniform)
            }
            Rule::Metropolis(_) => Outcome::NonFinite(f64::NAN),
            Rule::Climb(_) if !is_finite || !climb.is_finite() => Outcome::NonFinite(climb),
            Rule::Climb(max) if climb <= max && !self.is_forbidden(index) => Outcome::Accepted,
            Rule::Climb(_) => Outcome::Rejected,
        };
        if outcome == Outcome::Accepted {
            energies[replica] = self.energies[index];
            chain.state.positions[replica * size..(replica + 1) * size].copy_from_slice(y);
        }
        outcome
    }

    /// What the proposal contributes to ln r of one state.
    fn proposal_terms(&self, index: usize) -> f64 {
        let densities = match &self.proposed.log_ratio {
            LogRatio::Symmetric => 0.0,
            LogRatio::Densities {
                log_q_forward,
                log_q_reverse,
            } => log_q_reverse[index] - log_q_forward[index],
        };
        let auxiliary = self.proposed.log_auxiliary.as_ref();
        densities + auxiliary.map_or(0.0, |auxiliary| auxiliary[index])
    }

    fn is_forbidden(&self, index: usize) -> bool {
        let auxiliary = self.proposed.log_auxiliary.as_ref();
        auxiliary.is_some_and(|auxiliary| !auxiliary[index].is_finite())
    }
}

/// Energies of positions as a batch of their own.
pub(super) fn energies_of(engine: &mut dyn Engine, positions: &[f64], batch: &State) -> Vec<f64> {
    let mut energies = vec![0.0; batch.n_replicas];
    engine.energies(positions, &mut energies);
    energies
}

impl Chain {
    /// The chain as a proposal sees it; its energies are known.
    pub(super) fn current(&self) -> Current<'_> {
        Current {
            state: &self.state,
            energies: self
                .energies
                .as_deref()
                .expect("invariant: evaluated before use"),
            temperatures_kelvin: &self.temperatures_kelvin,
        }
    }
}

/// A proposal followed by the Metropolis-Hastings test on every replica; leaves the Boltzmann distribution invariant.
pub struct Metropolis {
    proposal: Box<dyn Proposal>,
    proposal_streams: Vec<Xoshiro256PlusPlus>,
    acceptance_streams: Vec<Xoshiro256PlusPlus>,
    adapting: bool,
    /// Frozen copies of the proposal for the second part and those after it, all as far on as the proposal itself.
    copies: Vec<Box<dyn Proposal>>,
}

/// The kernel of [`Metropolis`].
pub type MetropolisKernel = Counted<Metropolis>;

/// The proposal and the streams of some of the replicas.
struct Test<'a> {
    proposal: &'a mut dyn Proposal,
    proposal_streams: &'a mut [Xoshiro256PlusPlus],
    acceptance_streams: &'a mut [Xoshiro256PlusPlus],
}

impl MetropolisKernel {
    /// A kernel over `n_replicas` replicas; `seed` starts its own random streams.
    #[must_use]
    pub fn new(proposal: Box<dyn Proposal>, n_replicas: usize, seed: u64) -> Self {
        let mut proposal_streams = rng::streams(seed, 2 * n_replicas);
        let acceptance_streams = proposal_streams.split_off(n_replicas);
        Self::of(Metropolis {
            proposal,
            proposal_streams,
            acceptance_streams,
            adapting: true,
            copies: Vec::new(),
        })
    }
}

impl Test<'_> {
    fn run(
        &mut self,
        chain: &mut Chain,
        engine: &mut dyn Engine,
    ) -> Result<Vec<Outcome>, KernelError> {
        chain.energies(engine);
        let streams = &mut *self.proposal_streams;
        let current = chain.current();
        let candidates = Candidates::propose(self.proposal, current, engine, streams, energies_of)?;
        chain.n_energy_evaluations += candidates.n_energy_evaluations;
        if let Some(segment) = candidates.proposed.segment {
            chain.state.step += segment.n_steps;
            chain.book_segment(segment.n_steps, segment.timestep_ps);
        }
        let size = chain.state.n_atoms * 3;
        let mut outcomes = Vec::with_capacity(chain.state.n_replicas);
        for (replica, stream) in self.acceptance_streams.iter_mut().enumerate() {
            let rule = Rule::Metropolis(stream.random());
            let outcome = candidates.test(chain, replica, replica, rule);
            if let Some(velocities) = &candidates.proposed.velocities {
                let range = replica * size..(replica + 1) * size;
                let velocities = &velocities.of(outcome == Outcome::Accepted)[range.clone()];
                chain.state.velocities[range].copy_from_slice(velocities);
            }
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }
}

impl Advance for Metropolis {
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
        // They fall behind.
        self.copies.clear();
        let mut whole = Test {
            proposal: self.proposal.as_mut(),
            proposal_streams: &mut self.proposal_streams,
            acceptance_streams: &mut self.acceptance_streams,
        };
        let outcomes = whole.run(chain, engine)?;
        if self.adapting {
            self.proposal.adapt(chain.current(), &outcomes);
        }
        Ok(outcomes)
    }

    fn prepare_parts(&mut self, n_parts: usize) -> bool {
        if self.adapting {
            return false;
        }
        if self.copies.len() + 1 != n_parts {
            let copies = (1..n_parts).map_while(|_| self.proposal.frozen_copy());
            self.copies = copies.collect();
        }
        self.copies.len() + 1 == n_parts
    }

    fn parts(&mut self, sizes: &[usize]) -> Vec<AdvancePart<'_>> {
        let proposals = std::iter::once(&mut self.proposal).chain(&mut self.copies);
        let mut proposal_streams = self.proposal_streams.as_mut_slice();
        let mut acceptance_streams = self.acceptance_streams.as_mut_slice();
        let mut parts: Vec<AdvancePart<'_>> = Vec::with_capacity(sizes.len());
        for (proposal, &size) in proposals.zip(sizes) {
            let (here, rest) = proposal_streams.split_at_mut(size);
            proposal_streams = rest;
            let (acceptance_here, rest) = acceptance_streams.split_at_mut(size);
            acceptance_streams = rest;
            let mut test = Test {
                proposal: proposal.as_mut(),
                proposal_streams: here,
                acceptance_streams: acceptance_here,
            };
            parts.push(Box::new(move |chain, engine| test.run(chain, engine)));
        }
        parts
    }

    fn freeze(&mut self) {
        self.adapting = false;
        self.proposal.freeze();
        self.copies.clear();
    }

    fn save(&self) -> serde_json::Value {
        serde_json::json!({
            "adapting": self.adapting,
            "proposal_streams": self.proposal_streams,
            "acceptance_streams": self.acceptance_streams,
            "proposal": self.proposal.save(),
        })
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        self.copies.clear();
        self.adapting = restore_field(saved, "adapting")?;
        self.proposal_streams = restore_field(saved, "proposal_streams")?;
        self.acceptance_streams = restore_field(saved, "acceptance_streams")?;
        self.proposal.restore(&saved["proposal"])
    }
}
