//! The configuration of a Timewarp model: every size there is. Reads the file, builds nothing.

use super::error::TimewarpError;
use super::internal::coordinates::InternalCoordinates;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Sizes of a model, as they stand in its `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimewarpConfig {
    /// What atoms are told apart by; the order gives the indices. Symbols of elements, and for models of one molecule
    /// `RESIDUE:ATOM`, which goes before the element.
    pub element_vocabulary: Vec<String>,
    /// Length E of an element's embedding.
    pub atom_embedding_dim: usize,
    /// Widths of the hidden layers of the perceptrons before and after the encoder.
    pub mlp_hidden_dims: Vec<usize>,
    /// Affine coupling layers, positions and auxiliary variables by turns.
    pub num_coupling_layers: usize,
    /// Encoder layers of each atom transformer.
    pub num_transformer_layers: usize,
    /// Width D of the encoder.
    pub d_model: usize,
    /// Width of the feed-forward layer within an encoder layer.
    pub dim_feedforward: usize,
    /// Length scale of each attention head in nm.
    pub lengthscales_nm: Vec<f64>,
    /// Whether the auxiliary variables of x are left out of the condition (zeros in their place).
    pub ignore_conditional_velocity: bool,
    /// Coordinates that the flow works in instead of positions, for one molecule; the published models have none. Those of
    /// x then take the place of its auxiliary variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internal: Option<InternalCoordinates>,
}

impl TimewarpConfig {
    /// Attention heads H.
    #[must_use]
    pub fn n_heads(&self) -> usize {
        self.lengthscales_nm.len()
    }

    /// Inputs of an atom transformer an atom: embedding, centred x, auxiliaries of x, the other variable.
    #[must_use]
    pub fn n_inputs(&self) -> usize {
        self.atom_embedding_dim + 9
    }

    /// Index of an atom, by its residue and name or else by its element's symbol.
    #[must_use]
    pub fn element_index(&self, residue: &str, atom: &str, symbol: &str) -> Option<usize> {
        let index_of = |entry: &str| {
            let mut known = self.element_vocabulary.iter();
            known.position(|known| known == entry)
        };
        index_of(&format!("{residue}:{atom}")).or_else(|| index_of(symbol))
    }

    /// Checks that there is a model of these sizes.
    ///
    /// # Errors
    /// [`TimewarpError::Config`].
    pub fn check(&self) -> Result<(), TimewarpError> {
        let sizes = [
            ("atom_embedding_dim", self.atom_embedding_dim),
            ("num_coupling_layers", self.num_coupling_layers),
            ("d_model", self.d_model),
            ("dim_feedforward", self.dim_feedforward),
            ("element_vocabulary", self.element_vocabulary.len()),
            ("lengthscales_nm", self.lengthscales_nm.len()),
        ];
        let fault = |key, got: String, expected| TimewarpError::Config { key, got, expected };
        for (key, size) in sizes {
            if !(1..=1 << 20).contains(&size) {
                return Err(fault(
                    key,
                    size.to_string(),
                    "at least 1 and at most 1048576",
                ));
            }
        }
        if self.num_transformer_layers > 1 << 20 {
            let got = self.num_transformer_layers.to_string();
            return Err(fault("num_transformer_layers", got, "at most 1048576"));
        }
        if let Some(width) = self.mlp_hidden_dims.iter().find(|&&width| width == 0) {
            return Err(fault(
                "mlp_hidden_dims",
                width.to_string(),
                "widths of at least 1",
            ));
        }
        let odd = |scale: &&f64| !(**scale > 0.0 && scale.is_finite());
        if let Some(scale) = self.lengthscales_nm.iter().find(odd) {
            return Err(fault(
                "lengthscales_nm",
                scale.to_string(),
                "lengths over 0 nm",
            ));
        }
        let Some(coordinates) = &self.internal else {
            return Ok(());
        };
        if self.ignore_conditional_velocity {
            return Err(fault(
                "internal",
                "there, with `ignore_conditional_velocity: true`".to_owned(),
                "`ignore_conditional_velocity: false`: the coordinates of x take that place",
            ));
        }
        coordinates.check()
    }
}

/// Reads a `config.json`.
///
/// # Errors
/// [`TimewarpError::ConfigFile`] with line and column, or [`TimewarpError::Config`].
pub fn read_config(path: &Path) -> Result<TimewarpConfig, TimewarpError> {
    let fault = |reason: String| TimewarpError::ConfigFile {
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    let config: TimewarpConfig = serde_json::from_str(&text).map_err(|error| {
        fault(format!(
            "not a Timewarp model configuration: {error} (expected keys: element_vocabulary, atom_embedding_dim, mlp_hidden_dims, num_coupling_layers, num_transformer_layers, d_model, dim_feedforward, lengthscales_nm, ignore_conditional_velocity)"
        ))
    })?;
    config.check()?;
    Ok(config)
}
