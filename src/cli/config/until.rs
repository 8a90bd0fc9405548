//! How accurate a run is to become.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When a run has sampled enough: every observable of `saltus analyze` at this effective sample size and R-hat, no state entered too
/// seldom, no hidden coordinate in which chains differ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct UntilConfig {
    /// Effective sample size, bulk and tail, over all chains.
    pub(crate) ess: f64,
    /// Largest R-hat.
    pub(crate) r_hat: f64,
    /// Minutes of wall-clock time after which the run ends all the same, and says what has not converged; no limit where the key is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_minutes: Option<f64>,
}

impl Default for UntilConfig {
    fn default() -> Self {
        Self {
            ess: 400.0,
            r_hat: 1.01,
            max_minutes: None,
        }
    }
}
