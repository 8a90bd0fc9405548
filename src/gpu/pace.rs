//! How much work a dispatch gets: what drivers tolerate by the clock, and what software adapters carry to the end.

use super::device::{AdapterKind, AdapterSummary};
use super::engine::GpuEngine;
use super::error::GpuError;
use super::iterations::{Iterations, MOST_ITERATIONS};
use super::shape::Shape;
use super::tables::Tables;
use crate::forcefield::System;

/// Duration that dispatches aim at: far below what makes drivers give up on a kernel (about 2 s).
const DISPATCH_SECONDS: f64 = 0.2;

impl GpuEngine {
    /// Most time steps of a dispatch that the adapter carries to their end.
    pub(super) fn most_steps(&self) -> u64 {
        self.bounded.map_or(u64::MAX, Iterations::most_steps)
    }

    /// Refuses time steps of so many stages where a dispatch carries fewer.
    pub(super) fn check_step(&self, n_stages: u64) -> Result<(), GpuError> {
        match self.bounded {
            Some(iterations) if iterations.most_steps() < n_stages => {
                let what = format!("a time step of {} atoms", self.shape.n_atoms);
                Err(self.too_many_iterations(what, iterations, n_stages * iterations.step()))
            }
            _ => Ok(()),
        }
    }

    /// What cannot be done in one dispatch, and how many iterations it takes beside the frame of a kernel.
    pub(super) fn too_many_iterations(
        &self,
        what: String,
        iterations: Iterations,
        needed: u64,
    ) -> GpuError {
        GpuError::TooManyIterations {
            adapter: self.gpu.adapter.name.clone(),
            what,
            needed: needed.saturating_add(iterations.frame()),
            offered: MOST_ITERATIONS,
        }
    }

    /// Steps of the next dispatch, from how long the last one took.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a clamped, positive estimate"
    )]
    pub(super) fn adjust_pace(&mut self, n_steps: u64, seconds: f64) {
        let per_step = seconds / n_steps.max(1) as f64;
        let affordable = (DISPATCH_SECONDS / per_step.max(1e-9)).clamp(1.0, 1e5) as u64;
        self.pace.1 = affordable.min(self.pace.1 * 4).max(1);
    }
}

/// The iterations of the kernels on an adapter that ends loops early; `None` where none does.
pub(super) fn bounded_iterations(
    adapter: &AdapterSummary,
    system: &System,
    shape: &Shape,
    tables: &Tables,
) -> Result<Option<Iterations>, GpuError> {
    if adapter.kind != AdapterKind::Software {
        return Ok(None);
    }
    let iterations = Iterations::of(tables, shape, system.implicit_solvent.is_some());
    if iterations.alone() <= MOST_ITERATIONS {
        return Ok(Some(iterations));
    }
    Err(GpuError::TooManyIterations {
        adapter: adapter.name.clone(),
        what: format!("the energy of {} atoms", shape.n_atoms),
        needed: iterations.alone(),
        offered: MOST_ITERATIONS,
    })
}
