//! A trained model as a file: safetensors with a card that says what it was trained on.

use std::collections::HashMap;

use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use super::head::Head;
use super::tensors::{head_tensors, read_head};
use crate::flow::nn::tensors::to_bytes;
use crate::flow::nn::weights_error::WeightsError;

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
    /// Sequences among these that transferable models are tested on: with any, figures on test peptides mean nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub test_peptides: Vec<String>,
    /// The model that training went on from, if there was one; what it had seen is listed above too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fine_tuned_from: Option<FineTunedFrom>,
    /// Configurations a sequence, settings, seeds, losses.
    pub training: serde_json::Value,
    /// Licence of the weights.
    pub licence: String,
}

/// The model that another one was fine-tuned from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FineTunedFrom {
    /// `builtin`, or its file.
    pub model: String,
    /// Digest of its bytes.
    pub blake3: String,
    /// Force field that it was trained on.
    pub force_field: String,
    /// Solvent that it was trained on.
    pub solvent: String,
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

const HEADS: [&str; 2] = ["backbone", "side_chain"];

impl LeapModel {
    /// The model as the bytes of a file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut tensors = head_tensors(HEADS[0], &self.backbone);
        tensors.extend(head_tensors(HEADS[1], &self.side_chain));
        let card = serde_json::to_string(&self.card).expect("invariant: a card is plain data");
        to_bytes(&tensors, HashMap::from([("card".to_owned(), card)]))
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
