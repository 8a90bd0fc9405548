//! Settings of `timewarp`, and its proposal with the model that they name.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize};

use super::proposal::TimewarpProposal;
use crate::flow::timewarp::load_model;
use crate::proposal::entry::{EntryChecks, EntryContext, EntryError, Settings};

/// Settings of `timewarp`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimewarpSettings {
    /// Weights in safetensors form, relative to the folder of the YAML file.
    pub model: PathBuf,
    /// Sizes of the model, JSON; needed where neither the weights nor a file beside them have them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<PathBuf>,
    /// Proposals evaluated together for one replica: a number, or `adaptive`. A matter of speed: the chain is the same.
    #[serde(default)]
    pub proposals: AheadSetting,
    /// Proposals tested a cycle and replica, one after another.
    #[serde(default = "default_repeats")]
    pub repeats: u64,
    /// `exact`, or `exploration`: no sampling, but a search for structures.
    #[serde(default)]
    pub mode: TimewarpMode,
    /// Rise of the energy in kJ/mol above which `exploration` turns a jump down; 300 where the key is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_climb_kj_per_mol: Option<f64>,
}

/// What becomes of a proposal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimewarpMode {
    /// It goes through the Metropolis-Hastings test.
    #[default]
    Exact,
    /// It is taken unless the energy rises too far or a stereocentre flips. Not the Boltzmann distribution.
    Exploration,
}

/// How many proposals are evaluated together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum AheadSetting {
    /// So many.
    Count(usize),
    /// So many that one is likely to be accepted, found during equilibration.
    #[default]
    #[serde(serialize_with = "adaptive_word")]
    #[schemars(with = "AdaptiveWord")]
    Adaptive,
}

/// The word for the schema.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum AdaptiveWord {
    Adaptive,
}

fn adaptive_word<S: serde::Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    AdaptiveWord::Adaptive.serialize(serializer)
}

// Written out because `#[serde(untagged)]` loses the line number and says "did not match any variant".
impl<'de> Deserialize<'de> for AheadSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CountOrWord;
        impl Visitor<'_> for CountOrWord {
            type Value = AheadSetting;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number of proposals, or `adaptive`")
            }

            fn visit_u64<E: Error>(self, count: u64) -> Result<AheadSetting, E> {
                usize::try_from(count)
                    .map(AheadSetting::Count)
                    .map_err(E::custom)
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<AheadSetting, E> {
                match word {
                    "adaptive" => Ok(AheadSetting::Adaptive),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
                }
            }
        }
        deserializer.deserialize_any(CountOrWord)
    }
}

fn default_repeats() -> u64 {
    20
}

/// Rise of the energy in kJ/mol above which exploration turns a jump down, where the input names none.
const MAX_CLIMB_KJ_PER_MOL: f64 = 300.0;

impl Settings for TimewarpSettings {
    const NAME: &'static str = "timewarp";
    const ABOUT: &'static str =
        "Jumps drawn from a conditional flow on Cartesian coordinates. Exact in its mode `exact`.";
}

impl TimewarpSettings {
    /// Rise of the energy in kJ/mol above which exploration turns a jump down.
    #[must_use]
    pub fn max_climb(&self) -> f64 {
        self.max_climb_kj_per_mol.unwrap_or(MAX_CLIMB_KJ_PER_MOL)
    }

    /// Loads the model and brings it to the device of the run.
    ///
    /// # Errors
    /// [`EntryError`] at the key `model` for weights that cannot be loaded or do not know the molecule's elements.
    pub fn proposal(&self, context: &EntryContext<'_>) -> Result<TimewarpProposal, EntryError> {
        let fault = |problem: String| EntryError::at("model", problem, "");
        let weights = (context.resolve)(&self.model);
        let config = self.config.as_ref().map(|config| (context.resolve)(config));
        let model = load_model(&weights, config.as_deref()).map_err(|e| fault(e.to_string()))?;
        let flow = (context.timewarp_flow)(model).map_err(fault)?;
        log::info!("Timewarp flow: {}", flow.description());
        TimewarpProposal::new(Arc::from(flow), context.topology).map_err(|e| fault(e.to_string()))
    }

    /// Reports values that no molecule allows.
    pub fn check(&self, checks: &mut EntryChecks<'_>) {
        checks.repeats(self.repeats);
        checks.flexible_bonds();
        let files = [Some(&self.model), self.config.as_ref()];
        for (key, file) in ["model", "config"].into_iter().zip(files) {
            let file = file.map(|file| (checks.resolve)(file));
            if let Some(file) = file.filter(|file| !file.is_file()) {
                checks.fault(
                    key,
                    &format!("there is no file {}", file.display()),
                    "give a path relative to the folder of the YAML file, or an absolute one",
                );
            }
        }
        if self.proposals == AheadSetting::Count(0) {
            checks.fault(
                "proposals",
                "got 0, expected at least 1",
                "write `adaptive`, or a number such as 16",
            );
        }
        let Some(climb) = self.max_climb_kj_per_mol else {
            return;
        };
        if self.mode == TimewarpMode::Exact {
            checks.fault(
                "max_climb_kj_per_mol",
                "a threshold is given, but `mode: exact` has none",
                "remove the key, or write `mode: exploration`",
            );
        } else if !(climb > 0.0 && climb.is_finite()) {
            checks.fault(
                "max_climb_kj_per_mol",
                &format!("got {climb}, expected a number over 0"),
                "write 300",
            );
        }
    }
}
