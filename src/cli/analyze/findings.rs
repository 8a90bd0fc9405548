//! Everything that is estimated from the chains before anything is shown.

use serde::Serialize;

use crate::analysis::{
    Comparison, Derived, Ensemble, ObservableSummary, SlowModes, SummarySource, convergence_fault,
    entries_fault, integrated_autocorrelation_time, summarise,
};
use crate::cli::error::CliError;
use crate::trajectory::Header;

use super::chain_file::ChainFile;
use super::exchange::Exchange;
use super::hidden::Hidden;
use super::inputs::Input;

/// Slow coordinates that become observables.
const N_SLOW: usize = 2;

/// A row of the table.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    /// Mean, error, convergence.
    #[serde(flatten)]
    pub(super) summary: ObservableSummary,
    /// Integrated autocorrelation time in frames.
    pub(super) autocorrelation_time_frames: Option<f64>,
    /// Bulk ESS for each second of wall-clock, where the files note it.
    pub(super) ess_per_second: Option<f64>,
    /// Bulk ESS for each energy evaluation, where the files note them.
    pub(super) ess_per_energy_evaluation: Option<f64>,
    /// Why it is not converged, in words; `None` if it is.
    pub(super) not_converged: Option<String>,
    /// What follows from its mean.
    #[serde(flatten)]
    pub(super) derived: Option<Derived>,
}

/// What the sampling of these chains cost: of each run, the share of its replicas that were given.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub(super) struct Cost {
    /// Seconds of wall-clock, equilibration included.
    pub(super) wall_seconds: f64,
    /// Energy evaluations, equilibration included.
    pub(super) energy_evaluations: f64,
}

/// A kernel over all chains.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct KernelAcceptance {
    /// Name as in the YAML.
    pub(super) name: String,
    /// Mean acceptance over frames that tell; `None` for kernels that propose nothing.
    pub(super) acceptance: Option<f64>,
}

/// A comparison and with what.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ReferenceComparison {
    /// The file or folder.
    pub(super) file: String,
    /// Where it comes from.
    pub(super) source: SummarySource,
    /// Chains and frames of each.
    pub(super) size: [usize; 2],
    /// Whether any mean is flagged.
    pub(super) biased: bool,
    /// Numbers.
    #[serde(flatten)]
    pub(super) comparison: Comparison,
    /// Remarks.
    pub(super) notes: Vec<String>,
}

/// What was found.
#[derive(Debug, Clone)]
pub(super) struct Findings {
    /// All chains, slow coordinates among the observables.
    pub(super) ensemble: Ensemble,
    /// One row an observable.
    pub(super) rows: Vec<Row>,
    /// Slow coordinates, or why there are none.
    pub(super) slow_modes: Result<SlowModes, String>,
    /// Whether slow coordinates come from reweighted frames.
    pub(super) reweighted: bool,
    /// Cost, where all files note it.
    pub(super) cost: Option<Cost>,
    /// Whether every kernel of every file is exact; `None` where a file does not say.
    pub(super) exact: Option<bool>,
    /// Whether frames are independent draws whose means need the weights beside them.
    pub(super) weighted: bool,
    /// Temperatures in K of the files that say one, rising, each once.
    pub(super) temperatures_kelvin: Vec<f64>,
    /// Kernels, where all files have the same.
    pub(super) kernels: Vec<KernelAcceptance>,
    /// Replica exchange, where files note any.
    pub(super) exchange: Option<Exchange>,
    /// Distances to a reference, where one was given.
    pub(super) reference: Option<ReferenceComparison>,
    /// What is compared between chains beside the observables, and the peptide bonds.
    pub(super) hidden: Hidden,
    /// Remarks for the user.
    pub(super) notes: Vec<String>,
}

impl Findings {
    /// Estimates everything; `lag_frames` is of the slow coordinates.
    ///
    /// # Errors
    /// Chains from which nothing can be estimated.
    pub(super) fn new(
        input: &Input,
        lag_frames: Option<usize>,
        reweight: bool,
    ) -> Result<Self, CliError> {
        let mut ensemble = gather(&input.chains);
        let notes = notes(input, &ensemble);
        let hidden = Hidden::of(input, &ensemble);
        let lag = lag_frames.unwrap_or_else(|| SlowModes::default_lag_frames(ensemble.n_draws()));
        let slow_modes = SlowModes::fit(&ensemble, lag, reweight).map_err(|e| e.to_string());
        if let Ok(modes) = &slow_modes {
            for component in 0..N_SLOW {
                if let Some(projection) = modes.project(&ensemble, component) {
                    ensemble.push(format!("tic_{component}"), projection);
                }
            }
        }
        let cost = total_cost(&input.chains);
        let temperatures_kelvin = temperatures(&input.chains);
        let kelvin = single(&temperatures_kelvin);
        let row = |(name, chains): &(String, Vec<Vec<f64>>)| row(name, chains, cost, kelvin);
        let rows = ensemble.observables().iter().map(row);
        Ok(Self {
            rows: rows.collect::<Result<_, _>>()?,
            ensemble,
            slow_modes,
            reweighted: reweight,
            cost,
            exact: exactness(&input.chains),
            weighted: headers(&input.chains).any(|header| !header.log_weights.is_empty()),
            temperatures_kelvin,
            kernels: acceptances(&input.chains),
            exchange: Exchange::of(&input.chains),
            reference: None,
            hidden,
            notes,
        })
    }

