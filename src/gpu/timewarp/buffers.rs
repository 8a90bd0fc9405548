//! The buffers of a batch on the device and what the kernels are bound to.

use super::super::device::Gpu;
use super::super::error::GpuError;
use super::batch::Batch;
use super::dispatch::{ModelSizes, Sizes};
use super::kernels::{FlowKernel, Pipelines, Tile};
use super::layout::{Settings, Span, StateAtom};
use super::operations::{Operation, Slot, slot_columns};
use super::weights::Weights;
use std::collections::HashMap;

/// Settings of dispatches lie this far apart, the most that a device may ask for.
const SETTINGS_STRIDE: usize = 256;

/// Buffers for batches up to some size, and their bindings for every dispatch.
#[derive(Debug)]
pub(super) struct Buffers {
    capacity: Sizes,
    settings: wgpu::Buffer,
    atoms: wgpu::Buffer,
    spans: wgpu::Buffer,
    atom_of_row: wgpu::Buffer,
    pub(super) values: wgpu::Buffer,
    pub(super) log_scales: wgpu::Buffer,
    attention: wgpu::Buffer,
    slots: HashMap<Slot, wgpu::Buffer>,
    /// The attention's, then those of the operations of all coupling layers.
    pub(super) bindings: Vec<wgpu::BindGroup>,
}

const SLOTS: [Slot; 6] = [
    Slot::Input,
    Slot::Hidden,
    Slot::OtherHidden,
    Slot::Rows,
    Slot::Mixed,
    Slot::Outputs,
];

impl Buffers {
    /// Whether a batch fits.
    pub(super) fn hold(&self, sizes: &Sizes) -> bool {
        let most = &self.capacity;
        sizes.n_rows <= most.n_rows
            && sizes.n_pairs <= most.n_pairs
            && sizes.n_atoms <= most.n_atoms
            && sizes.set_step <= most.set_step
    }

