//! What the phases of a run cost in time and energy evaluations, over all processes that worked on it.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::mcmc::Chain;
use crate::trajectory::RunCost;

/// Cost of both phases, kept in the checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct PhaseCosts {
    /// Wall-clock seconds of the equilibration.
    pub(super) equilibration_seconds: f64,
    /// Wall-clock seconds of the production.
    pub(super) production_seconds: f64,
    /// Energy evaluations of the equilibration.
    pub(super) equilibration_evaluations: u64,
}

impl PhaseCosts {
    /// Cost of the whole run up to `chain`, as trajectories note it.
    ///
    /// `n_target` replicas share it: those at other temperatures of a ladder work for these.
    pub(super) fn of_run(self, chain: &Chain, n_target: usize) -> RunCost {
        RunCost {
            wall_seconds: self.equilibration_seconds + self.production_seconds,
            energy_evaluations: chain.n_energy_evaluations,
            replicas: n_target,
        }
    }
}

/// Books the time of this process to the phase it passes in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    costs: PhaseCosts,
    is_production: bool,
    since: Instant,
}

impl Clock {
    /// Starts after `costs` of earlier processes.
    pub(super) fn start(costs: PhaseCosts, is_production: bool) -> Self {
        Self {
            costs,
            is_production,
            since: Instant::now(),
        }
    }

    /// Costs up to now.
    pub(super) fn costs(&self) -> PhaseCosts {
        let mut costs = self.costs;
        let seconds = self.since.elapsed().as_secs_f64();
        if self.is_production {
            costs.production_seconds += seconds;
        } else {
            costs.equilibration_seconds += seconds;
        }
        costs
    }

    /// Ends the equilibration, which took so many energy evaluations.
    pub(super) fn begin_production(&mut self, n_evaluations: u64) {
        let costs = PhaseCosts {
            equilibration_evaluations: n_evaluations,
            ..self.costs()
        };
        *self = Self::start(costs, true);
    }
}
