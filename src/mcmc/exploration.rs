//! The kernel of exploration: takes every proposal that does not climb too far. Samples no distribution, and says so.

use super::counted::{Advance, Counted};
use super::kernel::{Chain, KernelError};
use super::metropolis::{Candidates, Rule, energies_of};
use super::statistics::restore_field;
use crate::integrator::Engine;
use crate::proposal::{Outcome, Proposal};
use crate::rng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Goes wherever the proposal leads unless the energy rises by more than a threshold, or the proposal forbids the move
/// (its auxiliary term is minus infinity, as for a stereocentre turned inside out).
pub struct Exploration {
    name: String,
    proposal: Box<dyn Proposal>,
    max_climb_kj_per_mol: f64,
    repeats: u64,
    streams: Vec<Xoshiro256PlusPlus>,
}

/// The kernel of [`Exploration`].
pub type ExplorationKernel = Counted<Exploration>;

impl ExplorationKernel {
    /// A kernel over `n_replicas` replicas, `repeats` moves a step; `seed` starts its own random streams.
    #[must_use]
    pub fn new(
        proposal: Box<dyn Proposal>,
        max_climb_kj_per_mol: f64,
        repeats: u64,
        n_replicas: usize,
        seed: u64,
    ) -> Self {
        Self::of(Exploration {
            name: format!("{}_exploration", proposal.name()),
            proposal,
            max_climb_kj_per_mol,
            repeats,
            streams: rng::streams(seed, n_replicas),
        })
    }
}

impl Exploration {
    fn explore(
        &mut self,
        chain: &mut Chain,
        engine: &mut dyn Engine,
    ) -> Result<Vec<Outcome>, KernelError> {
        chain.energies(engine);
        let streams = &mut self.streams;
        let proposal = self.proposal.as_mut();
        let candidates =
            Candidates::propose(proposal, chain.current(), engine, streams, energies_of)?;
        chain.n_energy_evaluations += candidates.n_energy_evaluations;
        let rule = Rule::Climb(self.max_climb_kj_per_mol);
        let replicas = 0..chain.state.n_replicas;
        Ok(replicas
            .map(|replica| candidates.test(chain, replica, replica, rule))
            .collect())
    }
}

impl Advance for Exploration {
    fn name(&self) -> &str {
        &self.name
    }

    fn is_exact(&self) -> bool {
        false
    }

    fn is_ergodic(&self) -> bool {
        self.proposal.is_ergodic()
    }

    fn advance(
        &mut self,
        chain: &mut Chain,
        engine: &mut dyn Engine,
    ) -> Result<Vec<Outcome>, KernelError> {
        let mut outcomes = Vec::new();
        for _ in 0..self.repeats {
            outcomes.extend(self.explore(chain, engine)?);
        }
        Ok(outcomes)
    }

    fn freeze(&mut self) {
        self.proposal.freeze();
    }

    fn save(&self) -> serde_json::Value {
        serde_json::json!({
            "streams": self.streams,
            "proposal": self.proposal.save(),
        })
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        self.streams = restore_field(saved, "streams")?;
        self.proposal.restore(&saved["proposal"])
    }
}
