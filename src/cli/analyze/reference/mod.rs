//! Reference ensembles: read from a summary or from trajectories, compared with, saved as a summary.

pub(super) mod text;

use std::fs;
use std::path::Path;

use crate::analysis::{
    EnsembleSummary, ObservableSummary, SummarySource, compare as compare_ensembles,
};
use crate::cli::CliResult;
use crate::cli::console;
use crate::cli::error::{Blame, CliError};

use super::copies;
use super::findings::{Findings, ReferenceComparison};
use super::inputs::{self, Input, Reading};

/// Compares findings with the reference at a path.
///
/// # Errors
/// A reference that cannot be read or is of another molecule.
pub(super) fn compare(
    path: &Path,
    input: &Input,
    findings: &Findings,
) -> Result<ReferenceComparison, CliError> {
    let (reference, n_shared) = load(path, input)?;
    let residues = residues(input);
    if reference.source.residues != residues {
        return Err(CliError::input(format!(
            "the reference {} is of another molecule: {}, but the trajectories are of {}\n  help: give a reference of the same molecule",
            path.display(),
            reference.source.residues.join(", "),
            residues.join(", ")
        )));
    }
    let comparison = compare_ensembles(&findings.ensemble, &summaries(findings), &reference)
        .map_err(|error| format!("{}: {error}", path.display()))
        .blame_input()?;
    let mut notes = notes(input, findings, &reference);
    if n_shared > 0 {
        notes.push(format!(
            "{n_shared} of these trajectories are in the reference too: that they agree with it says nothing"
        ));
    }
    Ok(ReferenceComparison {
        file: path.display().to_string(),
        notes,
        size: [reference.n_chains, reference.n_frames],
        source: reference.source,
        biased: comparison.means.iter().any(|mean| mean.flagged),
        comparison,
    })
}

/// Saves what a comparison needs of these trajectories.
///
/// # Errors
/// A file that cannot be written.
pub(super) fn save(path: &Path, input: &Input, findings: &Findings) -> CliResult {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let command = format!("saltus {}", arguments.join(" "));
    let text = serde_json::to_string(&summarised(input, findings, command)).blame_run()?;
    fs::write(path, text + "\n")
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
        .blame_run()?;
    console::note(&format!("summary written to {}", path.display()));
    Ok(())
}

/// The reference, and how many of the trajectories that are compared with it are part of it, where that can be known.
fn load(path: &Path, compared: &Input) -> Result<(EnsembleSummary, usize), CliError> {
    if !path.is_dir()
        && path
            .extension()
            .is_some_and(|extension| extension == "json")
    {
        let text = fs::read_to_string(path)
            .map_err(|error| format!("cannot read the reference {}: {error}", path.display()))
            .blame_input()?;
        return EnsembleSummary::from_json(&text)
            .map(|summary| (summary, 0))
            .map_err(|error| {
                format!(
                    "the reference {} is not a summary: {error}\n  help: make one with `saltus analyze TRAJECTORIES --save-summary FILE.json`",
                    path.display()
                )
            })
            .blame_input();
    }
    let reading = Reading {
        pool: !compared.pooled.is_empty(),
        ..Reading::default()
    };
    let input = inputs::read(&[path.to_path_buf()], &reading)?;
    if let Some(fault) = input.faults.first() {
        return Err(CliError::run(format!("the reference: {fault}")));
    }
    let findings = Findings::new(&input, None, false)?;
    let n_shared = copies::n_shared(&input.chains, &compared.chains);
    Ok((summarised(&input, &findings, String::new()), n_shared))
}

fn summarised(input: &Input, findings: &Findings, command: String) -> EnsembleSummary {
    let source = SummarySource {
        command,
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        residues: residues(input),
        n_atoms: input.topology.n_atoms(),
        temperature_kelvin: findings.temperature_kelvin(),
        exact: findings.exact,
        system: system(input),
    };
    let slow_modes = findings.slow_modes.as_ref().ok();
    EnsembleSummary::new(&findings.ensemble, summaries(findings), slow_modes, source)
}

/// The system's settings of the first file that says them.
fn system(input: &Input) -> serde_json::Value {
    let headers = input
        .chains
        .iter()
        .filter_map(|chain| chain.header.as_ref());
    let mut systems = headers.map(|header| header.metadata["settings"]["system"].clone());
    systems.find(|system| !system.is_null()).unwrap_or_default()
}

fn summaries(findings: &Findings) -> Vec<ObservableSummary> {
    findings
        .rows
        .iter()
        .map(|row| row.summary.clone())
        .collect()
}

fn residues(input: &Input) -> Vec<String> {
    let residues = input.topology.residues.iter();
    residues
        .map(|residue| format!("{} {}", residue.name, residue.number))
        .collect()
}

fn notes(input: &Input, findings: &Findings, reference: &EnsembleSummary) -> Vec<String> {
    let mut notes = Vec::new();
    if let (Some(own), Some(expected)) = (
        findings.temperature_kelvin(),
        reference.source.temperature_kelvin,
    ) && own != expected
    {
        notes.push(format!(
            "these trajectories are at {own} K, the reference at {expected} K"
        ));
    }
    let own = system(input);
    for key in ["force_field", "solvent", "constraints"] {
        let (own, expected) = (&own[key], &reference.source.system[key]);
        if !own.is_null() && !expected.is_null() && own != expected {
            notes.push(format!(
                "{key} is {own} here and {expected} in the reference"
            ));
        }
    }
    notes
}
