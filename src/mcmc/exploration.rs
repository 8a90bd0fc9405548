//! The kernel of exploration: takes every proposal that does not climb too far. Samples no distribution, and says so.

use super::kernel::{Chain, Kernel, KernelError};
use super::statistics::{KernelStatistics, restore_field};
use crate::integrator::Engine;
use crate::proposal::{Current, Outcome, Proposal};
use crate::rng;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::time::Instant;

/// Goes wherever the proposal leads unless the energy rises by more than a threshold, or the proposal forbids the move
/// (its auxiliary term is minus infinity, as for a stereocentre turned inside out).
pub struct ExplorationKernel {
    name: String,
    proposal: Box<dyn Proposal>,
    max_climb_kj_per_mol: f64,
    repeats: u64,
    streams: Vec<Xoshiro256PlusPlus>,
    statistics: KernelStatistics,
}

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
        Self {
            name: format!("{}_exploration", proposal.name()),
            proposal,
            max_climb_kj_per_mol,
            repeats,
            streams: rng::streams(seed, n_replicas),
            statistics: KernelStatistics::default(),
        }
    }

    fn explore(&mut self, chain: &mut Chain, engine: &mut dyn Engine) -> Result<(), KernelError> {
        chain.energies(engine);
        let current = Current {
            state: &chain.state,
            energies: chain.energies.as_deref().unwrap_or_default(),
            temperatures_kelvin: &chain.temperatures_kelvin,
        };
        let proposed = self.proposal.propose(current, engine, &mut self.streams)?;
        proposed.check_shapes(self.proposal.name(), &chain.state)?;
        let mut energies = vec![0.0; chain.state.n_replicas];
        engine.energies(&proposed.positions, &mut energies);
        chain.n_energy_evaluations += chain.state.n_replicas as u64;
        let size = chain.state.n_atoms * 3;
        let known = chain
            .energies
            .as_mut()
            .expect("invariant: evaluated before proposing");
        let mut outcomes = Vec::with_capacity(energies.len());
        for (replica, &energy) in energies.iter().enumerate() {
            let range = replica * size..(replica + 1) * size;
            let y = &proposed.positions[range.clone()];
            let climb = energy - known[replica];
            let forbidden = proposed
                .log_auxiliary
                .as_ref()
                .is_some_and(|auxiliary| !auxiliary[replica].is_finite());
            let is_broken = !climb.is_finite() || y.iter().any(|x| !x.is_finite());
            outcomes.push(if is_broken {
                Outcome::NonFinite(climb)
            } else if forbidden || climb > self.max_climb_kj_per_mol {
                Outcome::Rejected
            } else {
                known[replica] = energy;
                chain.state.positions[range].copy_from_slice(y);
                Outcome::Accepted
            });
        }
        self.statistics.count(&outcomes);
        Ok(())
    }
}

impl Kernel for ExplorationKernel {
    fn name(&self) -> &str {
        &self.name
    }

    fn is_exact(&self) -> bool {
        false
    }

    fn is_ergodic(&self) -> bool {
        self.proposal.is_ergodic()
    }

    fn step(&mut self, chain: &mut Chain, engine: &mut dyn Engine) -> Result<(), KernelError> {
        let start = Instant::now();
        for _ in 0..self.repeats {
            self.explore(chain, engine)?;
        }
        self.statistics.seconds += start.elapsed().as_secs_f64();
        Ok(())
    }

    fn statistics(&self) -> KernelStatistics {
        self.statistics
    }

    fn freeze(&mut self) {
        self.proposal.freeze();
        self.statistics = KernelStatistics::default();
    }

    fn save(&self) -> serde_json::Value {
        serde_json::json!({
            "statistics": self.statistics,
            "streams": self.streams,
            "proposal": self.proposal.save(),
        })
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        self.statistics = KernelStatistics::restore(saved)?;
        self.streams = restore_field(saved, "streams")?;
        self.proposal.restore(&saved["proposal"])
    }
}
