//! What a Timewarp model takes on an adapter, and how much of a batch fits at once.

use super::super::device::{AdapterKind, AdapterSummary};
use super::super::error::GpuError;
use super::super::plan::smallest_limit;
use super::operations::{Operation, Slot, VECTOR, operations, padded, slot_columns};
use super::weights::n_values;
use crate::flow::timewarp::{Layout, TimewarpConfig};

/// Rows that keep the largest GPU busy; more would only take memory.
const MOST_ROWS: usize = 1 << 15;
/// Conformations of a batch: what fits the third dimension of a dispatch, two networks each.
const MOST_CONFORMATIONS: usize = 32_000;
/// Bytes that a batch may take on a GPU, and where the GPU is a CPU.
const BATCH_BYTES: [u64; 2] = [1 << 30, 1 << 28];
/// Storage buffers of the kernel that has most.
const N_STORAGE_BUFFERS: u64 = 5;
/// Bytes of workgroup memory of the largest tile.
const WORKGROUP_BYTES: u64 = 16 * 16 * (33 + 32);
/// Bytes of a number.
const NUMBER_BYTES: u64 = 4;

/// Memory of a Timewarp model and its batches, from sizes alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimewarpPlan {
    /// Adapter it is for.
    pub adapter: String,
    /// Bytes of all weights.
    pub weight_bytes: u64,
    /// Bytes of one row, that is one atom of one conformation of a batch, without its attention weights.
    pub row_bytes: u64,
    /// Rows that are computed at once, unless a single conformation has more.
    pub largest_rows: usize,
    /// Rows that the adapter's limits allow.
    most_rows: usize,
    /// Limit that the attention weights of a batch must keep.
    limit: (&'static str, u64),
    /// Sets of length scales times heads.
    n_scales: usize,
}

impl TimewarpPlan {
    /// What a model of these sizes needs, with `n_scale_sets` sets of length scales (almost always one).
    ///
    /// # Errors
    /// [`GpuError::TooLargeTensor`] and [`GpuError::Limit`] where the adapter cannot carry it, whatever the batch.
    pub fn new(
        config: &TimewarpConfig,
        n_scale_sets: usize,
        adapter: &AdapterSummary,
    ) -> Result<Self, GpuError> {
        check_limits(adapter)?;
        let limit = smallest_limit(adapter);
        let layout = Layout::new(config);
        let mut weight_bytes = 0;
        for operation in operations(config, &layout, 0) {
            let needed = n_values(config, &operation) as u64 * NUMBER_BYTES;
            if needed > limit.1 {
                return Err(too_large(adapter, limit, &layout, &operation, needed));
            }
            weight_bytes += needed;
        }
        let columns = |slot| slot_columns(config, slot) as u64;
        let twofold = [
            Slot::Hidden,
            Slot::OtherHidden,
            Slot::Rows,
            Slot::Mixed,
            Slot::Outputs,
        ];
        let widest = twofold.map(|slot| 2 * columns(slot));
        let variables = 2 * VECTOR as u64 + 1;
        let row_values = columns(Slot::Input) + widest.iter().sum::<u64>() + variables;
        let largest_matrix = widest.iter().copied().max().unwrap_or(1) * NUMBER_BYTES;
        let row_bytes = row_values * NUMBER_BYTES;
        let budget = BATCH_BYTES[usize::from(adapter.kind == AdapterKind::Software)];
        let most_rows = count(limit.1 / largest_matrix);
        let by_budget = count(budget / row_bytes).clamp(1, MOST_ROWS);
        Ok(Self {
            adapter: adapter.name.clone(),
            weight_bytes: weight_bytes * config.num_coupling_layers as u64,
            row_bytes,
            largest_rows: by_budget.min(most_rows),
            most_rows,
            limit,
            n_scales: n_scale_sets * config.n_heads(),
        })
    }

    /// Bytes of the attention weights of one conformation.
    #[must_use]
    pub fn attention_bytes(&self, n_atoms: usize) -> u64 {
        (n_atoms * padded(n_atoms) * self.n_scales) as u64 * NUMBER_BYTES
    }

