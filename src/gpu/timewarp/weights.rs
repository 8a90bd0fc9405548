//! The weights of a model on the device: transposed, filled up, packed into buffers.
//!
//! A linear map is `[2, n_inputs + 1, n_outputs]` (scale's network and shift's, the last row the bias), a layer norm `[2, 2, D]`.

use super::super::device::Gpu;
use super::super::error::GpuError;
use super::super::plan::smallest_limit;
use super::super::tables::single;
use super::operations::{Operation, Source, padded};
use crate::flow::timewarp::{LinearLayout, Timewarp, TimewarpConfig};
use rayon::prelude::*;

/// Where the weights of an operation lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section {
    pub(super) buffer: usize,
    pub(super) start_bytes: u64,
    pub(super) size_bytes: u64,
}

/// All weights on the device.
#[derive(Debug)]
pub(super) struct Weights {
    pub(super) buffers: Vec<wgpu::Buffer>,
    /// By coupling layer and operation.
    pub(super) sections: Vec<Vec<Option<Section>>>,
    /// `[n_elements, E]`.
    pub(super) embedding: wgpu::Buffer,
    /// -1 / l² of every set and head, in nm⁻².
    pub(super) factors: wgpu::Buffer,
}

/// Sections begin at multiples of this, the most that a device may ask for.
const ALIGNMENT: u64 = 256;
/// Bytes after which uploads are handed over, so that staging memory does not grow with the model.
const UPLOAD_BYTES: u64 = 64 << 20;

/// Numbers of the weights of an operation.
pub(super) fn n_values(config: &TimewarpConfig, operation: &Operation) -> usize {
    match *operation {
        Operation::Linear {
            n_inputs,
            n_outputs,
            ..
        } => 2 * (n_inputs + 1) * padded(n_outputs),
        Operation::LayerNorm { .. } => 4 * padded(config.d_model),
        Operation::Features | Operation::Mix { .. } | Operation::Affine => 0,
    }
}

impl Weights {
    /// Uploads a model.
    pub(super) fn new(
        gpu: &Gpu,
        model: &Timewarp<f32>,
        operations: &[Vec<Operation>],
    ) -> Result<Self, GpuError> {
        let config = model.config();
        let (sections, sizes) = place(gpu, config, operations);
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
        let create = |label, size: u64| {
            gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size: size.max(16),
                usage,
                mapped_at_creation: false,
            })
        };
        let scope = gpu.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let start = model.layout().embedding_start;
        let n_embedding = config.element_vocabulary.len() * config.atom_embedding_dim;
        let factors: Vec<f32> = model
            .scale_sets()
            .iter()
            .flatten()
            .map(|scale| single(-1.0 / (scale * scale)))
            .collect();
        let weights = Self {
            buffers: sizes.iter().map(|&size| create("weights", size)).collect(),
            sections,
            embedding: create("embedding", 4 * n_embedding as u64),
            factors: create("length scales", 4 * factors.len() as u64),
        };
        if let Some(error) = pollster::block_on(scope.pop()) {
            return Err(GpuError::OutOfMemory {
                adapter: gpu.adapter.name.clone(),
                what: "the weights of the Timewarp model".to_owned(),
                needed: sizes.iter().sum(),
                reason: error.to_string(),
            });
        }
        gpu.queue.write_buffer(
            &weights.embedding,
            0,
            bytemuck::cast_slice(&model.parameters()[start..start + n_embedding]),
        );
        gpu.queue
            .write_buffer(&weights.factors, 0, bytemuck::cast_slice(&factors));
        weights.upload(gpu, model, operations);
        Ok(weights)
    }

    fn upload(&self, gpu: &Gpu, model: &Timewarp<f32>, operations: &[Vec<Operation>]) {
        let mut waiting = 0;
        for (operations, sections) in operations.iter().zip(&self.sections) {
            for (operation, section) in operations.iter().zip(sections) {
                let Some(section) = section else { continue };
                let values = pack(model, operation);
                gpu.queue.write_buffer(
                    &self.buffers[section.buffer],
                    section.start_bytes,
                    bytemuck::cast_slice(&values),
                );
                waiting += section.size_bytes;
                if waiting > UPLOAD_BYTES {
                    gpu.queue.submit([]);
                    waiting = 0;
                }
            }
        }
        gpu.queue.submit([]);
    }

    /// The binding of a section.
    pub(super) fn binding(&self, section: &Section) -> wgpu::BindingResource<'_> {
        wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: &self.buffers[section.buffer],
            offset: section.start_bytes,
            size: std::num::NonZeroU64::new(section.size_bytes),
        })
    }
}

