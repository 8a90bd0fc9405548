//! `saltus analyze`: what trajectories say about their molecule and how far to trust it. Each stage has a file of its own.

mod chain_file;
mod coordinates;
mod copies;
mod exchange;
mod figures;
mod findings;
mod hidden;
mod inputs;
mod json;
mod judged;
pub(crate) mod look;
mod output;
mod pooling;
mod reference;
mod table;

use std::path::PathBuf;

use clap::Args;

use self::findings::Findings;
pub(crate) use self::inputs::{Reading, observables};
pub(crate) use self::judged::Judged;
use super::error::CliError;
use super::{CliResult, console};
use crate::analysis::Quantity;

/// Arguments of `saltus analyze`.
#[derive(Debug, Args)]
pub(crate) struct AnalyzeArguments {
    /// Trajectories of one molecule, each a chain: of saltus, or any MDTraj HDF5 or H5MD file with a topology (or a PDB or mmCIF
    /// file of the same name beside it). A folder
    /// stands for all its trajectory_*.h5.
    #[arg(value_name = "TRAJECTORY.h5|DIR", required = true)]
    trajectories: Vec<PathBuf>,
    /// Compare with this reference: a summary (--save-summary), a trajectory, or a folder of them. Prints distances of
    /// the distributions and means in standard errors.
    #[arg(long, value_name = "FILE|DIR")]
    reference: Option<PathBuf>,
    /// Save what --reference needs of these trajectories as a small JSON file.
    #[arg(long, value_name = "FILE.json")]
    save_summary: Option<PathBuf>,
    /// Write a report to this folder: report.html, its plots as SVG and PNG, analysis.json.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Replace files of an earlier report.
    #[arg(long)]
    force: bool,
    /// Print one JSON object on stdout instead of the table.
    #[arg(long)]
    json: bool,
    /// Leave out this many frames at the start of every trajectory.
    #[arg(long, value_name = "FRAMES", default_value_t = 0)]
    burn_in: usize,
    /// Lag of the slow coordinates (TICA) in frames [default: a hundredth of a trajectory, at least 1].
    #[arg(long, value_name = "FRAMES", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    lag: Option<usize>,
    /// Look at this too; may be repeated: `populations` (alpha, beta, ppii, left), `hydrogen_bonds`, `j3_hn_ha` (`j3_hn_ha/bax1997`),
    /// `j3_hn_c`, `j3_hn_cb`, `distance ALA 1 HA, ALA 3 H`, `noe ALA 1 HA, ALA 3 H`.
    #[arg(long, value_name = "WHAT")]
    observe: Vec<Quantity>,
    /// Take trajectories together although their temperatures, force fields or solvents differ.
    #[arg(long)]
    pool: bool,
    /// Weight frames to equilibrium before finding slow coordinates (Koopman reweighting), for many short trajectories.
    #[arg(long)]
    koopman: bool,
}

impl AnalyzeArguments {
    /// Those of a report about a folder of trajectories, in place of an earlier one.
    pub(crate) fn report(
        folder: PathBuf,
        report: PathBuf,
        json: bool,
        observe: Vec<Quantity>,
    ) -> Self {
        Self {
            trajectories: vec![folder],
            reference: None,
            save_summary: None,
            output: Some(report),
            force: true,
            json,
            burn_in: 0,
            lag: None,
            observe,
            pool: false,
            koopman: false,
        }
    }
}

/// Reads, estimates, prints. Faulty files are named, the others analysed all the same.
pub(crate) fn analyze(arguments: &AnalyzeArguments) -> CliResult {
    if let Some(directory) = &arguments.output {
        output::refuse_existing(directory, arguments.force)?;
    }
    if let Some(path) = &arguments.save_summary {
        super::build::refuse_existing(path, arguments.force)?;
    }
    let reading = Reading {
        burn_in: arguments.burn_in,
        pool: arguments.pool,
        observe: arguments.observe.clone(),
    };
    let input = inputs::read(&arguments.trajectories, &reading)?;
    for message in &input.faults {
        console::note(&format!("error: {message}"));
    }
    let mut findings = Findings::new(&input, arguments.lag, arguments.koopman)?;
    if let Some(path) = &arguments.reference {
        findings.reference = Some(reference::compare(path, &input, &findings)?);
    }
    if let Some(path) = &arguments.save_summary {
        reference::save(path, &input, &findings)?;
    }
    if let Some(directory) = &arguments.output {
        let page = output::write(directory, &input, &findings)?;
        console::note(&format!("report written to {}", page.display()));
    }
    if arguments.json {
        // Without the table, which begins with them.
        for line in input.warnings() {
            console::note(&format!("WARNING: {line}"));
        }
        console::print_json(&json::report(&input, &findings))?;
    } else {
        console::print(&table::text(&input, &findings))?;
    }
    match input.faults.len() {
        0 => Ok(()),
        n_faults => Err(CliError::run(format!(
            "{n_faults} of {} inputs could not be analysed, the others were: the messages above name them",
            n_faults + input.chains.len() + input.copies.len()
        ))),
    }
}
