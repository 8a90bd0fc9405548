//! Where every tensor of a model lies in one flat array of parameters, under the published names.

use crate::flow::timewarp::config::TimewarpConfig;
use std::ops::Range;

/// One tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// Published name.
    pub name: String,
    /// Its shape, row-major.
    pub shape: Vec<usize>,
    /// Where it begins.
    pub start: usize,
    /// Whether training changes it.
    pub is_trained: bool,
}

impl TensorSpec {
    /// Where it lies.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.shape.iter().product::<usize>()
    }
}

/// y = W x + b with W `[n_outputs, n_inputs]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinearLayout {
    /// Where W begins.
    pub weight_start: usize,
    /// Where b begins.
    pub bias_start: usize,
    /// Length of x.
    pub n_inputs: usize,
    /// Length of y.
    pub n_outputs: usize,
}

/// Scale and shift of a layer norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NormLayout {
    /// Where the scales begin.
    pub weight_start: usize,
    /// Where the shifts begin.
    pub bias_start: usize,
}

/// One encoder layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncoderLayout {
    /// Where V `[n_heads * D, D]` begins.
    pub values_start: usize,
    /// Where W_O `[D, n_heads * D]` begins.
    pub projection_start: usize,
    /// Where the length scales `[n_heads]` begin.
    pub lengthscales_start: usize,
    /// D to the feed-forward width.
    pub expand: LinearLayout,
    /// Back to D.
    pub contract: LinearLayout,
    /// After attention.
    pub norm_1: NormLayout,
    /// After the feed-forward layer.
    pub norm_2: NormLayout,
}

/// One atom transformer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkLayout {
    /// All its parameters.
    pub range: Range<usize>,
    /// Inputs to D.
    pub in_mlp: Vec<LinearLayout>,
    /// The encoder.
    pub encoders: Vec<EncoderLayout>,
    /// D to 3.
    pub out_mlp: Vec<LinearLayout>,
}

/// All tensors of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Every tensor, without gaps.
    pub tensors: Vec<TensorSpec>,
    /// Where the embedding `[n_elements, E]` begins.
    pub embedding_start: usize,
    /// Scale and shift transformer of every coupling layer.
    pub couplings: Vec<[NetworkLayout; 2]>,
    /// Where the logarithms of the base's standard deviations are: positions, auxiliaries.
    pub base_starts: [usize; 2],
    /// Number of parameters.
    pub n_parameters: usize,
}

impl Layout {
    /// Lays out a model.
    #[must_use]
    pub fn new(config: &TimewarpConfig) -> Self {
        let mut build = Build {
            config,
            tensors: Vec::new(),
            end: 0,
        };
        let shape = [config.element_vocabulary.len(), config.atom_embedding_dim];
        let embedding_start = build.tensor("flow.atom_embedder.weight".to_owned(), &shape);
        let couplings = (0..config.num_coupling_layers)
            .map(|index| {
                ["scale", "shift"]
                    .map(|kind| build.network(&format!("flow.chain.{index}.{kind}_transformer")))
            })
            .collect();
        let base_starts = ["coords", "velocs"]
            .map(|variable| build.tensor(format!("{variable}_prior_log_scale"), &[]));
        Self {
            tensors: build.tensors,
            embedding_start,
            couplings,
            base_starts,
            n_parameters: build.end,
        }
    }

    /// The tensor at a place of the flat array.
    #[must_use]
    pub fn tensor_at(&self, start: usize) -> &TensorSpec {
        let after = self.tensors.partition_point(|tensor| tensor.start <= start);
        &self.tensors[after - 1]
    }
}

struct Build<'a> {
    config: &'a TimewarpConfig,
    tensors: Vec<TensorSpec>,
    end: usize,
}