/// Sections one after the other, in as few buffers as the adapter's limits allow; sizes of the buffers.
fn place(
    gpu: &Gpu,
    config: &TimewarpConfig,
    operations: &[Vec<Operation>],
) -> (Vec<Vec<Option<Section>>>, Vec<u64>) {
    let (_, most) = smallest_limit(&gpu.adapter);
    let mut sizes: Vec<u64> = Vec::new();
    let mut section = |operation: &Operation| {
        let size_bytes = 4 * n_values(config, operation) as u64;
        if size_bytes == 0 {
            return None;
        }
        let aligned = size_bytes.next_multiple_of(ALIGNMENT);
        if sizes.last().is_none_or(|used| used + aligned > most) {
            sizes.push(0);
        }
        let buffer = sizes.len() - 1;
        let start_bytes = sizes[buffer];
        sizes[buffer] += aligned;
        Some(Section {
            buffer,
            start_bytes,
            size_bytes,
        })
    };
    let sections = operations
        .iter()
        .map(|operations| operations.iter().map(&mut section).collect())
        .collect();
    (sections, sizes)
}

/// The numbers of an operation's weights as the shaders want them.
fn pack(model: &Timewarp<f32>, operation: &Operation) -> Vec<f32> {
    let config = model.config();
    let mut values = vec![0.0; n_values(config, operation)];
    let half = values.len() / 2;
    let parameters = model.parameters();
    values
        .par_chunks_exact_mut(half)
        .enumerate()
        .for_each(|(network, values)| match operation.source() {
            Some(Source::Linear(layers)) => pack_linear(parameters, &layers[network], values),
            Some(Source::Attention { coupling, encoder }) => {
                let fused = model.fused_attention(coupling, network, encoder);
                pack_attention(fused, config.d_model, values);
            }
            Some(Source::Norm(layers)) => {
                let (d, width) = (config.d_model, values.len() / 2);
                let layer = layers[network];
                values[..d].copy_from_slice(&parameters[layer.weight_start..][..d]);
                values[width..width + d].copy_from_slice(&parameters[layer.bias_start..][..d]);
            }
            None => {}
        });
    values
}

fn pack_linear(parameters: &[f32], layer: &LinearLayout, values: &mut [f32]) {
    let width = padded(layer.n_outputs);
    let weights = &parameters[layer.weight_start..][..layer.n_inputs * layer.n_outputs];
    for (output, row) in weights.chunks_exact(layer.n_inputs).enumerate() {
        for (input, weight) in row.iter().enumerate() {
            values[input * width + output] = *weight;
        }
    }
    let bias = &parameters[layer.bias_start..][..layer.n_outputs];
    values[layer.n_inputs * width..][..layer.n_outputs].copy_from_slice(bias);
}

/// From `[n_heads, d, d]` to the same with filled-up rows and columns.
fn pack_attention(fused: &[f32], d: usize, values: &mut [f32]) {
    let width = padded(d);
    let heads = values.chunks_exact_mut(width * width);
    for (own, values) in fused.chunks_exact(d * d).zip(heads) {
        for (row, values) in own.chunks_exact(d).zip(values.chunks_exact_mut(width)) {
            values[..d].copy_from_slice(row);
        }
    }
}
