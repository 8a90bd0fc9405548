//! How many loop iterations a thread goes through: software Vulkan stops counting, and looping, at 65,535 of them.
//!
//! Mesa's llvmpipe (22.3 does, 25.0 does not) counts the iterations of all loops of an invocation together and ends every loop after
//! `LP_MAX_TGSI_LOOP_ITERATIONS` (gallivm/lp_limits.h) without a word; what comes back is garbage. So dispatches on software
//! adapters stay below that. Counts are upper bounds: threads run in lockstep, and a vector of them loops as often as its
//! busiest.

use super::cycle::leap::LeapSize;
use super::cycle::moves::ResidentMove;
use super::device::{AdapterKind, AdapterSummary};
use super::error::GpuError;
use super::shader::layout::Cluster;
use super::shape::{Placement, Shape};
use super::tables::Tables;
use crate::forcefield::System;

/// Iterations of one dispatch that leave a margin below 65,535.
pub(super) const MOST_ITERATIONS: u64 = 60_000;
/// Sweeps of the constraint solver, as in shaders/integrator/constraints.wgsl.
const MAX_SWEEPS: u64 = 150;
/// Attempts of two draws from von Mises densities, as in shaders/flow/mixture.wgsl.
const MAX_ATTEMPTS: u64 = 2 * 64;

/// Iterations of the parts that kernels are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Iterations {
    /// Atoms of a thread: what every loop over owned atoms takes.
    n_owned: u64,
    /// Threads of a replica: what a sum over them takes.
    n_threads: u64,
    /// Energy and forces.
    evaluation: u64,
    /// Constraints of positions, or of velocities.
    constraints: u64,
}

impl Iterations {
    /// Those of the kernels on an adapter that ends loops early; `None` where none does.
    ///
    /// # Errors
    /// [`GpuError::TooManyIterations`] where not even an energy can be computed.
    pub(super) fn bounded(
        adapter: &AdapterSummary,
        system: &System,
        shape: &Shape,
        tables: &Tables,
    ) -> Result<Option<Self>, GpuError> {
        if adapter.kind != AdapterKind::Software {
            return Ok(None);
        }
        let iterations = Self::of(tables, shape, system.implicit_solvent.is_some());
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

    /// Of a molecule in a shape.
    fn of(tables: &Tables, shape: &Shape, is_solvated: bool) -> Self {
        let (n_owned, n_threads) = (shape.n_owned as u64, shape.n_threads as u64);
        let n_tiles = match shape.placement {
            Placement::Resident => 1,
            Placement::Tiled => (shape.n_atoms as u64).div_ceil(n_threads),
        };
        let pass = n_tiles * (1 + n_owned) + n_owned * shape.n_atoms as u64;
        let n_passes = if is_solvated { 3 } else { 1 };
        Self {
            n_owned,
            n_threads,
            // Placing atoms, clearing forces, Born radii and what lies between the passes: eight loops over owned atoms.
            evaluation: bonded(tables, shape) + n_passes * pass + 8 * n_owned,
            constraints: constraints(tables, n_threads) + 2 * n_owned,
        }
    }

    /// One evaluation by itself, with the sum over threads that may follow.
    fn alone(self) -> u64 {
        self.evaluation + self.n_threads + 3 * self.n_owned
    }

    /// One time step or stage of a trajectory.
    fn step(self) -> u64 {
        1 + self.evaluation + 2 * self.constraints + 8 * self.n_owned
    }

    /// What a kernel does before its first and after its last unit, evaluation included.
    pub(super) fn frame(self) -> u64 {
        self.alone() + self.n_threads + 6 * self.n_owned
    }

    /// Most time steps of a dispatch; 0 where not even one fits.
    pub(super) fn most_steps(self) -> u64 {
        MOST_ITERATIONS.saturating_sub(self.frame()) / self.step()
    }

    /// Refuses time steps of so many stages where a dispatch carries fewer.
    ///
    /// # Errors
    /// [`GpuError::TooManyIterations`].
    pub(super) fn check_step(
        self,
        adapter: &AdapterSummary,
        n_atoms: usize,
        n_stages: u64,
    ) -> Result<(), GpuError> {
        if self.most_steps() >= n_stages {
            return Ok(());
        }
        let what = format!("a time step of {n_atoms} atoms");
        Err(self.too_many(adapter, what, n_stages * self.step()))
    }

    /// What cannot be done in one dispatch, and how many iterations it takes beside the frame of a kernel.
    pub(super) fn too_many(self, adapter: &AdapterSummary, what: String, needed: u64) -> GpuError {
        GpuError::TooManyIterations {
            adapter: adapter.name.clone(),
            what,
            needed: needed.saturating_add(self.frame()),
            offered: MOST_ITERATIONS,
        }
    }

    /// One unit of an entry of a cycle, `n_steps` the time steps in it.
    pub(super) fn unit(self, entry: &ResidentMove, n_steps: u64, sizes: UnitSizes) -> u64 {
        // Drawing velocities or turning, three sums over threads, keeping the state and going back to it.
        let test = 1 + 3 * self.n_threads + 12 * self.n_owned;
        match entry {
            ResidentMove::Langevin { .. } => self.step(),
            ResidentMove::Hmc { .. } => {
                test + self.constraints + n_steps.saturating_mul(self.step())
            }
            ResidentMove::Torsion { .. } => test + self.evaluation + self.turns(sizes.n_pivots),
            ResidentMove::TorsionLeap { .. } => test + self.evaluation + self.leap(sizes.leap),
        }
    }

    /// Turning about so many axes.
    fn turns(self, n_pivots: u64) -> u64 {
        n_pivots * (1 + 4 * self.n_owned)
    }

    /// Drawing a leap.
    fn leap(self, size: LeapSize) -> u64 {
        let width = size.width;
        let of_width = width.div_ceil(self.n_threads);
        let rows = (width / 4).div_ceil(self.n_threads);
        // Features, then the network, then its outputs as a mixture of at most a third as many components.
        let mixture = 2 * of_width + size.n_layers * (1 + rows * (5 + width / 4)) + 2 * width / 3;
        let density = of_width + width / 3;
        let draw = 2 * width / 3 + MAX_ATTEMPTS;
        let step = 2 * mixture + 2 * density + draw + self.turns(2) + 8 * self.n_owned;
        size.n_blocks + size.n_steps * (1 + step)
    }
}

/// What else decides the iterations of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct UnitSizes {
    /// Most axes of a block of torsions.
    pub(super) n_pivots: u64,
    /// The longest leap.
    pub(super) leap: LeapSize,
}

