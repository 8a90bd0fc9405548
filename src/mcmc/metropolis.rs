//! The one Metropolis-Hastings test, and the kernel that puts any proposal to it.
//!
//! Hastings, doi:10.1093/biomet/57.1.97.

use super::kernel::{Chain, Kernel, KernelError, KernelPart};
use super::statistics::{KernelStatistics, restore_field};
use crate::integrator::Engine;
use crate::proposal::{Current, LogRatio, Outcome, Proposal, ProposalError, Proposed};
use crate::rng;
use crate::units::thermal_energy_kj_per_mol;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::ops::Range;
use std::time::Instant;

/// Accepts with probability min(1, r), from ln r and a uniform number in [0, 1).
///
/// The only place where anything is accepted. A logarithm that is not finite is rejected and told apart: NaN, minus
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

/// A proposal followed by the Metropolis-Hastings test on every replica; leaves the Boltzmann distribution invariant.
pub struct MetropolisKernel {
    proposal: Box<dyn Proposal>,
    proposal_streams: Vec<Xoshiro256PlusPlus>,
    acceptance_streams: Vec<Xoshiro256PlusPlus>,
    adapting: bool,
    statistics: KernelStatistics,
    /// Frozen copies of the proposal for the second part and those after it, all as far on as the proposal itself.
    copies: Vec<Box<dyn Proposal>>,
    part_statistics: Vec<KernelStatistics>,
}

/// The proposal, streams and counters of some of the replicas.
struct Test<'a> {
    proposal: &'a mut dyn Proposal,
    proposal_streams: &'a mut [Xoshiro256PlusPlus],
    acceptance_streams: &'a mut [Xoshiro256PlusPlus],
    statistics: &'a mut KernelStatistics,
}

impl MetropolisKernel {
    /// A kernel over `n_replicas` replicas; `seed` starts its own random streams.
    #[must_use]
    pub fn new(proposal: Box<dyn Proposal>, n_replicas: usize, seed: u64) -> Self {
        let mut proposal_streams = rng::streams(seed, 2 * n_replicas);
        let acceptance_streams = proposal_streams.split_off(n_replicas);
        Self {
            proposal,
            proposal_streams,
            acceptance_streams,
            adapting: true,
            statistics: KernelStatistics::default(),
            copies: Vec::new(),
            part_statistics: Vec::new(),
        }
    }

    /// Leaves no copy that is behind, and no counter of one.
    fn forget_parts(&mut self) {
        self.copies.clear();
        self.part_statistics.clear();
    }

    /// All replicas together.
    fn whole(&mut self) -> Test<'_> {
        Test {
            proposal: self.proposal.as_mut(),
            proposal_streams: &mut self.proposal_streams,
            acceptance_streams: &mut self.acceptance_streams,
            statistics: &mut self.statistics,
        }
    }
}

impl Test<'_> {
    /// Proposed states with their energies, and every cost booked.
    fn propose(
        &mut self,
        chain: &mut Chain,
        engine: &mut dyn Engine,
    ) -> Result<(Proposed, Vec<f64>), ProposalError> {
        chain.energies(engine);
        let mut proposed = self
            .proposal
            .propose(current(chain), engine, self.proposal_streams)?;
        proposed.check_shapes(self.proposal.name(), &chain.state)?;
        chain.n_energy_evaluations += proposed.n_energy_evaluations;
        if let Some(segment) = proposed.segment {
            chain.state.step += segment.n_steps;
            chain.book_segment(segment.n_steps, segment.timestep_ps);
        }
        let energies = proposed.energies.take().unwrap_or_else(|| {
            let mut energies = vec![0.0; chain.state.n_replicas];
            engine.energies(&proposed.positions, &mut energies);
            chain.n_energy_evaluations += chain.state.n_replicas as u64;
            energies
        });
        Ok((proposed, energies))
    }

    /// Tests every replica and moves those that pass.
    fn decide(&mut self, chain: &mut Chain, proposed: &Proposed, energies: &[f64]) -> Vec<Outcome> {
        let size = chain.state.n_atoms * 3;
        let current_energies = chain
            .energies
            .as_mut()
            .expect("invariant: evaluated before proposing");
        let mut outcomes = Vec::with_capacity(energies.len());
        for (replica, stream) in self.acceptance_streams.iter_mut().enumerate() {
            let range = replica * size..(replica + 1) * size;
            let kt = thermal_energy_kj_per_mol(chain.temperatures_kelvin[replica]);
            let boltzmann = -(energies[replica] - current_energies[replica]) / kt;
            let log_ratio = boltzmann + proposal_terms(proposed, replica, range.clone());
            let outcome = accept(log_ratio, stream.random());
            let accepted = outcome == Outcome::Accepted;
            if accepted {
                current_energies[replica] = energies[replica];
                let target = &mut chain.state.positions[range.clone()];
                target.copy_from_slice(&proposed.positions[range.clone()]);
            }
            if let Some(velocities) = &proposed.velocities {
                let target = &mut chain.state.velocities[range.clone()];
                target.copy_from_slice(&velocities.of(accepted)[range]);
            }
            outcomes.push(outcome);
        }
        outcomes
    }

    fn run(
        &mut self,
        chain: &mut Chain,
        engine: &mut dyn Engine,
        adapting: bool,
    ) -> Result<(), KernelError> {
        let start = Instant::now();
        let (proposed, energies) = self.propose(chain, engine)?;
        let outcomes = self.decide(chain, &proposed, &energies);
        if adapting {
            self.proposal.adapt(current(chain), &outcomes);
        }
        self.statistics.count(&outcomes);
        self.statistics.seconds += start.elapsed().as_secs_f64();
        Ok(())
    }
}

