//! A coupling layer as a list of operations on named matrices: plain data, made from the sizes of the model.

use crate::flow::timewarp::{EncoderLayout, Layout, LinearLayout, NormLayout, TimewarpConfig};

/// A matrix on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    /// `[n_rows, E + 9]`, the same for both networks.
    Input,
    /// `[2, n_rows, widest]`: the layers within perceptrons and feed-forward layers.
    Hidden,
    /// The same, for perceptrons of several hidden layers.
    OtherHidden,
    /// `[2, n_rows, D]`: what the encoder layers change.
    Rows,
    /// `[2, n_rows, H, D]`: sums over neighbours.
    Mixed,
    /// `[2, n_rows, 3]`: ln s and t.
    Outputs,
}

/// What follows a linear map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    None = 0,
    /// x / (1 + exp(-x)).
    Silu = 1,
    /// max(x, 0).
    Relu = 2,
}

/// Where the weights of an operation come from, scale's network and shift's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// W `[n_outputs, n_inputs]` and b.
    Linear([LinearLayout; 2]),
    /// M of the attention of encoder layer `encoder` of coupling layer `coupling`.
    Attention {
        /// Which coupling layer.
        coupling: usize,
        /// Which encoder layer.
        encoder: usize,
    },
    /// Scales and shifts.
    Norm([NormLayout; 2]),
}

/// One dispatch within a coupling layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Makes the networks' input.
    Features,
    /// A linear map, with what follows it.
    Linear {
        /// Weights.
        source: Source,
        /// Input.
        from: Slot,
        /// Output.
        to: Slot,
        /// Columns of the input, those counted that fill up every head's.
        n_inputs: usize,
        /// Columns of the output.
        n_outputs: usize,
        /// What follows.
        activation: Activation,
        /// Whether the output keeps what it holds.
        accumulates: bool,
    },
    /// Sums over neighbours.
    Mix {
        /// Which encoder layer.
        encoder: usize,
    },
    /// Layer norm.
    LayerNorm {
        /// Weights.
        source: Source,
    },
    /// Affine coupling.
    Affine,
}

impl Operation {
    /// Where its weights come from, if it has any.
    #[must_use]
    pub fn source(&self) -> Option<Source> {
        match self {
            Self::Linear { source, .. } | Self::LayerNorm { source } => Some(*source),
            Self::Features | Self::Mix { .. } | Self::Affine => None,
        }
    }
}

/// Numbers in steps of which rows lie.
pub(super) const VECTOR: usize = 4;

/// Columns with what fills them up.
#[must_use]
pub fn padded(n_columns: usize) -> usize {
    n_columns.next_multiple_of(VECTOR)
}

/// Columns of a matrix, filled up.
#[must_use]
pub fn slot_columns(config: &TimewarpConfig, slot: Slot) -> usize {
    let perceptron = config.mlp_hidden_dims.iter().copied().max().unwrap_or(0);
    match slot {
        Slot::Input => padded(config.n_inputs()),
        Slot::Hidden => padded(perceptron.max(config.dim_feedforward)),
        Slot::OtherHidden if config.mlp_hidden_dims.len() < 2 => VECTOR,
        Slot::OtherHidden => padded(perceptron),
        Slot::Rows => padded(config.d_model),
        Slot::Mixed => padded(config.d_model) * config.n_heads(),
        Slot::Outputs => VECTOR,
    }
}

/// The operations of one coupling layer, in their order.
#[must_use]
pub fn operations(config: &TimewarpConfig, layout: &Layout, coupling: usize) -> Vec<Operation> {
    let networks = &layout.couplings[coupling];
    let mut operations = vec![Operation::Features];
    let mlp = |networks: [&[LinearLayout]; 2], from, to| perceptron(networks, from, to);
    operations.extend(mlp(
        networks.each_ref().map(|n| n.in_mlp.as_slice()),
        Slot::Input,
        Slot::Rows,
    ));
    for encoder in 0..config.num_transformer_layers {
        let layers = networks.each_ref().map(|n| &n.encoders[encoder]);
        operations.extend(encoder_operations(config, layers, coupling, encoder));
    }
    operations.extend(mlp(
        networks.each_ref().map(|n| n.out_mlp.as_slice()),
        Slot::Rows,
        Slot::Outputs,
    ));
    operations.push(Operation::Affine);
    operations
}

fn perceptron(networks: [&[LinearLayout]; 2], from: Slot, to: Slot) -> Vec<Operation> {
    let n_layers = networks[0].len();
    let place = |index: usize| match index {
        0 => from,
        _ if index == n_layers => to,
        _ if index % 2 == 1 => Slot::Hidden,
        _ => Slot::OtherHidden,
    };
    (0..n_layers)
        .map(|index| {
            let layers = networks.map(|layers| layers[index]);
            let activation = if index + 1 < n_layers {
                Activation::Silu
            } else {
                Activation::None
            };
            linear(layers, [place(index), place(index + 1)], activation, false)
        })
        .collect()
}

fn linear(
    layers: [LinearLayout; 2],
    [from, to]: [Slot; 2],
    activation: Activation,
    accumulates: bool,
) -> Operation {
    Operation::Linear {
        source: Source::Linear(layers),
        from,
        to,
        n_inputs: layers[0].n_inputs,
        n_outputs: layers[0].n_outputs,
        activation,
        accumulates,
    }
}

fn encoder_operations(
    config: &TimewarpConfig,
    layers: [&EncoderLayout; 2],
    coupling: usize,
    encoder: usize,
) -> [Operation; 6] {
    [
        Operation::Mix { encoder },
        Operation::Linear {
            source: Source::Attention { coupling, encoder },
            from: Slot::Mixed,
            to: Slot::Rows,
            n_inputs: slot_columns(config, Slot::Mixed),
            n_outputs: config.d_model,
            activation: Activation::None,
            accumulates: true,
        },
        Operation::LayerNorm {
            source: Source::Norm(layers.map(|layer| layer.norm_1)),
        },
        linear(
            layers.map(|layer| layer.expand),
            [Slot::Rows, Slot::Hidden],
            Activation::Relu,
            false,
        ),
        linear(
            layers.map(|layer| layer.contract),
            [Slot::Hidden, Slot::Rows],
            Activation::None,
            true,
        ),
        Operation::LayerNorm {
            source: Source::Norm(layers.map(|layer| layer.norm_2)),
        },
    ]
}
