//! The findings as text for a terminal: a head, a table, what is not converged, the slowest.

use crate::analysis::{CONVERGENCE_RULE, Derived, NameKind};
use crate::cli::columns::{aligned, number};

use super::exchange::Exchange;
use super::findings::{Findings, Row};
use super::inputs::{Input, describe};
use super::reference::text as reference_text;

/// Headings of the columns.
pub(super) const HEADINGS: [&str; 8] = [
    "observable",
    "mean",
    "MCSE",
    "ESS bulk",
    "ESS tail",
    "R-hat",
    "tau",
    "verdict",
];

/// The whole text.
pub(super) fn text(input: &Input, findings: &Findings) -> String {
    let warnings = input.warnings().into_iter();
    let mut lines: Vec<String> = warnings.map(|line| format!("WARNING: {line}")).collect();
    lines.extend(head(input, findings));
    lines.push(String::new());
    let rows: Vec<Vec<String>> = findings
        .rows
        .iter()
        .map(|row| cells(row).to_vec())
        .collect();
    lines.extend(aligned(&HEADINGS, &rows));
    lines.push(String::new());
    lines.extend(findings.rows.iter().filter_map(derived));
    lines.extend(foot(findings));
    if let Some(comparison) = &findings.reference {
        lines.push(String::new());
        lines.extend(reference_text::text(comparison));
    }
    lines.join("\n") + "\n"
}

/// Molecule, chains, temperature, exactness, acceptance, remarks: one line each.
pub(super) fn head(input: &Input, findings: &Findings) -> Vec<String> {
    let temperatures: Vec<String> = findings
        .temperatures_kelvin
        .iter()
        .map(|kelvin| format!("{kelvin} K"))
        .collect();
    let at = match temperatures.len() {
        0 => "temperature unknown".to_owned(),
        _ => temperatures.join(", "),
    };
    let mut lines = vec![format!(
        "{}; {}; {} of {} frames",
        describe(&input.topology),
        at,
        match findings.ensemble.n_chains() {
            1 => "1 chain".to_owned(),
            n => format!("{n} chains"),
        },
        findings.ensemble.n_draws()
    )];
    lines.push(match findings.exact {
        Some(true) => {
            "exact: yes, every kernel leaves the Boltzmann distribution invariant".to_owned()
        }
        Some(false) if findings.weighted => {
            "exact: no, these are draws of `saltus generate`: the means below lack the weights in /saltus/log_weights".to_owned()
        }
        Some(false) => "exact: no, the sampler has a time-step error".to_owned(),
        None => "exact: unknown, the files do not say".to_owned(),
    });
    let kernels: Vec<String> = findings
        .kernels
        .iter()
        .map(|kernel| match kernel.acceptance {
            Some(acceptance) => format!("{} {:.1} %", kernel.name, 100.0 * acceptance),
            None => format!("{} proposes nothing", kernel.name),
        })
        .collect();
    if !kernels.is_empty() {
        lines.push(format!("acceptance: {}", kernels.join(", ")));
    }
    lines.extend(findings.exchange.iter().map(Exchange::line));
    lines.extend(findings.hidden.isomer_lines());
    lines.extend(findings.notes.iter().map(|note| format!("note: {note}")));
    if let Err(reason) = &findings.slow_modes {
        lines.push(format!("note: no slow coordinates: {reason}"));
    }
    lines
}

/// The cells of a row, in the order of the headings.
pub(super) fn cells(row: &Row) -> [String; 8] {
    let summary = &row.summary;
    let shown = |value: Option<f64>, digits: usize| {
        value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
    };
    [
        summary.name.clone(),
        number(summary.mean),
        summary.mcse.map_or("-".to_owned(), number),
        shown(summary.ess_bulk, 0),
        shown(summary.ess_tail, 0),
        shown(summary.r_hat, 3),
        shown(row.autocorrelation_time_frames, 1),
        row.not_converged
            .clone()
            .unwrap_or_else(|| "converged".to_owned()),
    ]
}

/// What follows from the mean of a quantity that was asked for.
fn derived(row: &Row) -> Option<String> {
    let summary = &row.summary;
    let (name, error) = (&summary.name, summary.mcse?);
    match row.derived? {
        Derived::FreeEnergy {
            free_energy_kj_per_mol: energy,
            free_energy_error_kj_per_mol: energy_error,
        } if matches!(NameKind::of(name), NameKind::Population(_)) => Some(format!(
            "{name}: {:.2} ± {:.2} %, free energy against all else {energy:.2} ± {energy_error:.2} kJ/mol",
            100.0 * summary.mean,
            100.0 * error
        )),
        Derived::NoeDistance {
            noe_distance_nm: distance,
            noe_distance_error_nm: distance_error,
        } => Some(format!(
            "{name}: <r⁻⁶>^(-1/6) = {distance:.4} ± {distance_error:.4} nm"
        )),
        Derived::FreeEnergy { .. } => None,
    }
}

/// What is converged, by which rule, and the slowest observable with its rates.
pub(super) fn foot(findings: &Findings) -> Vec<String> {
    let n_bad = findings
        .rows
        .iter()
        .filter(|row| row.not_converged.is_some())
        .count();
    let mut lines = vec![match n_bad {
        0 => format!("all {} observables are converged", findings.rows.len()),
        _ => format!(
            "{n_bad} of {} observables are not converged: run longer",
            findings.rows.len()
        ),
    }];
    lines.extend(findings.hidden.fault_lines());
    lines.push(format!(
        "{CONVERGENCE_RULE}; tau: autocorrelation time in frames"
    ));
    if let Some(row) = findings.slowest() {
        let ess = row.summary.ess_bulk.unwrap_or(f64::NAN);
        let rates = match (row.ess_per_second, row.ess_per_energy_evaluation) {
            (Some(second), Some(evaluation)) => format!(
                ", {} a second, {} a million energy evaluations (equilibration included)",
                number(second),
                number(1e6 * evaluation)
            ),
            _ => "; the files do not note what they cost".to_owned(),
        };
        lines.push(format!(
            "slowest: {}, ESS {ess:.0}{rates}",
            row.summary.name
        ));
    }
    lines
}
