//! A trained model as a file: safetensors with a card that says what it was trained on. Trains nothing.

use std::collections::HashMap;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use super::head::Head;
use super::mixture::MixtureShape;
use super::network::Network;
use crate::flow::Dense;

/// Version of the file and of the features that the networks take.
const VERSION: u32 = 1;

/// What a model is and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// Version of the file format and the features.
    pub version: u32,
    /// Force field of the training data, as input files name it.
    pub force_field: String,
    /// Solvent model of the training data, as input files name it.
    pub solvent: String,
    /// Temperatures of the training data in K, lowest first.
    pub temperatures_kelvin: Vec<f64>,
    /// Sequences that the weights were fitted to.
    pub trained_on: Vec<String>,
    /// Sequences that only chose when to stop.
    pub validated_on: Vec<String>,
    /// Configurations a sequence, settings, seeds, losses.
    pub training: serde_json::Value,
    /// Licence of the weights.
    pub licence: String,
}

impl ModelCard {
    /// Version that this program writes and reads.
    #[must_use]
    pub fn current_version() -> u32 {
        VERSION
    }
}

/// Densities of a residue's backbone and of its side chain.
#[derive(Debug, Clone, PartialEq)]
pub struct LeapModel {
    /// What it is.
    pub card: ModelCard,
    /// (phi, psi).
    pub backbone: Head,
    /// One chi.
    pub side_chain: Head,
}

/// A file that is no model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WeightsError {
    /// Not a safetensors file, or cut short.
    #[error(
        "it is damaged or no safetensors file ({reason}); train the model again with `saltus train`, or take `model: builtin`"
    )]
    Unreadable {
        /// The reader's words.
        reason: String,
    },
    /// A safetensors file of something else.
    #[error(
        "it has no card of a torsion-leap model ({reason}); give a file that `saltus train` wrote, or `model: builtin`"
    )]
    NoCard {
        /// What is wrong.
        reason: String,
    },
    /// Another version.
    #[error(
        "its version is {got}, this program reads {expected}; train it again with `saltus train`, or take `model: builtin`"
    )]
    Version {
        /// The file's.
        got: u32,
        /// The program's.
        expected: u32,
    },
    /// A tensor is missing or has the wrong shape.
    #[error("its tensor `{name}` {reason}; train the model again with `saltus train`")]
    Tensor {
        /// Name of the tensor.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// NaN or infinite weights.
    #[error(
        "its tensor `{name}` holds values that are not finite: training diverged; train again with a smaller `learning_rate`"
    )]
    NotFinite {
        /// Name of the tensor.
        name: String,
    },
}

const HEADS: [&str; 2] = ["backbone", "side_chain"];

impl LeapModel {
    /// The model as the bytes of a file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut tensors = Vec::new();
        for (name, head) in HEADS.into_iter().zip([&self.backbone, &self.side_chain]) {
            add_head(name, head, &mut tensors);
        }
        let views = tensors.iter().map(|(name, shape, bytes)| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes)
                .expect("invariant: shapes follow from lengths");
            (name.clone(), view)
        });
        let card = serde_json::to_string(&self.card).expect("invariant: a card is plain data");
        let header = HashMap::from([("card".to_owned(), card)]);
        safetensors::serialize(views, Some(header)).expect("invariant: tensors have distinct names")
    }

    /// Reads what [`LeapModel::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`WeightsError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeightsError> {
        let unreadable = |error: safetensors::SafeTensorError| WeightsError::Unreadable {
            reason: error.to_string(),
        };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(unreadable)?;
        let no_card = |reason: String| WeightsError::NoCard { reason };
        let entries = header.metadata().clone().unwrap_or_default();
        let card = entries
            .get("card")
            .ok_or_else(|| no_card("no entry `card`".to_owned()))?;
        let value: serde_json::Value =
            serde_json::from_str(card).map_err(|error| no_card(error.to_string()))?;
        // The version comes first: the rest of another version's card may look different.
        let version = value["version"]
            .as_u64()
            .and_then(|version| u32::try_from(version).ok());
        let got = version.ok_or_else(|| no_card("no version".to_owned()))?;
        if got != VERSION {
            return Err(WeightsError::Version {
                got,
                expected: VERSION,
            });
        }
        let card = serde_json::from_value(value).map_err(|error| no_card(error.to_string()))?;
        let tensors = SafeTensors::deserialize(bytes).map_err(unreadable)?;
        Ok(Self {
            card,
            backbone: read_head(HEADS[0], 2, &tensors)?,
            side_chain: read_head(HEADS[1], 1, &tensors)?,
        })
    }
}

