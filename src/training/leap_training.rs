//! What the training of a `torsion_leap` model depends on, and what it tells while it runs.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::acceptance::AcceptanceSettings;
use super::dataset::Part;
use super::fit::{FitSettings, Progress};
use super::sampling::SamplingSettings;
use crate::flow::torsion::{Head, LeapModel};

/// Everything that training depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct LeapTraining {
    /// Force field, as input files name it.
    pub force_field_name: String,
    /// Solvent, as input files name it.
    pub solvent_name: String,
    /// Where sampled peptides are kept.
    pub directory: PathBuf,
    /// Peptides to learn from, residue names joined by hyphens; none stands for [`LeapTraining::n_peptides`] random ones.
    pub sequences: Vec<String>,
    /// How many random peptides are learned from.
    pub n_peptides: usize,
    /// How each is sampled; its seed is that of the list of peptides too.
    pub sampling: SamplingSettings,
    /// The model that training goes on from, if it does not begin with random networks.
    pub start_from: Option<Origin>,
    /// How the network of (phi, psi) is fitted.
    pub backbone: FitSettings,
    /// How the network of chi is fitted.
    pub side_chain: FitSettings,
    /// How the acceptance of leaps of (phi, psi) is raised after the fits, if it is.
    pub acceptance: Option<AcceptanceSettings>,
    /// File of the fits in progress, for a run that goes on where another was stopped; gone when the model is there.
    pub checkpoint: PathBuf,
    /// Time between two checkpoints.
    pub checkpoint_period: Duration,
}

/// A trained model to go on from.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// `builtin`, or its file.
    pub name: String,
    /// The model.
    pub model: LeapModel,
}

impl Origin {
    pub(super) fn head(&self, part: Part) -> &Head {
        match part {
            Part::Backbone => &self.model.backbone,
            Part::SideChain => &self.model.side_chain,
        }
    }

    pub(super) fn blake3(&self) -> String {
        blake3::hash(&self.model.to_bytes()).to_hex().to_string()
    }
}

impl LeapTraining {
    pub(super) fn fit_settings(&self, part: Part) -> FitSettings {
        match part {
            Part::Backbone => self.backbone,
            Part::SideChain => self.side_chain,
        }
    }

    /// Force field, solvent and temperatures in words.
    pub(super) fn physics(&self) -> String {
        let kelvins = self.sampling.temperatures_kelvin.iter();
        let kelvins: Vec<String> = kelvins.map(ToString::to_string).collect();
        format!(
            "{} in {} at {} K",
            self.force_field_name,
            self.solvent_name,
            kelvins.join(", ")
        )
    }

    /// What a checkpoint must agree with, as far as it is known before sampling.
    pub(super) fn identity(&self) -> Value {
        // The number of threads changes no bit.
        let sampling = SamplingSettings {
            threads: 0,
            ..self.sampling.clone()
        };
        json!({
            "physics": self.physics(),
            "sampling": format!("{sampling:?}"),
            "fine-tune": self.start_from.as_ref().map(Origin::blake3),
            "backbone": self.backbone,
            "side_chain": self.side_chain,
        })
    }
}

/// What there is to tell while training runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LeapEvent<'a> {
    /// A peptide is there, sampled now or before.
    Sampled {
        /// Number of peptides that are there.
        done: usize,
        /// Of how many.
        of: usize,
        /// The sequence.
        sequence: &'a str,
    },
    /// A network took a step.
    Stepped {
        /// Which one.
        part: Part,
        /// Steps that it took.
        n_steps: u64,
    },
    /// A step up the acceptance was taken.
    Raised {
        /// How many were taken before it.
        n_steps: u64,
    },
    /// A network took a step and was validated.
    Fitted {
        /// Which one.
        part: Part,
        /// What was found.
        progress: Progress,
    },
}
