//! The kernels of Timewarp models: their shaders and pipelines.

use super::super::device::Gpu;
use super::super::error::GpuError;
use crate::gpu::shader::pipeline;
use crate::gpu::shader::sources::{Constant, ShaderSources};
use std::collections::HashMap;

/// How large a part of a product of matrices a workgroup computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tile {
    /// 128 by 128, 8 by 8 a thread: the fastest where there are enough of them to keep a GPU busy.
    Large,
    /// 64 by 64, 4 by 8 a thread.
    Medium,
    /// 32 by 32, 4 by 4 a thread: for narrow matrices.
    Small,
}

impl Tile {
    /// All sizes, the largest first.
    pub const ALL: [Self; 3] = [Self::Large, Self::Medium, Self::Small];

    /// Rows and columns.
    #[must_use]
    pub fn side(self) -> usize {
        match self {
            Self::Large => 128,
            Self::Medium => 64,
            Self::Small => 32,
        }
    }

    /// Blocks of four by four of a thread, threads: along rows and columns each.
    fn shape(self) -> [usize; 4] {
        match self {
            Self::Large => [2, 2, 16, 16],
            Self::Medium => [1, 2, 16, 8],
            Self::Small => [1, 1, 8, 8],
        }
    }

    /// Threads of a workgroup.
    #[must_use]
    pub fn n_threads(self) -> usize {
        let [_, _, rows, columns] = self.shape();
        rows * columns
    }

    /// The tile for so many products of this size: the one whose workgroups compute least beyond the edges, if there are
    /// enough of them to keep a GPU busy.
    #[must_use]
    pub fn choose(n_rows: usize, n_columns: usize, n_products: usize) -> Self {
        /// Workgroups that keep a large GPU busy.
        const ENOUGH: usize = 128;
        let cost = |tile: &Self| {
            let side = tile.side();
            let n_tiles = n_rows.div_ceil(side) * n_columns.div_ceil(side) * n_products;
            // Loads from workgroup memory for each product cost smaller tiles about this much more.
            let per_result = match tile {
                Self::Large => 10,
                Self::Medium => 12,
                Self::Small => 17,
            };
            n_tiles.max(ENOUGH) * side * side * per_result
        };
        Self::ALL
            .into_iter()
            .min_by_key(cost)
            .unwrap_or(Self::Small)
    }
}

/// A kernel; file and entry point have its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlowKernel {
    /// Attention weights.
    Attention,
    /// Inputs of the networks.
    Features,
    /// Sums over neighbours.
    Mix(Tile),
    /// Linear maps.
    Linear(Tile),
    /// Layer norm.
    LayerNorm,
    /// Affine coupling and log-determinant.
    Affine,
}

/// Threads that share a row in a layer norm.
const ROW_THREADS: usize = 32;

impl FlowKernel {
    /// All kernels in all sizes of tile.
    pub const ALL: [Self; 10] = [
        Self::Attention,
        Self::Features,
        Self::Mix(Tile::Large),
        Self::Mix(Tile::Medium),
        Self::Mix(Tile::Small),
        Self::Linear(Tile::Large),
        Self::Linear(Tile::Medium),
        Self::Linear(Tile::Small),
        Self::LayerNorm,
        Self::Affine,
    ];

    /// Name of the file and of its entry point.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::Features => "features",
            Self::Mix(_) => "mix",
            Self::Linear(_) => "linear",
            Self::LayerNorm => "layer_norm",
            Self::Affine => "affine",
        }
    }

    /// Threads of a workgroup.
    #[must_use]
    pub fn n_threads(self) -> usize {
        match self {
            Self::Attention | Self::Features | Self::Affine => 64,
            Self::Mix(tile) | Self::Linear(tile) => tile.n_threads(),
            Self::LayerNorm => ROW_THREADS,
        }
    }

    /// The complete WGSL.
    #[must_use]
    pub fn source(self, sources: &ShaderSources) -> String {
        let constants = match self {
            Self::Mix(tile) | Self::Linear(tile) => {
                let [row_blocks, column_blocks, rows, columns] = tile.shape();
                vec![
                    ("ROW_BLOCKS", Constant::Count(row_blocks)),
                    ("COLUMN_BLOCKS", Constant::Count(column_blocks)),
                    ("THREAD_ROWS", Constant::Count(rows)),
                    ("THREAD_COLUMNS", Constant::Count(columns)),
                ]
            }
            Self::LayerNorm => vec![("ROW_THREADS", Constant::Count(ROW_THREADS))],
            Self::Attention | Self::Features | Self::Affine => Vec::new(),
        };
        let path = format!("flow/timewarp/{}.wgsl", self.name());
        sources.assemble(&path, &constants, &[])
    }
}

/// A compiled kernel.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(super) pipeline: wgpu::ComputePipeline,
    pub(super) layout: wgpu::BindGroupLayout,
}

/// Pipelines, compiled at first use.
#[derive(Debug)]
pub(crate) struct Pipelines {
    sources: ShaderSources,
    compiled: HashMap<FlowKernel, Pipeline>,
}

impl Pipelines {
    pub(super) fn new(sources: ShaderSources) -> Self {
        Self {
            sources,
            compiled: HashMap::new(),
        }
    }

    /// Compiles a kernel if it was not yet.
    pub(super) fn prepare(&mut self, gpu: &Gpu, kernel: FlowKernel) -> Result<(), GpuError> {
        if !self.compiled.contains_key(&kernel) {
            let pipeline = compile(gpu, kernel, kernel.source(&self.sources))?;
            self.compiled.insert(kernel, pipeline);
        }
        Ok(())
    }

    /// A kernel that was prepared.
    pub(super) fn get(&self, kernel: FlowKernel) -> &Pipeline {
        &self.compiled[&kernel]
    }
}

fn compile(gpu: &Gpu, kernel: FlowKernel, source: String) -> Result<Pipeline, GpuError> {
    let name = kernel.name();
    let layout = pipeline::bind_group_layout(gpu, name, pipeline::bindings_of(&source));
    let pipeline_layout = pipeline::pipeline_layout(gpu, name, &layout);
    let pipeline = pipeline::compile(gpu, name, source, None, &pipeline_layout)?;
    Ok(Pipeline { pipeline, layout })
}