impl Build<'_> {
    fn tensor(&mut self, name: String, shape: &[usize]) -> usize {
        let start = self.end;
        self.tensors.push(TensorSpec {
            is_trained: !name.ends_with("lengthscales"),
            name,
            shape: shape.to_vec(),
            start,
        });
        self.end += shape.iter().product::<usize>();
        start
    }

    fn linear(&mut self, name: &str, n_inputs: usize, n_outputs: usize) -> LinearLayout {
        LinearLayout {
            weight_start: self.tensor(format!("{name}.weight"), &[n_outputs, n_inputs]),
            bias_start: self.tensor(format!("{name}.bias"), &[n_outputs]),
            n_inputs,
            n_outputs,
        }
    }

    fn norm(&mut self, name: &str) -> NormLayout {
        let width = self.config.d_model;
        NormLayout {
            weight_start: self.tensor(format!("{name}.weight"), &[width]),
            bias_start: self.tensor(format!("{name}.bias"), &[width]),
        }
    }

    /// Every second place of the published list of layers is an activation.
    fn mlp(&mut self, name: &str, n_inputs: usize, n_outputs: usize) -> Vec<LinearLayout> {
        let mut widths = vec![n_inputs];
        widths.extend(&self.config.mlp_hidden_dims);
        widths.push(n_outputs);
        let pairs = widths.windows(2).enumerate();
        pairs
            .map(|(index, pair)| {
                self.linear(&format!("{name}._layers.{}", 2 * index), pair[0], pair[1])
            })
            .collect()
    }

    fn encoder(&mut self, name: &str) -> EncoderLayout {
        let (d, n_heads) = (self.config.d_model, self.config.n_heads());
        let attention = format!("{name}.self_attn.attention");
        let values = format!("{name}.self_attn.values_proj.weight");
        EncoderLayout {
            values_start: self.tensor(values, &[n_heads * d, d]),
            projection_start: self.tensor(
                format!("{attention}._out_projection.weight"),
                &[d, n_heads * d],
            ),
            lengthscales_start: self.tensor(format!("{attention}.lengthscales"), &[n_heads]),
            expand: self.linear(&format!("{name}.linear1"), d, self.config.dim_feedforward),
            contract: self.linear(&format!("{name}.linear2"), self.config.dim_feedforward, d),
            norm_1: self.norm(&format!("{name}.norm1")),
            norm_2: self.norm(&format!("{name}.norm2")),
        }
    }

    fn network(&mut self, name: &str) -> NetworkLayout {
        let (start, d) = (self.end, self.config.d_model);
        let in_mlp = self.mlp(&format!("{name}.in_mlp"), self.config.n_inputs(), d);
        let encoders = (0..self.config.num_transformer_layers)
            .map(|index| self.encoder(&format!("{name}.encoder_layers.{index}")))
            .collect();
        let out_mlp = self.mlp(&format!("{name}.out_mlp"), d, 3);
        NetworkLayout {
            range: start..self.end,
            in_mlp,
            encoders,
            out_mlp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of parameters of the published models, from the sizes of their files.
    #[test]
    fn published_models_have_their_numbers_of_parameters() {
        let config = |couplings, encoders, embedding, hidden| TimewarpConfig {
            element_vocabulary: ["C", "H", "N", "O", "S"].map(str::to_owned).to_vec(),
            atom_embedding_dim: embedding,
            mlp_hidden_dims: vec![hidden],
            num_coupling_layers: couplings,
            num_transformer_layers: encoders,
            d_model: 128,
            dim_feedforward: 2048,
            lengthscales_nm: vec![0.1, 0.2, 0.5, 0.7, 1.0, 1.2],
            ignore_conditional_velocity: true,
            internal: None,
        };
        for (config, trained) in [
            (config(12, 6, 64, 256), 106_251_658),
            (config(16, 16, 128, 2048), 396_563_170),
            (config(8, 3, 32, 256), 35_971_282),
        ] {
            let layout = Layout::new(&config);
            let lengthscales = 6 * 2 * config.num_coupling_layers * config.num_transformer_layers;
            assert_eq!(layout.n_parameters - lengthscales, trained);
        }
    }
}
