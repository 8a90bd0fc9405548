//! One row of the convergence table for each observable.

use serde::{Deserialize, Serialize};

use super::chains::{self, ChainError, mean};
use super::ess::{ess_bulk, ess_tail};
use super::mcse::mcse_mean;
use super::r_hat::r_hat;

/// Mean, error and convergence of one observable over all chains.
///
/// A constant observable has a mean and nothing else: `None`, `null` in JSON. `null` stands for an infinite `r_hat` too
/// (every half chain stuck at its own constant).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObservableSummary {
    /// Name: `sin_phi_2`, residues numbered as in the PDB file.
    pub name: String,
    /// Mean over all draws, in the unit of the observable.
    pub mean: f64,
    /// Monte-Carlo standard error of the mean, same unit.
    pub mcse: Option<f64>,
    /// Rank-normalised split ESS of the bulk.
    pub ess_bulk: Option<f64>,
    /// ESS of the 5 % and 95 % quantiles, the smaller.
    pub ess_tail: Option<f64>,
    /// Rank-normalised split R-hat.
    pub r_hat: Option<f64>,
}

/// What `saltus analyze --json` prints: `{"observables": [{"name": .., "mean": .., ...}, ...]}`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct DiagnosisReport {
    /// One row an observable, in the order given.
    pub observables: Vec<ObservableSummary>,
}

/// Summary of one observable, chains `[n_chains][n_draws]`.
///
/// # Errors
/// [`ChainError`] for no, unequal, too few (below 4) or non-finite draws; a constant is no error here.
pub fn summarise(name: &str, chains: &[Vec<f64>]) -> Result<ObservableSummary, ChainError> {
    let mean = |chains: &[Vec<f64>]| mean(&chains.concat());
    match chains::check(chains, chains::MIN_DRAWS) {
        Ok(_) => {}
        Err(ChainError::Constant { value, .. }) => {
            return Ok(ObservableSummary {
                name: name.to_owned(),
                mean: value,
                mcse: None,
                ess_bulk: None,
                ess_tail: None,
                r_hat: None,
            });
        }
        Err(error) => return Err(error),
    }
    Ok(ObservableSummary {
        name: name.to_owned(),
        mean: mean(chains),
        mcse: Some(mcse_mean(chains)?),
        ess_bulk: Some(ess_bulk(chains)?),
        ess_tail: Some(ess_tail(chains)?),
        r_hat: r_hat(chains).ok(),
    })
}

/// Summaries of many observables as [`crate::analysis::ObservableRecorder::finish`] returns them.
///
/// # Errors
/// The name of the first observable that cannot be summarised, with its [`ChainError`].
pub fn diagnose(
    observables: &[(String, Vec<Vec<f64>>)],
) -> Result<DiagnosisReport, (String, ChainError)> {
    let observables = observables
        .iter()
        .map(|(name, chains)| summarise(name, chains).map_err(|error| (name.clone(), error)))
        .collect::<Result<_, _>>()?;
    Ok(DiagnosisReport { observables })
}
