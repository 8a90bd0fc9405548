//! What the JSON schema says of the flow's own settings, which know nothing of schemas. The compiler holds both together.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::flow::timewarp::{InternalCoordinates, OptimizerKind, TimewarpConfig};

/// Sizes of a model.
#[derive(Deserialize, JsonSchema)]
#[serde(remote = "TimewarpConfig", deny_unknown_fields)]
#[expect(dead_code, reason = "the schema is all that it is for")]
pub(crate) struct ModelSizes {
    /// Symbols of the elements, or `RESIDUE:ATOM` in models of one molecule; their order gives the indices.
    element_vocabulary: Vec<String>,
    /// Length of an element's embedding.
    atom_embedding_dim: usize,
    /// Widths of the hidden layers of the perceptrons before and after the encoder.
    mlp_hidden_dims: Vec<usize>,
    /// Affine coupling layers, positions and auxiliary variables by turns.
    num_coupling_layers: usize,
    /// Encoder layers of each atom transformer.
    num_transformer_layers: usize,
    /// Width of the encoder.
    d_model: usize,
    /// Width of the feed-forward layer within an encoder layer.
    dim_feedforward: usize,
    /// Length scale of each attention head in nm.
    lengthscales_nm: Vec<f64>,
    /// Whether the auxiliary variables of x are left out of the condition.
    ignore_conditional_velocity: bool,
    /// Fitted by the training, never written by hand.
    #[serde(skip)]
    internal: Option<InternalCoordinates>,
}

/// How a gradient becomes a step.
#[derive(Deserialize, JsonSchema)]
#[serde(remote = "OptimizerKind", rename_all = "lowercase")]
#[expect(dead_code, reason = "the schema is all that it is for")]
pub(crate) enum OptimizerName {
    /// Every parameter by its own moments.
    Adam,
    /// The same, each tensor's step in proportion to the tensor's norm.
    Lamb,
}
