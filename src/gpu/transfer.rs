//! Bringing buffers back from the device, at once or while it goes on working.

use super::device::Gpu;
use super::error::GpuError;
use bytemuck::Pod;
use std::sync::mpsc;

/// A copy on its way to the host.
#[derive(Debug)]
pub(super) struct Pending {
    staging: wgpu::Buffer,
    submission: wgpu::SubmissionIndex,
    mapped: mpsc::Receiver<Result<(), wgpu::BufferAsyncError>>,
}

impl Gpu {
    /// Asks for the first bytes of several buffers, one after the other, as they are after what was submitted so far.
    pub(super) fn request(&self, parts: &[(&wgpu::Buffer, u64)]) -> Pending {
        let staging = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("staging"),
            size: parts.iter().map(|(_, size)| size).sum(),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let label = Some("download");
        let mut encoder = self
            .device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor { label });
        let mut start = 0;
        for (buffer, size) in parts {
            encoder.copy_buffer_to_buffer(buffer, 0, &staging, start, *size);
            start += size;
        }
        let submission = self.queue.submit([encoder.finish()]);
        let (sender, mapped) = mpsc::channel();
        staging.map_async(wgpu::MapMode::Read, .., move |result| {
            // Nobody listens any more where the wait has failed.
            let _ = sender.send(result);
        });
        Pending {
            staging,
            submission,
            mapped,
        }
    }

    /// Waits for a copy; what was submitted after it goes on meanwhile.
    pub(super) fn receive(&self, pending: Pending) -> Result<Vec<u8>, GpuError> {
        let waited = self.device.poll(wgpu::PollType::Wait {
            submission_index: Some(pending.submission),
            timeout: None,
        });
        self.check()?;
        waited.map_err(|error| self.lost(&error.to_string()))?;
        match pending.mapped.recv() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(self.lost(&error.to_string())),
            Err(error) => return Err(self.lost(&error.to_string())),
        }
        let view = pending
            .staging
            .get_mapped_range(..)
            .map_err(|error| self.lost(&error.to_string()))?;
        Ok(view.to_vec())
    }

    /// The first `n_values` of a buffer, once everything submitted is done.
    pub(super) fn read<T: Pod>(
        &self,
        buffer: &wgpu::Buffer,
        n_values: usize,
    ) -> Result<Vec<T>, GpuError> {
        let pending = self.request(&[(buffer, (n_values * size_of::<T>()) as u64)]);
        Ok(bytemuck::pod_collect_to_vec(&self.receive(pending)?))
    }
}
