//! How long each kernel ran, by the device's own clock.

use super::device::Gpu;
use super::error::GpuError;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Time of one kernel.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct KernelTime {
    /// Dispatches.
    pub n_dispatches: u64,
    /// Seconds on the device.
    pub seconds: f64,
}

/// Times of all kernels; clones share them, so that the engine's owner can keep one.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    times: Arc<Mutex<BTreeMap<&'static str, KernelTime>>>,
}

impl Profile {
    /// Times by kernel, so far.
    #[must_use]
    pub fn times(&self) -> BTreeMap<&'static str, KernelTime> {
        self.times
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Forgets what was booked, such as a warm-up.
    pub fn clear(&self) {
        self.times
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn add(&self, kernel: &'static str, seconds: f64) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let time = times.entry(kernel).or_default();
        time.n_dispatches += 1;
        time.seconds += seconds;
    }
}

/// Timestamps at both ends of a dispatch.
#[derive(Debug)]
pub(super) struct Stopwatch {
    profile: Profile,
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    nanoseconds_per_tick: f64,
}

const BYTES: u64 = 2 * size_of::<u64>() as u64;

impl Stopwatch {
    pub(super) fn new(gpu: &Gpu, profile: Profile) -> Self {
        Self {
            profile,
            queries: gpu.device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("timestamps"),
                ty: wgpu::QueryType::Timestamp,
                count: 2,
            }),
            resolved: gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("timestamps"),
                size: BYTES,
                usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            }),
            nanoseconds_per_tick: gpu.queue.get_timestamp_period().into(),
        }
    }

    pub(super) fn writes(&self) -> wgpu::ComputePassTimestampWrites<'_> {
        wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(0),
            end_of_pass_write_index: Some(1),
        }
    }

    pub(super) fn resolve(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.resolve_query_set(&self.queries, 0..2, &self.resolved, 0);
    }

    /// Waits for the dispatch and books its time: profiling gives up overlap for exactness.
    #[expect(
        clippy::cast_precision_loss,
        reason = "differences of ticks stay far below 2^53"
    )]
    pub(super) fn read(&self, gpu: &Gpu, kernel: &'static str) -> Result<(), GpuError> {
        let ticks: Vec<u64> = gpu.read(&self.resolved, 2)?;
        let elapsed = ticks[1].saturating_sub(ticks[0]) as f64;
        self.profile
            .add(kernel, elapsed * self.nanoseconds_per_tick * 1e-9);
        Ok(())
    }
}