impl KernelPart for Test<'_> {
    fn step(&mut self, chain: &mut Chain, engine: &mut dyn Engine) -> Result<(), KernelError> {
        self.run(chain, engine, false)
    }
}

/// What the proposal contributes to ln r of one replica, whose coordinates are `range`; NaN where y has a coordinate
/// that is not finite, since an engine's clamps might turn that into a finite energy.
pub(super) fn proposal_terms(proposed: &Proposed, replica: usize, range: Range<usize>) -> f64 {
    let finite = proposed.positions[range].iter().all(|x| x.is_finite());
    if !finite {
        return f64::NAN;
    }
    let densities = match &proposed.log_ratio {
        LogRatio::Symmetric => 0.0,
        LogRatio::Densities {
            log_q_forward,
            log_q_reverse,
        } => log_q_reverse[replica] - log_q_forward[replica],
    };
    densities
        + proposed
            .log_auxiliary
            .as_ref()
            .map_or(0.0, |auxiliary| auxiliary[replica])
}

fn current(chain: &Chain) -> Current<'_> {
    Current {
        state: &chain.state,
        energies: chain
            .energies
            .as_deref()
            .expect("invariant: evaluated before use"),
        temperatures_kelvin: &chain.temperatures_kelvin,
    }
}

impl Kernel for MetropolisKernel {
    fn name(&self) -> &str {
        self.proposal.name()
    }

    fn is_exact(&self) -> bool {
        true
    }

    fn is_ergodic(&self) -> bool {
        self.proposal.is_ergodic()
    }

    fn step(&mut self, chain: &mut Chain, engine: &mut dyn Engine) -> Result<(), KernelError> {
        // They fall behind.
        self.copies.clear();
        let adapting = self.adapting;
        self.whole().run(chain, engine, adapting)
    }

    fn prepare_parts(&mut self, n_parts: usize) -> bool {
        if self.adapting {
            return false;
        }
        if self.copies.len() + 1 != n_parts {
            let copies = (1..n_parts).map_while(|_| self.proposal.frozen_copy());
            self.copies = copies.collect();
            self.statistics = self.statistics();
            self.part_statistics = vec![KernelStatistics::default(); n_parts];
        }
        self.copies.len() + 1 == n_parts
    }

    fn parts(&mut self, sizes: &[usize]) -> Vec<Box<dyn KernelPart + '_>> {
        let proposals = std::iter::once(&mut self.proposal).chain(&mut self.copies);
        let mut proposal_streams = self.proposal_streams.as_mut_slice();
        let mut acceptance_streams = self.acceptance_streams.as_mut_slice();
        let mut parts: Vec<Box<dyn KernelPart + '_>> = Vec::with_capacity(sizes.len());
        let each = proposals.zip(&mut self.part_statistics).zip(sizes);
        for ((proposal, statistics), &size) in each {
            let (here, rest) = proposal_streams.split_at_mut(size);
            proposal_streams = rest;
            let (acceptance_here, rest) = acceptance_streams.split_at_mut(size);
            acceptance_streams = rest;
            parts.push(Box::new(Test {
                proposal: proposal.as_mut(),
                proposal_streams: here,
                acceptance_streams: acceptance_here,
                statistics,
            }));
        }
        parts
    }

    fn statistics(&self) -> KernelStatistics {
        self.statistics.and_parts(&self.part_statistics)
    }

    fn freeze(&mut self) {
        self.adapting = false;
        self.proposal.freeze();
        self.forget_parts();
        self.statistics = KernelStatistics::default();
    }

    fn save(&self) -> serde_json::Value {
        serde_json::json!({
            "statistics": self.statistics(),
            "adapting": self.adapting,
            "proposal_streams": self.proposal_streams,
            "acceptance_streams": self.acceptance_streams,
            "proposal": self.proposal.save(),
        })
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        self.forget_parts();
        self.statistics = KernelStatistics::restore(saved)?;
        self.adapting = restore_field(saved, "adapting")?;
        self.proposal_streams = restore_field(saved, "proposal_streams")?;
        self.acceptance_streams = restore_field(saved, "acceptance_streams")?;
        self.proposal.restore(&saved["proposal"])
    }
}
