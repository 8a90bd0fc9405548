//! The one Metropolis-Hastings test, and the kernel that puts any proposal to it. Proposes nothing itself.
//!
//! Hastings, doi:10.1093/biomet/57.1.97.

use super::kernel::{Chain, Kernel, KernelError, KernelStatistics};
use crate::integrator::Engine;
use crate::proposal::{Current, LogRatio, Outcome, Proposal, ProposalError, Proposed};
use crate::rng;
use crate::units::thermal_energy_kj_per_mol;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::time::Instant;

/// Accepts with probability min(1, r), from ln r and a uniform number in [0, 1).
///
/// The only place where anything is accepted. NaN is never accepted; plus infinity (a start of no probability) neither,
/// since it tells of a broken state, not of a good move.
#[must_use]
pub fn accept(log_ratio: f64, uniform: f64) -> Outcome {
    if log_ratio.is_nan() || log_ratio == f64::INFINITY {
        Outcome::NonFinite(log_ratio)
    } else if log_ratio == f64::NEG_INFINITY {
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
}

impl MetropolisKernel {
    /// A kernel over `n_replicas` replicas; `seed` starts its own random streams.
    #[must_use]
    pub fn new(proposal: Box<dyn Proposal>, n_replicas: usize, seed: u64) -> Self {
        let mut streams = rng::streams(seed, 2 * n_replicas);
        let acceptance_streams = streams.split_off(n_replicas);
        Self {
            proposal,
            proposal_streams: streams,
            acceptance_streams,
            adapting: true,
            statistics: KernelStatistics::default(),
        }
    }

    fn propose(
        &mut self,
        chain: &mut Chain,
        engine: &mut dyn Engine,
    ) -> Result<Proposed, ProposalError> {
        chain.energies(engine);
        let current = current(chain);
        let proposed = self
            .proposal
            .propose(current, engine, &mut self.proposal_streams)?;
        check_shapes(self.proposal.name(), &proposed, &chain.state)?;
        Ok(proposed)
    }

    fn decide(&mut self, chain: &mut Chain, proposed: &Proposed, energies: &[f64]) -> Vec<Outcome> {
        let size = chain.state.n_atoms * 3;
        let current_energies = chain
            .energies
            .as_mut()
            .expect("invariant: evaluated before proposing");
        let mut outcomes = Vec::with_capacity(energies.len());
        for (replica, stream) in self.acceptance_streams.iter_mut().enumerate() {
            let kt = thermal_energy_kj_per_mol(chain.temperatures_kelvin[replica]);
            let log_ratio = -(energies[replica] - current_energies[replica]) / kt
                + proposal_terms(proposed, replica);
            let outcome = accept(log_ratio, stream.random());
            let range = replica * size..(replica + 1) * size;
            if outcome == Outcome::Accepted {
                chain.state.positions[range.clone()]
                    .copy_from_slice(&proposed.positions[range.clone()]);
                current_energies[replica] = energies[replica];
            }
            if let Some(velocities) = &proposed.velocities {
                let source = if outcome == Outcome::Accepted {
                    &velocities.accepted
                } else {
                    &velocities.rejected
                };
                chain.state.velocities[range.clone()].copy_from_slice(&source[range]);
            }
            outcomes.push(outcome);
        }
        outcomes
    }
}

/// What the proposal contributes to ln r of one replica.
fn proposal_terms(proposed: &Proposed, replica: usize) -> f64 {
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

fn check_shapes(
    name: &str,
    proposed: &Proposed,
    state: &crate::state::State,
) -> Result<(), ProposalError> {
    let check = |what: &'static str, got: usize, expected: usize| {
        if got == expected {
            Ok(())
        } else {
            Err(ProposalError::Shape {
                proposal: name.to_owned(),
                what,
                got,
                expected,
            })
        }
    };
    check("positions", proposed.positions.len(), state.positions.len())?;
    if let LogRatio::Densities {
        log_q_forward,
        log_q_reverse,
    } = &proposed.log_ratio
    {
        check("log_q_forward", log_q_forward.len(), state.n_replicas)?;
        check("log_q_reverse", log_q_reverse.len(), state.n_replicas)?;
    }
    if let Some(auxiliary) = &proposed.log_auxiliary {
        check("log_auxiliary", auxiliary.len(), state.n_replicas)?;
    }
    if let Some(energies) = &proposed.energies {
        check("energies", energies.len(), state.n_replicas)?;
    }
    if let Some(velocities) = &proposed.velocities {
        check(
            "accepted velocities",
            velocities.accepted.len(),
            state.velocities.len(),
        )?;
        check(
            "rejected velocities",
            velocities.rejected.len(),
            state.velocities.len(),
        )?;
    }
    Ok(())
}

impl Kernel for MetropolisKernel {
    fn name(&self) -> &str {
        self.proposal.name()
    }

    fn is_exact(&self) -> bool {
        true
    }

    fn step(&mut self, chain: &mut Chain, engine: &mut dyn Engine) -> Result<(), KernelError> {
        let start = Instant::now();
        let mut proposed = self.propose(chain, engine)?;
        let energies = proposed.energies.take().unwrap_or_else(|| {
            let mut energies = vec![0.0; chain.state.n_replicas];
            engine.energies(&proposed.positions, &mut energies);
            chain.n_energy_evaluations += chain.state.n_replicas as u64;
            energies
        });
        let outcomes = self.decide(chain, &proposed, &energies);
        if self.adapting {
            self.proposal.adapt(current(chain), &outcomes);
        }
        for outcome in outcomes {
            self.statistics.proposed += 1;
            match outcome {
                Outcome::Accepted => self.statistics.accepted += 1,
                Outcome::NonFinite(_) => self.statistics.non_finite += 1,
                Outcome::Rejected => {}
            }
        }
        self.statistics.seconds += start.elapsed().as_secs_f64();
        Ok(())
    }

    fn statistics(&self) -> KernelStatistics {
        self.statistics
    }

    fn freeze(&mut self) {
        self.adapting = false;
        self.proposal.freeze();
        self.statistics = KernelStatistics::default();
    }

    fn save(&self) -> serde_json::Value {
        serde_json::json!({
            "statistics": self.statistics,
            "adapting": self.adapting,
            "proposal_streams": self.proposal_streams,
            "acceptance_streams": self.acceptance_streams,
            "proposal": self.proposal.save(),
        })
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        let unreadable = |error: serde_json::Error| {
            format!("the kernel's saved random streams are unreadable: {error}")
        };
        self.statistics = KernelStatistics::restore(saved)?;
        self.adapting = saved["adapting"].as_bool().unwrap_or(false);
        self.proposal_streams =
            serde_json::from_value(saved["proposal_streams"].clone()).map_err(unreadable)?;
        self.acceptance_streams =
            serde_json::from_value(saved["acceptance_streams"].clone()).map_err(unreadable)?;
        self.proposal.restore(&saved["proposal"])
    }
}
