//! How accurate a run is to become.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analysis::Quantity;

/// When a run has sampled enough: every observable of `saltus analyze` at this effective sample size and R-hat, no state entered too
/// seldom, no hidden coordinate in which chains differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct UntilConfig {
    /// Effective sample size, bulk and tail, over all chains.
    pub(crate) ess: f64,
    /// Largest R-hat.
    pub(crate) r_hat: f64,
    /// Minutes of wall-clock time after which the run ends all the same, and says what has not converged; no limit where the key is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_minutes: Option<f64>,
    /// What has to be as accurate beside the observables of every molecule: `populations`, `hydrogen_bonds`, `j3_hn_ha` (`j3_hn_ha/bax1997`),
    /// `j3_hn_c`, `j3_hn_cb`, `distance ALA 1 HA, ALA 3 H`, `noe ALA 1 HA, ALA 3 H`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub(crate) observe: Vec<Quantity>,
}

impl Default for UntilConfig {
    fn default() -> Self {
        Self {
            ess: 400.0,
            r_hat: 1.01,
            max_minutes: None,
            observe: Vec::new(),
        }
    }
}
