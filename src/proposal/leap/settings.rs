//! Settings of `torsion_leap`, and the model that they name: one that ships, or a file.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::builtin_leap_model;
use super::proposal::{LeapError, TorsionLeapProposal};
use super::site::LeapBlock;
use super::tune::TunedLeapProposal;
use crate::flow::torsion::{LeapModel, ModelCard};
use crate::proposal::contract::Proposal;
use crate::proposal::entry::{
    Crosses, EntryChecks, EntryContext, EntryError, ProposalSettings, Settings,
};
use crate::topology::Topology;

/// Name of the models that the program carries.
pub const BUILTIN_MODEL: &str = "builtin";

/// How far in K a temperature may lie outside of those trained on before that earns a warning.
const MARGIN_KELVIN: f64 = 15.0;

const MODEL_HELP: &str = "give the path of a file that `saltus train` wrote, relative to this file, or write `model: builtin`";

/// Settings of `torsion_leap`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TorsionLeapSettings {
    /// `builtin`, or the path of a model that `saltus train` wrote, relative to this file.
    pub model: String,
    /// What is drawn anew; a mixture of the first three where the key is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<LeapBlock>,
    /// Whether the model goes on learning, from the replicas while they equilibrate; frozen after that.
    pub fine_tune: bool,
    /// Leaps a cycle.
    pub repeats: u64,
}

impl Default for TorsionLeapSettings {
    fn default() -> Self {
        Self {
            model: BUILTIN_MODEL.to_owned(),
            block: None,
            fine_tune: false,
            repeats: 1,
        }
    }
}

impl TorsionLeapSettings {
    /// The leaps without fine tuning.
    ///
    /// # Errors
    /// [`LeapError`]: nothing can turn, or a model of other inputs.
    pub fn plain(
        &self,
        topology: &Topology,
        model: &LeapModel,
    ) -> Result<TorsionLeapProposal, LeapError> {
        TorsionLeapProposal::new(topology, model, self.block)
    }
}

impl Settings for TorsionLeapSettings {
    const NAME: &'static str = "torsion_leap";
    const ABOUT: &'static str = "Torsions drawn from a density that a trained network gives for their surroundings. Exact, not ergodic by itself.";
}

impl ProposalSettings for TorsionLeapSettings {
    fn repeats(&self) -> u64 {
        self.repeats
    }

    fn check(&self, checks: &mut EntryChecks<'_>) {
        if self.fine_tune && checks.equilibration_cycles == 0 {
            checks.fault(
                "fine_tune",
                "the model learns while the replicas equilibrate, but `run.equilibration_cycles` is 0",
                "equilibrate for some hundred cycles, or leave `fine_tune` out",
            );
        }
    }

    fn crosses(&self) -> Crosses {
        Crosses {
            torsions: true,
            ..Crosses::default()
        }
    }

    fn proposal(&self, context: &EntryContext<'_>) -> Result<Box<dyn Proposal>, EntryError> {
        let model = leap_model(&self.model, context)?;
        warn_of_other_physics(context, &model.card);
        if self.fine_tune {
            let (block, period) = (self.block, self.repeats);
            let tuned =
                TunedLeapProposal::new(context.topology, model, block, period, context.seed());
            let tuned = tuned.map_err(EntryError::of)?;
            warn_of_fallback(tuned.leap());
            return Ok(Box::new(tuned));
        }
        let plain = self
            .plain(context.topology, &model)
            .map_err(EntryError::of)?;
        warn_of_fallback(&plain);
        Ok(Box::new(plain))
    }
}

fn warn_of_fallback(proposal: &TorsionLeapProposal) {
    if !proposal.fallback_residues().is_empty() {
        log::warn!(
            "`torsion_leap`: the model does not know {}: `adaptive_torsion` draws their torsions and learns them during equilibration",
            proposal.fallback_residues().join(", ")
        );
    }
}

/// The model that `model` names: one that ships, or a file.
///
/// # Errors
/// [`EntryError`] at the key `model`.
pub fn leap_model(name: &str, context: &EntryContext<'_>) -> Result<LeapModel, EntryError> {
    if name == BUILTIN_MODEL {
        return Ok(builtin_leap_model(&context.force_field, &context.solvent));
    }
    read_leap_model(&(context.resolve)(Path::new(name)))
        .map_err(|error| EntryError::at("model", error, MODEL_HELP))
}

/// A model from its file.
///
/// # Errors
/// A message that names the file.
pub fn read_leap_model(file: &Path) -> Result<LeapModel, String> {
    let bytes = std::fs::read(file)
        .map_err(|error| format!("cannot read the model {}: {error}", file.display()))?;
    LeapModel::from_bytes(&bytes)
        .map_err(|error| format!("the model {} is unusable: {error}", file.display()))
}

/// A model of other physics is exact all the same, only slower.
pub fn warn_of_other_physics(context: &EntryContext<'_>, card: &ModelCard) {
    let own = [&context.force_field, &context.solvent];
    let trained = [&card.force_field, &card.solvent];
    if own != trained {
        log::warn!(
            "`torsion_leap`: its model was trained on {} with {}, this run has {} with {}: exact all the same, but fewer leaps are accepted",
            trained[0],
            trained[1],
            own[0],
            own[1]
        );
    }
    let [low, high] = [
        card.temperatures_kelvin.first(),
        card.temperatures_kelvin.last(),
    ];
    if let (Some(low), Some(high)) = (low, high) {
        let outside =
            |kelvin: &&f64| **kelvin < low - MARGIN_KELVIN || **kelvin > high + MARGIN_KELVIN;
        if let Some(kelvin) = context.temperatures_kelvin.iter().find(outside) {
            log::warn!(
                "`torsion_leap`: its model was trained from {low} to {high} K, this run has {kelvin:.0} K: exact all the same, but fewer leaps are accepted there"
            );
        }
    }
}
