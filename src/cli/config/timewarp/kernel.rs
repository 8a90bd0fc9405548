//! Settings of the kernel `timewarp`, with their defaults.

use std::fmt;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize};

use crate::cli::config::check::values::Checks;

/// Settings of `timewarp`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimewarpKernelConfig {
    /// Weights in safetensors form, relative to the folder of the YAML file.
    pub(crate) model: PathBuf,
    /// Sizes of the model, JSON; needed where neither the weights nor a file beside them have them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) config: Option<PathBuf>,
    /// Proposals evaluated together for one replica: a number, or `adaptive`. A matter of speed: the chain is the same.
    #[serde(default)]
    pub(crate) proposals: ProposalsConfig,
    /// Proposals tested a cycle and replica, one after another.
    #[serde(default = "default_repeats")]
    pub(crate) repeats: u64,
    /// `exact`, or `exploration`: no sampling, but a search for structures.
    #[serde(default)]
    pub(crate) mode: TimewarpMode,
    /// Rise of the energy in kJ/mol above which `exploration` turns a jump down; 300 where the key is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_climb_kj_per_mol: Option<f64>,
}

/// What becomes of a proposal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TimewarpMode {
    /// It goes through the Metropolis-Hastings test.
    #[default]
    Exact,
    /// It is taken unless the energy rises too far or a stereocentre flips. Not the Boltzmann distribution.
    Exploration,
}

/// How many proposals are evaluated together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum ProposalsConfig {
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
impl<'de> Deserialize<'de> for ProposalsConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CountOrWord;
        impl Visitor<'_> for CountOrWord {
            type Value = ProposalsConfig;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number of proposals, or `adaptive`")
            }

            fn visit_u64<E: Error>(self, count: u64) -> Result<ProposalsConfig, E> {
                usize::try_from(count)
                    .map(ProposalsConfig::Count)
                    .map_err(E::custom)
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<ProposalsConfig, E> {
                match word {
                    "adaptive" => Ok(ProposalsConfig::Adaptive),
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

impl Checks<'_> {
    /// Checks the settings of a `timewarp` kernel.
    pub(crate) fn timewarp(&mut self, path: &str, timewarp: &TimewarpKernelConfig) {
        self.repeats(path, timewarp.repeats);
        self.flexible_bonds(path);
        let files = [Some(&timewarp.model), timewarp.config.as_ref()];
        for (key, file) in ["model", "config"].into_iter().zip(files) {
            let file = file.map(|file| self.loaded.resolve(file));
            if let Some(file) = file.filter(|file| !file.is_file()) {
                self.fault(
                    &format!("{path}.{key}"),
                    &format!("there is no file {}", file.display()),
                    "give a path relative to the folder of the YAML file, or an absolute one",
                );
            }
        }
        if timewarp.proposals == ProposalsConfig::Count(0) {
            self.fault(
                &format!("{path}.proposals"),
                "got 0, expected at least 1",
                "write `adaptive`, or a number such as 16",
            );
        }
        let Some(climb) = timewarp.max_climb_kj_per_mol else {
            return;
        };
        if timewarp.mode == TimewarpMode::Exact {
            self.fault(
                &format!("{path}.max_climb_kj_per_mol"),
                "a threshold is given, but `mode: exact` has none",
                "remove the key, or write `mode: exploration`",
            );
        } else if !(climb > 0.0 && climb.is_finite()) {
            self.fault(
                &format!("{path}.max_climb_kj_per_mol"),
                &format!("got {climb}, expected a number over 0"),
                "write 300",
            );
        }
    }
}