    /// Buffers for batches of these sizes.
    ///
    /// # Errors
    /// [`GpuError::OutOfMemory`].
    pub(super) fn new(
        gpu: &Gpu,
        pipelines: &mut Pipelines,
        model: &ModelSizes,
        weights: &Weights,
        operations: &[Vec<Operation>],
        capacity: Sizes,
    ) -> Result<Self, GpuError> {
        let scope = gpu.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let mut needed = 0;
        let mut create = |label, size: u64, usage| {
            // A binding must hold at least one of its array's elements.
            let size = size.max(size_of::<StateAtom>() as u64);
            needed += size;
            gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size,
                usage: usage | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            })
        };
        let (rows, pairs) = (capacity.n_rows as u64, capacity.n_pairs as u64);
        let n_settings = 1 + operations.iter().map(Vec::len).sum::<usize>();
        let uniform = wgpu::BufferUsages::UNIFORM;
        let settings = create(
            "flow settings",
            (n_settings * SETTINGS_STRIDE) as u64,
            uniform,
        );
        let mut storage = |label, size| create(label, size, wgpu::BufferUsages::STORAGE);
        let slot = |slot| {
            let networks = if slot == Slot::Input { 1 } else { 2 };
            let size = networks * rows * slot_columns(&model.config, slot) as u64 * 4;
            (slot, storage("flow matrix", size))
        };
        let slots = SLOTS.map(slot).into_iter().collect();
        let mut buffers = Self {
            settings,
            atoms: storage(
                "flow atoms",
                capacity.n_atoms as u64 * size_of::<StateAtom>() as u64,
            ),
            spans: storage("flow spans", pairs * size_of::<Span>() as u64),
            atom_of_row: storage("flow rows", rows * 4),
            values: storage("flow variables", 2 * rows * 16),
            log_scales: storage("flow log scales", pairs * 8),
            attention: storage(
                "flow attention",
                (capacity.set_step * model.n_sets) as u64 * 16,
            ),
            slots,
            capacity,
            bindings: Vec::new(),
        };
        if let Some(error) = pollster::block_on(scope.pop()) {
            return Err(GpuError::OutOfMemory {
                adapter: gpu.adapter.name.clone(),
                what: format!("a batch of {pairs} conformations, {rows} atoms in all"),
                needed,
                reason: error.to_string(),
            });
        }
        buffers.bind(gpu, pipelines, weights, operations)?;
        Ok(buffers)
    }

    fn bind(
        &mut self,
        gpu: &Gpu,
        pipelines: &mut Pipelines,
        weights: &Weights,
        operations: &[Vec<Operation>],
    ) -> Result<(), GpuError> {
        let whole = wgpu::Buffer::as_entire_binding;
        let group = |pipelines: &mut Pipelines, kernel, place: usize, resources: &[_]| {
            pipelines.prepare(gpu, kernel)?;
            let settings = wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer: &self.settings,
                offset: (place * SETTINGS_STRIDE) as u64,
                size: std::num::NonZeroU64::new(size_of::<Settings>() as u64),
            });
            let entries: Vec<_> = (0..)
                .zip(std::iter::once(&settings).chain(resources))
                .map(|(binding, resource)| wgpu::BindGroupEntry {
                    binding,
                    resource: wgpu::BindingResource::clone(resource),
                })
                .collect();
            let layout = &pipelines.get(kernel).layout;
            let descriptor = wgpu::BindGroupDescriptor {
                label: Some(kernel.name()),
                layout,
                entries: &entries,
            };
            Ok::<_, GpuError>(gpu.device.create_bind_group(&descriptor))
        };
        let resources = [
            whole(&self.atoms),
            whole(&weights.factors),
            whole(&self.attention),
        ];
        let mut bindings = vec![group(pipelines, FlowKernel::Attention, 0, &resources)?];
        let sections = weights.sections.iter().flatten();
        for (operation, section) in operations.iter().flatten().zip(sections) {
            let slot = |slot| whole(&self.slots[&slot]);
            let section = || {
                let section = section.as_ref();
                weights.binding(section.expect("invariant: linear maps and norms have weights"))
            };
            // All sizes of tile have the same bindings.
            let (kernel, resources) = match *operation {
                Operation::Features => (
                    FlowKernel::Features,
                    vec![
                        whole(&self.atoms),
                        whole(&self.atom_of_row),
                        whole(&weights.embedding),
                        whole(&self.values),
                        slot(Slot::Input),
                    ],
                ),
                Operation::Linear { from, to, .. } => (
                    FlowKernel::Linear(Tile::Small),
                    vec![section(), slot(from), slot(to)],
                ),
                Operation::Mix { .. } => (
                    FlowKernel::Mix(Tile::Small),
                    vec![
                        whole(&self.spans),
                        whole(&self.attention),
                        slot(Slot::Rows),
                        slot(Slot::Mixed),
                    ],
                ),
                Operation::LayerNorm { .. } => {
                    (FlowKernel::LayerNorm, vec![section(), slot(Slot::Rows)])
                }
                Operation::Affine => (
                    FlowKernel::Affine,
                    vec![
                        whole(&self.spans),
                        slot(Slot::Outputs),
                        whole(&self.values),
                        whole(&self.log_scales),
                    ],
                ),
            };
            bindings.push(group(pipelines, kernel, bindings.len(), &resources)?);
        }
        self.bindings = bindings;
        Ok(())
    }

    /// Brings a batch and the settings of its dispatches onto the device.
    pub(super) fn write(&self, gpu: &Gpu, batch: &Batch, settings: &[Settings]) {
        let write = |buffer, bytes: &[u8]| gpu.queue.write_buffer(buffer, 0, bytes);
        let mut spread = vec![0_u8; settings.len() * SETTINGS_STRIDE];
        let places = spread.chunks_exact_mut(SETTINGS_STRIDE);
        for (place, settings) in places.zip(settings) {
            let bytes = bytemuck::bytes_of(settings);
            place[..bytes.len()].copy_from_slice(bytes);
        }
        write(&self.settings, &spread);
        write(&self.atoms, bytemuck::cast_slice(&batch.atoms));
        write(&self.spans, bytemuck::cast_slice(&batch.spans));
        write(&self.atom_of_row, bytemuck::cast_slice(&batch.atom_of_row));
        write(&self.values, bytemuck::cast_slice(&batch.values));
        write(&self.log_scales, &vec![0_u8; 8 * batch.spans.len()]);
    }
}
