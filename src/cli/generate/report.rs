//! What a set of weighted draws says, as a table or as JSON.

use std::fmt::Write;

use serde::Serialize;

use crate::analysis::{NameKind, ObservableSet};
use crate::cli::error::{Blame, CliError};
use crate::generator::{Draw, WeightSummary, weighted_mean};
use crate::topology::{Topology, peptide_bonds};

/// Pareto k from which on weighted means cannot be trusted.
const MAX_PARETO_K: f64 = 0.7;

/// A weighted mean.
#[derive(Debug, Serialize)]
struct Estimate {
    name: String,
    mean: f64,
    standard_error: f64,
}

/// Everything that is told of a set of draws.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    n_draws: usize,
    seed: u64,
    ess: f64,
    ess_fraction: f64,
    largest_weight_share: f64,
    pareto_k: f64,
    reliable: bool,
    log_mean_weight: f64,
    preparation_seconds: f64,
    seconds: f64,
    draws_per_second: f64,
    ess_per_second: f64,
    energy_evaluations: u64,
    /// Peptide bonds with two isomers, of which all draws have the start's.
    kept_isomers: Vec<String>,
    estimates: Vec<Estimate>,
}

impl Report {
    /// Of draws; seconds of the preparation and of the drawing.
    ///
    /// # Errors
    /// Weights that are all zero, or not numbers.
    pub(super) fn new(
        topology: &Topology,
        draws: &[Draw],
        [preparation_seconds, seconds]: [f64; 2],
        energy_evaluations: u64,
        seed: u64,
    ) -> Result<Self, CliError> {
        let log_weights: Vec<f64> = draws.iter().map(|draw| draw.log_weight).collect();
        let summary = WeightSummary::new(&log_weights)
            .map_err(|error| format!("the importance weights are useless: {error}"))
            .blame_run()?;
        let set = ObservableSet::of(topology).blame_run()?;
        Ok(Self {
            n_draws: summary.n_draws,
            seed,
            ess: summary.ess,
            ess_fraction: summary.ess_fraction(),
            largest_weight_share: summary.largest_share,
            pareto_k: summary.pareto_k,
            reliable: summary.pareto_k < MAX_PARETO_K,
            log_mean_weight: summary.log_mean_weight,
            preparation_seconds,
            seconds,
            draws_per_second: draws.len() as f64 / seconds,
            ess_per_second: summary.ess / seconds,
            energy_evaluations,
            kept_isomers: kept_isomers(topology),
            estimates: estimates(&set, draws, &log_weights),
        })
    }

    /// The table.
    pub(super) fn text(&self) -> String {
        let verdict = if self.reliable {
            "below 0.7: weighted means are reliable"
        } else {
            "0.7 or more: weighted means are NOT reliable, the heaviest weights dominate"
        };
        let mut text = format!(
            "draws                  {:>12}\n\
             effective sample size  {:>12.1}   {:.2} % of the draws, unclipped weights\n\
             largest weight         {:>12.5}   of the sum\n\
             Pareto k               {:>12.2}   {verdict}\n\
             draws a second         {:>12.1}   after {:.1} s of preparation\n\
             ESS a second           {:>12.2}\n\
             energy evaluations     {:>12}\n\nweighted means                      standard error\n",
            self.n_draws,
            self.ess,
            100.0 * self.ess_fraction,
            self.largest_weight_share,
            self.pareto_k,
            self.draws_per_second,
            self.preparation_seconds,
            self.ess_per_second,
            self.energy_evaluations,
        );
        if let Some(note) = self.isomer_note() {
            text.insert_str(0, &format!("{note}\n\n"));
        }
        // Sines and cosines are for programs.
        let is_for_people = |estimate: &&Estimate| !NameKind::of(&estimate.name).is_feature();
        for estimate in self.estimates.iter().filter(is_for_people) {
            writeln!(
                text,
                "{:<22} {:>12.5}   {:.5}",
                estimate.name, estimate.mean, estimate.standard_error
            )
            .expect("invariant: writing to a string cannot fail");
        }
        text
    }
}

impl Report {
    /// That only one isomer of some peptide bonds was drawn; `None` where there are none.
    pub(super) fn isomer_note(&self) -> Option<String> {
        (!self.kept_isomers.is_empty()).then(|| {
            format!(
                "only the start's isomer, cis or trans, of the peptide bond before {} is drawn: every mean below is of that isomer alone; \
                 `saltus run` with `adaptive_pucker` or `torsion: {{kind: omega, proposal: flip}}` samples both",
                self.kept_isomers.join(", ")
            )
        })
    }
}

/// The residues after peptide bonds that have two isomers.
fn kept_isomers(topology: &Topology) -> Vec<String> {
    let bonds = peptide_bonds(topology).into_iter();
    let tertiary = bonds.filter(|bond| bond.is_tertiary);
    tertiary.map(|bond| bond.residue_after(topology)).collect()
}

fn estimates(set: &ObservableSet, draws: &[Draw], log_weights: &[f64]) -> Vec<Estimate> {
    let values: Vec<Vec<f64>> = draws
        .iter()
        .map(|draw| set.evaluate(&draw.single_positions(), draw.energy_kj_per_mol))
        .collect();
    let names = set.names().into_iter().enumerate();
    names
        .map(|(index, name)| {
            let own: Vec<f64> = values.iter().map(|values| values[index]).collect();
            let (mean, standard_error) = weighted_mean(log_weights, &own);
            Estimate {
                name,
                mean,
                standard_error,
            }
        })
        .collect()
}