    /// Conformations of `n_atoms` atoms, each with a condition of its own, that the device computes at once; larger
    /// batches are cut. 0 where not even one fits.
    #[must_use]
    pub fn largest_batch(&self, n_atoms: usize) -> usize {
        let by_attention = count(self.limit.1 / self.attention_bytes(n_atoms).max(1));
        if n_atoms > self.most_rows {
            return 0;
        }
        let by_rows = (self.largest_rows / n_atoms.max(1)).max(1);
        by_rows.min(by_attention).min(MOST_CONFORMATIONS)
    }

    /// Whether a batch of so much fits; one conformation always does, see [`TimewarpPlan::check_atoms`].
    pub(super) fn takes(&self, n_rows: usize, n_conformations: usize, attention: u64) -> bool {
        n_rows <= self.largest_rows
            && n_conformations <= MOST_CONFORMATIONS
            && attention <= self.limit.1
    }

    /// Checks that one conformation fits.
    ///
    /// # Errors
    /// [`GpuError::TooManyAtoms`] with the largest number that does.
    pub fn check_atoms(&self, n_atoms: usize) -> Result<(), GpuError> {
        if self.largest_batch(n_atoms) > 0 {
            return Ok(());
        }
        let largest = (0..n_atoms).rev().find(|&n| self.largest_batch(n) > 0);
        let (limit, offered) = self.limit;
        let rows = n_atoms as u64 * (offered / self.most_rows.max(1) as u64);
        Err(GpuError::TooManyAtoms {
            adapter: self.adapter.clone(),
            n_atoms,
            limit,
            offered,
            needed: rows.max(self.attention_bytes(n_atoms)),
            largest: largest.unwrap_or(0),
        })
    }

    /// Bytes on the device for a batch of conformations of `n_atoms` atoms.
    #[must_use]
    pub fn device_bytes(&self, n_atoms: usize, n_conformations: usize) -> u64 {
        let at_once = n_conformations.min(self.largest_batch(n_atoms)) as u64;
        let own = n_atoms as u64 * self.row_bytes + self.attention_bytes(n_atoms);
        self.weight_bytes + at_once * own
    }

    /// Half as many rows at once, for a device whose memory is short; `false` where that was the least.
    pub(super) fn halve(&mut self, least: usize) -> bool {
        let fewer = (self.largest_rows / 2).max(least);
        let is_less = fewer < self.largest_rows;
        self.largest_rows = fewer;
        is_less
    }
}

fn check_limits(adapter: &AdapterSummary) -> Result<(), GpuError> {
    for (limit, offered, needed) in [
        (
            "max_storage_buffers_per_shader_stage",
            adapter.n_storage_buffers,
            N_STORAGE_BUFFERS,
        ),
        (
            "max_compute_workgroup_storage_size",
            adapter.workgroup_bytes,
            WORKGROUP_BYTES,
        ),
        (
            "max_compute_invocations_per_workgroup",
            adapter.workgroup_threads as u64,
            256,
        ),
    ] {
        if offered < needed {
            return Err(GpuError::Limit {
                adapter: adapter.name.clone(),
                limit,
                offered,
                needed,
            });
        }
    }
    Ok(())
}

fn too_large(
    adapter: &AdapterSummary,
    (limit, offered): (&'static str, u64),
    layout: &Layout,
    operation: &Operation,
    needed: u64,
) -> GpuError {
    use super::operations::Source;
    let tensor = match operation.source() {
        Some(Source::Linear([layer, _])) => layout.tensor_at(layer.weight_start).name.clone(),
        Some(Source::Attention { .. }) => "the attention of an encoder layer".to_owned(),
        Some(Source::Norm(_)) | None => "a layer norm".to_owned(),
    };
    GpuError::TooLargeTensor {
        adapter: adapter.name.clone(),
        tensor,
        limit,
        offered,
        needed,
    }
}

fn count(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