type NamedTensor = (String, Vec<usize>, Vec<u8>);

fn add_head(name: &str, head: &Head, tensors: &mut Vec<NamedTensor>) {
    let mut add = |what: String, shape: Vec<usize>, values: &[f32]| {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        tensors.push((format!("{name}.{what}"), shape, bytes));
    };
    add("mean".to_owned(), vec![head.mean.len()], &head.mean);
    add("scale".to_owned(), vec![head.scale.len()], &head.scale);
    for (index, layer) in head.network.layers.iter().enumerate() {
        let shape = vec![layer.n_out, layer.n_in];
        add(format!("layer{index}.weight"), shape, &layer.weights);
        add(format!("layer{index}.bias"), vec![layer.n_out], &layer.bias);
    }
}

fn read_head(name: &str, n_angles: usize, tensors: &SafeTensors<'_>) -> Result<Head, WeightsError> {
    let vector = |what: &str| tensor(tensors, &format!("{name}.{what}"), 1);
    let (mean, scale) = (vector("mean")?.1, vector("scale")?.1);
    let mut layers: Vec<Dense> = Vec::new();
    loop {
        let weight = format!("{name}.layer{}.weight", layers.len());
        if layers.len() >= 2 && tensors.tensor(&weight).is_err() {
            break;
        }
        let (shape, weights) = tensor(tensors, &weight, 2)?;
        let bias = vector(&format!("layer{}.bias", layers.len()))?.1;
        let n_before = layers.last().map_or(shape[1], |layer| layer.n_out);
        if bias.len() != shape[0] || shape[1] != n_before {
            return Err(WeightsError::Tensor {
                reason: format!("has the shape {shape:?}, which does not fit the layers beside it"),
                name: weight,
            });
        }
        layers.push(Dense {
            n_in: shape[1],
            n_out: shape[0],
            weights,
            bias,
        });
    }
    let network = Network { layers };
    let per_component = if n_angles == 1 { 3 } else { 6 };
    if scale.len() != mean.len()
        || mean.len() > network.n_in()
        || !network.n_out().is_multiple_of(per_component)
    {
        return Err(WeightsError::Tensor {
            name: format!("{name}.mean"),
            reason: format!("has {} values, which does not fit the network", mean.len()),
        });
    }
    let n_components = network.n_out() / per_component;
    Ok(Head {
        mean,
        scale,
        network,
        shape: MixtureShape {
            n_components,
            n_angles,
        },
    })
}

fn tensor(
    tensors: &SafeTensors<'_>,
    name: &str,
    rank: usize,
) -> Result<(Vec<usize>, Vec<f32>), WeightsError> {
    let fault = |reason: String| WeightsError::Tensor {
        name: name.to_owned(),
        reason,
    };
    let view = tensors
        .tensor(name)
        .map_err(|_| fault("is missing".to_owned()))?;
    if view.dtype() != Dtype::F32 || view.shape().len() != rank {
        return Err(fault(format!(
            "is {:?} {:?}, expected f32 of rank {rank}",
            view.dtype(),
            view.shape()
        )));
    }
    let words = view.data().as_chunks().0.iter();
    let values: Vec<f32> = words.map(|word| f32::from_le_bytes(*word)).collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Err(WeightsError::NotFinite {
            name: name.to_owned(),
        });
    }
    Ok((view.shape().to_vec(), values))
}
