//! From an operation and the sizes of a batch to a dispatch: kernel, workgroups, settings.

use super::super::tables::index;
use super::kernels::{FlowKernel, Tile};
use super::layout::Settings;
use super::operations::{Operation, Slot, VECTOR, padded, slot_columns};
use super::weights::n_values;
use crate::flow::timewarp::{Timewarp, TimewarpConfig};

/// Most workgroups along the first dimension; rows beyond go to the second.
const MOST_GROUPS: usize = 32_768;

/// Sizes of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sizes {
    /// Atoms of all conformations.
    pub(super) n_rows: usize,
    /// Conformations.
    pub(super) n_pairs: usize,
    /// Atoms of all conditions.
    pub(super) n_atoms: usize,
    /// Atoms of the longest conformation.
    pub(super) longest: usize,
    /// vec4 of the attention weights of one set of length scales.
    pub(super) set_step: usize,
    /// Whether the layers are run from the latents to the data.
    pub(super) from_latent: bool,
}

/// What the shaders need to know of the model.
#[derive(Debug, Clone)]
pub(super) struct ModelSizes {
    pub(super) config: TimewarpConfig,
    pub(super) n_sets: usize,
    /// Set of length scales by coupling layer, encoder layer, network.
    scale_sets: Vec<Vec<[usize; 2]>>,
    /// A tile that all products take, for comparisons.
    pub(super) tile: Option<Tile>,
}

/// A dispatch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dispatch {
    pub(super) kernel: FlowKernel,
    pub(super) n_groups: [usize; 3],
    pub(super) settings: Settings,
}

impl ModelSizes {
    pub(super) fn new(model: &Timewarp<f32>, tile: Option<Tile>) -> Self {
        let config = model.config().clone();
        let sets = |coupling| {
            let of = move |encoder| [0, 1].map(|which| model.scale_set(coupling, which, encoder));
            (0..config.num_transformer_layers).map(of).collect()
        };
        Self {
            scale_sets: (0..config.num_coupling_layers).map(sets).collect(),
            n_sets: model.scale_sets().len(),
            config,
            tile,
        }
    }

    /// The dispatch of the attention weights.
    pub(super) fn attention(&self, sizes: &Sizes) -> Dispatch {
        let kernel = FlowKernel::Attention;
        let n_scales = self.n_sets * self.config.n_heads();
        Dispatch {
            kernel,
            n_groups: [sizes.n_atoms.div_ceil(kernel.n_threads()), n_scales, 1],
            settings: Settings {
                n_rows: index(sizes.n_atoms),
                n_scales: index(n_scales),
                ..self.common(sizes)
            },
        }
    }

    /// The dispatch of an operation of a coupling layer.
    pub(super) fn dispatch(
        &self,
        coupling: usize,
        operation: &Operation,
        sizes: &Sizes,
    ) -> Dispatch {
        let settings = Settings {
            variable: index(coupling % 2),
            ..self.common(sizes)
        };
        match *operation {
            Operation::Features => self.features(sizes, settings),
            Operation::Linear { .. } => self.linear(operation, sizes, settings),
            Operation::Mix { encoder } => {
                let sets = self.scale_sets[coupling][encoder];
                self.mix(sets, sizes, settings)
            }
            Operation::LayerNorm { .. } => self.layer_norm(operation, sizes, settings),
            Operation::Affine => Dispatch {
                kernel: FlowKernel::Affine,
                n_groups: [sizes.n_pairs, 1, 1],
                settings,
            },
        }
    }

    fn common(&self, sizes: &Sizes) -> Settings {
        Settings {
            n_rows: index(sizes.n_rows),
            n_pairs: index(sizes.n_pairs),
            n_heads: index(self.config.n_heads()),
            set_step: index(sizes.set_step),
            from_latent: u32::from(sizes.from_latent),
            ..Settings::default()
        }
    }

    fn features(&self, sizes: &Sizes, settings: Settings) -> Dispatch {
        let kernel = FlowKernel::Features;
        Dispatch {
            kernel,
            n_groups: [sizes.n_rows.div_ceil(kernel.n_threads()), 1, 1],
            settings: Settings {
                n_inputs: index(self.config.n_inputs()),
                input_vectors: index(slot_columns(&self.config, Slot::Input) / VECTOR),
                ..settings
            },
        }
    }

    fn linear(&self, operation: &Operation, sizes: &Sizes, settings: Settings) -> Dispatch {
        let Operation::Linear {
            from,
            n_inputs,
            n_outputs,
            activation,
            accumulates,
            ..
        } = *operation
        else {
            unreachable!("invariant: called for linear maps")
        };
        let [inputs, outputs] = [n_inputs, n_outputs].map(|n| padded(n) / VECTOR);
        let input_step = if from == Slot::Input {
            0
        } else {
            sizes.n_rows * inputs
        };
        let tile = self.tile;
        let tile = tile.unwrap_or_else(|| Tile::choose(sizes.n_rows, n_outputs, 2));
        Dispatch {
            kernel: FlowKernel::Linear(tile),
            n_groups: [
                sizes.n_rows.div_ceil(tile.side()),
                n_outputs.div_ceil(tile.side()),
                2,
            ],
            settings: Settings {
                n_inputs: index(n_inputs),
                n_outputs: index(n_outputs),
                input_vectors: index(inputs),
                output_vectors: index(outputs),
                input_step: index(input_step),
                output_step: index(sizes.n_rows * outputs),
                weight_step: index((n_inputs + 1) * outputs),
                bias_start: index(n_inputs * outputs),
                activation: activation as u32,
                accumulates: u32::from(accumulates),
                ..settings
            },
        }
    }

    fn mix(&self, sets: [usize; 2], sizes: &Sizes, settings: Settings) -> Dispatch {
        let (d, n_heads) = (self.config.d_model, self.config.n_heads());
        let (n_rows, vectors) = (sizes.longest * n_heads, padded(d) / VECTOR);
        let tile = self.tile;
        let tile = tile.unwrap_or_else(|| Tile::choose(n_rows, d, 2 * sizes.n_pairs));
        Dispatch {
            kernel: FlowKernel::Mix(tile),
            n_groups: [
                n_rows.div_ceil(tile.side()),
                d.div_ceil(tile.side()),
                2 * sizes.n_pairs,
            ],
            settings: Settings {
                input_vectors: index(vectors),
                input_step: index(sizes.n_rows * vectors),
                output_step: index(sizes.n_rows * n_heads * vectors),
                scale_set_0: index(sets[0]),
                scale_set_1: index(sets[1]),
                ..settings
            },
        }
    }

    fn layer_norm(&self, operation: &Operation, sizes: &Sizes, settings: Settings) -> Dispatch {
        let vectors = padded(self.config.d_model) / VECTOR;
        let along = sizes.n_rows.clamp(1, MOST_GROUPS);
        Dispatch {
            kernel: FlowKernel::LayerNorm,
            n_groups: [along, sizes.n_rows.div_ceil(along), 2],
            settings: Settings {
                n_outputs: index(self.config.d_model),
                output_vectors: index(vectors),
                output_step: index(sizes.n_rows * vectors),
                weight_step: index(n_values(&self.config, operation) / 2 / VECTOR),
                ..settings
            },
        }
    }
}
