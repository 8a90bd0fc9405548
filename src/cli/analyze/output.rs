//! Writes the report's folder: the page, its plots, the numbers.

use std::fs;
use std::path::{Path, PathBuf};

use crate::analysis::CONVERGENCE_RULE;
use crate::analysis::superpose;
use crate::cli::CliResult;
use crate::cli::build;
use crate::cli::error::{Blame, CliError};
use crate::report::{Cell, Figure, MoleculeView, Page, Table, write_png, write_svg};

use super::exchange::Exchange;
use super::figures::figures;
use super::findings::{Findings, Row};
use super::inputs::{Input, describe};
use super::reference::text as reference_text;
use super::{json, table};

const PAGE: &str = "report.html";
const NUMBERS: &str = "analysis.json";
const PLOTS: &str = "plots";

/// Refuses a folder with an earlier report, unless it may be replaced.
///
/// # Errors
/// Names the first such file.
pub(super) fn refuse_existing(directory: &Path, force: bool) -> CliResult {
    let names = [PAGE, NUMBERS, PLOTS];
    names
        .iter()
        .try_for_each(|name| build::refuse_existing(&directory.join(name), force))
}

/// Writes everything; the page.
///
/// # Errors
/// A folder or file that cannot be written, a plot that cannot be drawn.
pub(super) fn write(
    directory: &Path,
    input: &Input,
    findings: &Findings,
) -> Result<PathBuf, CliError> {
    let plots = directory.join(PLOTS);
    fs::create_dir_all(&plots)
        .map_err(|error| format!("cannot make the folder {}: {error}\n  help: choose a folder that you may write to with -o", plots.display()))
        .blame_input()?;
    let figures = figures(input, findings);
    for figure in &figures {
        write_svg(figure, &plots.join(format!("{}.svg", figure.name))).blame_run()?;
        write_png(figure, &plots.join(format!("{}.png", figure.name))).blame_run()?;
    }
    write_text(
        &directory.join(PAGE),
        &page(input, findings, figures).html().blame_run()?,
    )?;
    let numbers = serde_json::to_string_pretty(&json::report(input, findings)).blame_run()?;
    write_text(&directory.join(NUMBERS), &(numbers + "\n"))?;
    Ok(directory.join(PAGE))
}

/// The page with these plots.
pub(super) fn page(input: &Input, findings: &Findings, figures: Vec<Figure>) -> Page {
    Page {
        title: format!("saltus: {}", describe(&input.topology)),
        warnings: input.warnings(),
        summary: table::head(input, findings),
        tables: tables(findings),
        molecule: molecule_view(input),
        figures,
    }
}

fn write_text(path: &Path, text: &str) -> CliResult {
    fs::write(path, text)
        .map_err(|error| CliError::run(format!("cannot write {}: {error}", path.display())))
}

fn tables(findings: &Findings) -> Vec<Table> {
    let mut tables = vec![convergence_table(findings)];
    tables.extend(findings.exchange.iter().map(Exchange::table));
    if let Some(comparison) = &findings.reference {
        tables.extend(reference_text::tables(comparison));
    }
    tables
}

fn convergence_table(findings: &Findings) -> Table {
    let mut remarks = table::foot(findings);
    remarks.retain(|line| !line.starts_with(CONVERGENCE_RULE));
    remarks.push(CONVERGENCE_RULE.to_owned());
    Table {
        caption: "Convergence".to_owned(),
        headings: table::HEADINGS.map(str::to_owned).to_vec(),
        rows: findings.rows.iter().map(convergence_row).collect(),
        remarks,
    }
}

fn convergence_row(row: &Row) -> Vec<Cell> {
    let summary = &row.summary;
    let values = [
        None,
        Some(summary.mean),
        summary.mcse,
        summary.ess_bulk,
        summary.ess_tail,
        summary.r_hat,
        row.autocorrelation_time_frames,
        None,
    ];
    let texts = table::cells(row).into_iter().zip(values);
    let mut cells: Vec<Cell> = texts
        .map(|(text, value)| Cell {
            text,
            value: value.filter(|v| v.is_finite()),
            flagged: false,
        })
        .collect();
    if let Some(verdict) = cells.last_mut() {
        verdict.flagged = row.not_converged.is_some();
    }
    cells
}

/// The molecule with the snapshots of all chains laid on the first.
fn molecule_view(input: &Input) -> MoleculeView {
    let topology = &input.topology;
    let snapshots = || input.chains.iter().flat_map(|chain| &chain.snapshots);
    let name = |index: usize, chain: usize, of: usize| {
        format!("chain {chain}, snapshot {} of {of}", index + 1)
    };
    let names = input.chains.iter().enumerate().flat_map(|(chain, file)| {
        let of = file.snapshots.len();
        (0..of).map(move |index| name(index, chain, of))
    });
    let first = snapshots().next();
    MoleculeView {
        elements: topology
            .atoms
            .iter()
            .map(|atom| atom.element.symbol().to_owned())
            .collect(),
        labels: (0..topology.n_atoms())
            .map(|atom| topology.label(atom))
            .collect(),
        bonds: topology.bonds.clone(),
        frames: first.map_or(Vec::new(), |first| {
            snapshots().map(|frame| superpose(frame, first)).collect()
        }),
        frame_names: names.collect(),
    }
}