    /// The row with the fewest effective samples; constants, of which nothing is known, are left out.
    pub(super) fn slowest(&self) -> Option<&Row> {
        let rows = self
            .rows
            .iter()
            .filter(|row| row.summary.ess_bulk.is_some());
        rows.min_by(|a, b| {
            let ess = |row: &Row| row.summary.ess_bulk.unwrap_or(f64::INFINITY);
            ess(a).total_cmp(&ess(b))
        })
    }

    /// The temperature in K, if it is one.
    pub(super) fn temperature_kelvin(&self) -> Option<f64> {
        single(&self.temperatures_kelvin)
    }
}

fn single(temperatures_kelvin: &[f64]) -> Option<f64> {
    match *temperatures_kelvin {
        [temperature] => Some(temperature),
        _ => None,
    }
}

fn gather(chains: &[ChainFile]) -> Ensemble {
    let names = chains[0].series.iter().enumerate();
    let observables = names.map(|(index, (name, _))| {
        let of_all = chains.iter().map(|chain| chain.series[index].1.clone());
        (name.clone(), of_all.collect())
    });
    Ensemble::new(observables.collect())
}

fn notes(input: &Input, ensemble: &Ensemble) -> Vec<String> {
    let mut notes = run_warnings(&input.chains);
    let lengths = || input.chains.iter().map(|chain| chain.times_ps.len());
    if let (Some(shortest), Some(longest)) = (lengths().min(), lengths().max())
        && shortest < longest
    {
        notes.push(format!(
            "trajectories have {shortest} to {longest} frames: the first {shortest} of each are used"
        ));
    }
    if ensemble.chains("potential_energy").is_none() {
        notes.push("not every frame has its potential energy: it is left out".to_owned());
    }
    notes
}

/// What the runs themselves warned of, each sentence once.
fn run_warnings(chains: &[ChainFile]) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for warning in chains.iter().flat_map(|chain| &chain.warnings.0) {
        let note = format!("the run warned: {warning}");
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}

fn row(
    name: &str,
    chains: &[Vec<f64>],
    cost: Option<Cost>,
    kelvin: Option<f64>,
) -> Result<Row, CliError> {
    let summary =
        summarise(name, chains).map_err(|error| CliError::run(format!("{name}: {error}")))?;
    let per = |amount: fn(Cost) -> f64| {
        let amount = amount(cost?);
        (amount > 0.0).then_some(summary.ess_bulk? / amount)
    };
    Ok(Row {
        autocorrelation_time_frames: integrated_autocorrelation_time(chains).ok(),
        ess_per_second: per(|cost| cost.wall_seconds),
        ess_per_energy_evaluation: per(|cost| cost.energy_evaluations),
        not_converged: convergence_fault(&summary).or_else(|| entries_fault(chains)),
        derived: summary
            .mcse
            .and_then(|error| Derived::of(name, summary.mean, error, kelvin)),
        summary,
    })
}

fn total_cost(chains: &[ChainFile]) -> Option<Cost> {
    let mut total = Cost::default();
    for chain in chains {
        let cost = chain.cost?;
        total.wall_seconds += cost.wall_seconds / cost.replicas as f64;
        total.energy_evaluations += cost.energy_evaluations as f64 / cost.replicas as f64;
    }
    Some(total)
}

fn headers(chains: &[ChainFile]) -> impl Iterator<Item = &Header> {
    chains.iter().filter_map(|chain| chain.header.as_ref())
}

fn exactness(chains: &[ChainFile]) -> Option<bool> {
    let of_each = chains
        .iter()
        .map(|chain| chain.header.as_ref().map(|header| header.exact));
    of_each
        .collect::<Option<Vec<bool>>>()
        .map(|all| all.iter().all(|&exact| exact))
}

fn temperatures(chains: &[ChainFile]) -> Vec<f64> {
    let mut temperatures: Vec<f64> = headers(chains)
        .map(|header| header.temperature_kelvin)
        .collect();
    temperatures.retain(|temperature| temperature.is_finite());
    temperatures.sort_by(f64::total_cmp);
    temperatures.dedup();
    temperatures
}

fn acceptances(chains: &[ChainFile]) -> Vec<KernelAcceptance> {
    let names = |chain: &ChainFile| {
        chain
            .header
            .as_ref()
            .map(|header| header.kernel_names.clone())
    };
    let Some(first) = names(&chains[0]) else {
        return Vec::new();
    };
    if chains
        .iter()
        .any(|chain| names(chain).as_ref() != Some(&first))
    {
        return Vec::new();
    }
    let of_kernel = |(index, name): (usize, String)| {
        let columns = chains
            .iter()
            .filter_map(|chain| chain.acceptance.get(index));
        let told: Vec<f64> = columns
            .flatten()
            .copied()
            .filter(|value| value.is_finite())
            .collect();
        KernelAcceptance {
            name,
            acceptance: (!told.is_empty()).then(|| told.iter().sum::<f64>() / told.len() as f64),
        }
    };
    first.into_iter().enumerate().map(of_kernel).collect()
}
