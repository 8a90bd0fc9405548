//! The `replica_exchange:` section: the temperature ladder and what is written of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::mcmc::{Ladder, LadderError};

/// Copies of every replica at higher (or lower) temperatures, which swap configurations after every cycle.
///
/// Give either `temperatures_kelvin`, or `min_kelvin`, `max_kelvin` and `count` for a geometric ladder.
/// `replicas` counts ladders: `replicas` times the number of temperatures are simulated side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplicaExchangeConfig {
    /// The ladder in K, ascending; `temperature_kelvin` must be one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) temperatures_kelvin: Option<Vec<f64>>,
    /// Lowest temperature of a geometric ladder in K.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) min_kelvin: Option<f64>,
    /// Highest temperature of a geometric ladder in K.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_kelvin: Option<f64>,
    /// Number of temperatures of a geometric ladder, 2 to 1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) count: Option<usize>,
    /// Whether equilibration moves the inner temperatures until all neighbours swap equally often.
    #[serde(default)]
    pub(crate) tuned: bool,
    /// Which temperatures get trajectory files.
    #[serde(default)]
    pub(crate) write: WrittenTemperatures,
}

/// Which temperatures of a ladder get trajectory files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WrittenTemperatures {
    /// `temperature_kelvin` alone: `trajectory_NNNN.h5` is of ladder NNNN.
    #[default]
    Target,
    /// All: the files of a ladder follow one another, the lowest temperature first.
    All,
}

/// The two ways to write a ladder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum LadderForm<'a> {
    /// Every temperature in K.
    Given(&'a [f64]),
    /// Ends in K and number.
    Geometric {
        /// Lowest.
        min_kelvin: f64,
        /// Highest.
        max_kelvin: f64,
        /// How many.
        count: usize,
    },
}

impl LadderForm<'_> {
    /// The ladder.
    ///
    /// # Errors
    /// Temperatures that make none.
    pub(crate) fn ladder(self) -> Result<Ladder, LadderError> {
        match self {
            Self::Given(temperatures_kelvin) => Ladder::given(temperatures_kelvin.to_vec()),
            Self::Geometric {
                min_kelvin,
                max_kelvin,
                count,
            } => Ladder::geometric(min_kelvin, max_kelvin, count),
        }
    }
}

impl ReplicaExchangeConfig {
    /// Which form it has; `None` for both, neither, or half of one.
    pub(crate) fn form(&self) -> Option<LadderForm<'_>> {
        match (
            &self.temperatures_kelvin,
            self.min_kelvin,
            self.max_kelvin,
            self.count,
        ) {
            (Some(temperatures), None, None, None) => Some(LadderForm::Given(temperatures)),
            (None, Some(min_kelvin), Some(max_kelvin), Some(count)) => {
                Some(LadderForm::Geometric {
                    min_kelvin,
                    max_kelvin,
                    count,
                })
            }
            _ => None,
        }
    }
}