/// Bonded terms: the orders of the torsions, and of every chunk the atom that most terms act on.
fn bonded(tables: &Tables, shape: &Shape) -> u64 {
    let chunks = |n_terms: usize| n_terms.div_ceil(shape.n_threads) as u64;
    let n_torsion_chunks = chunks(tables.torsions.len());
    // Maps sum four rows of a patch.
    let n_mapped_chunks = chunks(tables.mapped_torsions.len());
    // Whatever the term, its forces are gathered; the first start of all says where the starts end.
    let n_starts = tables.gathers.first().map_or(0, |&first| first as usize);
    let n_orders = tables.torsions.iter().map(|torsion| torsion.n_orders).max();
    let starts = tables.gathers[..n_starts].chunks(shape.n_atoms + 1);
    let n_chunks = starts.len() as u64;
    let busiest = starts.map(|starts| {
        let entries = starts.windows(2).map(|pair| u64::from(pair[1] - pair[0]));
        1 + shape.n_owned as u64 * (1 + entries.max().unwrap_or(0))
    });
    busiest.sum::<u64>()
        + n_torsion_chunks * u64::from(n_orders.unwrap_or(0))
        + 4 * n_mapped_chunks
        + n_chunks
}

/// One call of the constraint solver that takes every sweep it may.
fn constraints(tables: &Tables, n_threads: u64) -> u64 {
    let of_one = |cluster: &Cluster| {
        let (n_bonds, n_atoms) = (u64::from(cluster.n_bonds), u64::from(cluster.n_atoms));
        1 + 2 * n_atoms + MAX_SWEEPS * (1 + n_bonds)
    };
    let largest = tables.clusters.iter().map(of_one).max().unwrap_or(0);
    (tables.clusters.len() as u64).div_ceil(n_threads) * largest
}
