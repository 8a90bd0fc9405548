//! A look at trajectories that still grow: whether they are as accurate as asked for, and what is not.

use std::path::PathBuf;

use serde::Serialize;

use crate::analysis::{TorsionSide, accuracy_fault, entries_fault};
use crate::cli::config::UntilConfig;
use crate::cli::error::CliError;
use crate::topology::peptide_bonds;

use super::findings::Findings;
use super::inputs::{self, Input, Reading};

/// What is short of the accuracy asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Shortfall {
    /// The observable or hidden coordinate.
    pub(crate) name: String,
    /// In words.
    pub(crate) why: String,
}

/// What one look saw.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Look {
    /// Frames of every chain.
    pub(crate) frames: usize,
    /// The observable with the fewest effective samples.
    pub(crate) slowest: String,
    /// Its ESS, bulk or tail, whichever is less.
    pub(crate) min_ess: f64,
    /// Largest R-hat of all observables.
    pub(crate) max_r_hat: f64,
    /// What is not as accurate as asked for; empty at the end.
    pub(crate) shortfalls: Vec<Shortfall>,
    /// States that no chain was ever in; they may not exist.
    pub(crate) never_seen: Vec<String>,
}

/// Looks at the trajectories of one ensemble.
///
/// A state entered fewer than ten times counts as short of any accuracy, so that a basin found late is waited for. A state never
/// entered is told, but waited for only where it is the other isomer of a peptide bond that has two.
///
/// # Errors
/// Trajectories from which nothing can be estimated, as far too short ones.
pub(crate) fn look(paths: &[PathBuf], goal: &UntilConfig) -> Result<Look, CliError> {
    let reading = Reading {
        observe: goal.observe.clone(),
        ..Reading::default()
    };
    let input = inputs::read(paths, &reading)?;
    let findings = Findings::new(&input, None, false)?;
    let two_sided = isomers(&input);
    let mut look = Look {
        frames: findings.ensemble.n_draws(),
        slowest: String::new(),
        min_ess: f64::INFINITY,
        max_r_hat: 1.0,
        shortfalls: Vec::new(),
        never_seen: Vec::new(),
    };
    for row in &findings.rows {
        let summary = &row.summary;
        let name = summary.name.clone();
        if let (Some(bulk), Some(tail)) = (summary.ess_bulk, summary.ess_tail)
            && bulk.min(tail) < look.min_ess
        {
            (look.min_ess, look.slowest) = (bulk.min(tail), name.clone());
        }
        look.max_r_hat = look.max_r_hat.max(summary.r_hat.unwrap_or(1.0));
        let chains = findings.ensemble.chains(&name).unwrap_or(&[]);
        let is_never = summary.ess_bulk.is_none() && (summary.mean == 0.0 || summary.mean == 1.0);
        let is_isomer = two_sided.contains(&name);
        if is_never && !is_isomer {
            look.never_seen.push(name);
        } else if let Some(why) =
            accuracy_fault(summary, goal.r_hat, goal.ess).or_else(|| entries_fault(chains))
        {
            look.shortfalls.push(Shortfall { name, why });
        }
    }
    let hidden = findings.hidden.faults.into_iter();
    look.shortfalls.extend(hidden.map(|fault| Shortfall {
        name: fault.name,
        why: fault.why,
    }));
    Ok(look)
}

/// Observables of the peptide bonds that have two isomers.
fn isomers(input: &Input) -> Vec<String> {
    let bonds = peptide_bonds(&input.topology).into_iter();
    let tertiary = bonds.filter(|bond| bond.is_tertiary);
    tertiary
        .map(|bond| TorsionSide::Cis.observable(&bond.name))
        .collect()
}
