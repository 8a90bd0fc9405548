//! What fits on an adapter: bytes, the largest molecule, the most replicas.

use super::batch::VECTOR_BYTES;
use super::cycle::leap::TorsionLeaps;
use super::device::{AdapterSummary, Choice, chosen};
use super::error::GpuError;
use super::options::GpuOptions;
use super::shape::{Placement, Shape};
use crate::forcefield::System;

/// Storage buffers that every kernel is bound to.
pub(super) const N_STORAGE_BUFFERS: u64 = 25;

/// Memory of a run, from sizes alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Adapter it is for.
    pub adapter: String,
    /// How the molecule is spread over threads.
    pub shape: Shape,
    /// Bytes of the molecule's tables.
    pub table_bytes: u64,
    /// Bytes of state and results of one replica.
    pub replica_bytes: u64,
    /// Most replicas on the device at once; the engine cuts larger batches.
    pub largest_batch: usize,
    /// Most atoms of a molecule on this adapter.
    pub largest_molecule: usize,
}

impl Plan {
    /// What a system needs on an adapter.
    ///
    /// # Errors
    /// [`GpuError::TooManyAtoms`] where the tables of pairs exceed a limit.
    pub fn new(system: &System, adapter: &AdapterSummary, shape: &Shape) -> Result<Self, GpuError> {
        let n_atoms = system.n_atoms();
        let (limit, offered) = smallest_limit(adapter);
        let table_bytes = pair_bytes(n_atoms);
        let largest_molecule = largest_molecule(adapter);
        if table_bytes > offered {
            return Err(GpuError::TooManyAtoms {
                adapter: adapter.name.clone(),
                n_atoms,
                limit,
                offered,
                needed: table_bytes,
                largest: largest_molecule,
            });
        }
        let tiled = shape.placement == Placement::Tiled;
        let widest = n_atoms as u64 * VECTOR_BYTES * if tiled { 2 } else { 1 };
        let by_memory = count(offered / widest.max(1)) / shape.n_sharing * shape.n_sharing;
        let by_dispatch = adapter.n_workgroups * shape.n_sharing;
        let necks = system
            .implicit_solvent
            .as_ref()
            .is_some_and(|s| !s.neck_index.is_empty());
        Ok(Self {
            adapter: adapter.name.clone(),
            shape: *shape,
            table_bytes: table_bytes * if necks { 2 } else { 1 } + patch_bytes(system),
            replica_bytes: 3 * widest + n_atoms as u64 * VECTOR_BYTES + 4 * VECTOR_BYTES,
            largest_batch: by_memory.min(by_dispatch).max(1),
            largest_molecule,
        })
    }

    /// The same with torsion leaps on the device.
    #[must_use]
    pub fn with_leaps(self, leaps: &TorsionLeaps) -> Self {
        Self {
            table_bytes: self.table_bytes + leaps.table_bytes(self.shape.n_atoms),
            ..self
        }
    }

    /// Bytes on the device for a number of replicas at once.
    #[must_use]
    pub fn device_bytes(&self, n_replicas: usize) -> u64 {
        self.table_bytes + self.replica_bytes * n_replicas.min(self.largest_batch) as u64
    }
}

/// What a system and a number of replicas need on the chosen adapter.
///
/// # Errors
/// [`GpuError`] where there is no such adapter, or the molecule does not fit it.
pub fn plan(system: &System, choice: &Choice) -> Result<Plan, GpuError> {
    let adapter = chosen(choice)?;
    check_bindings(&adapter)?;
    let options = GpuOptions::default();
    let limits = adapter.shape_limits();
    let shape = Shape::choose(
        system.n_atoms(),
        &limits,
        options.placement,
        options.n_sharing,
    );
    Plan::new(system, &adapter, &shape)
}

/// Whether the kernels can be bound at all.
pub(super) fn check_bindings(adapter: &AdapterSummary) -> Result<(), GpuError> {
    if adapter.n_storage_buffers < N_STORAGE_BUFFERS {
        return Err(GpuError::Limit {
            adapter: adapter.name.clone(),
            limit: "max_storage_buffers_per_shader_stage",
            offered: adapter.n_storage_buffers,
            needed: N_STORAGE_BUFFERS,
        });
    }
    Ok(())
}

/// Whether the workgroup memory for networks is there.
pub(super) fn check_workgroup_memory(
    adapter: &AdapterSummary,
    shape: &Shape,
) -> Result<(), GpuError> {
    let needed = shape.workgroup_bytes();
    if shape.network.width > 0 && adapter.workgroup_bytes < needed {
        return Err(GpuError::WorkgroupMemory {
            adapter: adapter.name.clone(),
            offered: adapter.workgroup_bytes,
            needed,
        });
    }
    Ok(())
}

/// Atoms of the largest molecule: its table of pairs has an entry of 16 bytes for every ordered pair.
pub(super) fn largest_molecule(adapter: &AdapterSummary) -> usize {
    count((smallest_limit(adapter).1 / VECTOR_BYTES).isqrt())
}

fn count(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn pair_bytes(n_atoms: usize) -> u64 {
    (n_atoms * n_atoms) as u64 * VECTOR_BYTES
}

/// Bytes of the patches of all energy maps.
fn patch_bytes(system: &System) -> u64 {
    let cells = system.correction_maps.iter().map(|map| map.size * map.size);
    4 * VECTOR_BYTES * cells.sum::<usize>() as u64
}

/// Name and bytes of what bounds the size of an array on the device.
pub(super) fn smallest_limit(adapter: &AdapterSummary) -> (&'static str, u64) {
    if adapter.binding_bytes <= adapter.buffer_bytes {
        ("max_storage_buffer_binding_size", adapter.binding_bytes)
    } else {
        ("max_buffer_size", adapter.buffer_bytes)
    }
}
