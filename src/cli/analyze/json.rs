//! The findings as one JSON object for programs.

use serde::Serialize;

use super::copies::Copy;
use super::exchange::Exchange;
use super::findings::{Cost, Findings, KernelAcceptance, ReferenceComparison, Row};
use super::hidden::Hidden;
use super::inputs::Input;

/// The object; `observables` is the promise of the format, the other keys are extra.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    observables: &'a [Row],
    slowest: Option<&'a str>,
    files: Vec<String>,
    n_chains: usize,
    n_frames: usize,
    exact: Option<bool>,
    temperatures_kelvin: &'a [f64],
    kernels: &'a [KernelAcceptance],
    cost: Option<Cost>,
    replica_exchange: Option<&'a Exchange>,
    tica: Option<Slow>,
    reference: Option<&'a ReferenceComparison>,
    hidden: &'a Hidden,
    notes: &'a [String],
    copies: &'a [Copy],
    pooled: &'a [String],
    warnings: Vec<String>,
    faults: &'a [String],
}

/// Slow coordinates.
#[derive(Debug, Serialize)]
struct Slow {
    lag_frames: usize,
    eigenvalues: Vec<f64>,
    timescales_frames: Vec<f64>,
}

/// The object of these findings.
pub(super) fn report<'a>(input: &'a Input, findings: &'a Findings) -> Report<'a> {
    let files = input
        .chains
        .iter()
        .map(|chain| chain.path.display().to_string());
    let tica = findings.slow_modes.as_ref().ok().map(|modes| Slow {
        lag_frames: modes.tica.lag_frames,
        eigenvalues: modes.tica.eigenvalues.iter().copied().collect(),
        timescales_frames: modes.tica.implied_timescales_frames(),
    });
    Report {
        observables: &findings.rows,
        slowest: findings.slowest().map(|row| row.summary.name.as_str()),
        files: files.collect(),
        n_chains: findings.ensemble.n_chains(),
        n_frames: findings.ensemble.n_draws(),
        exact: findings.exact,
        temperatures_kelvin: &findings.temperatures_kelvin,
        kernels: &findings.kernels,
        cost: findings.cost,
        replica_exchange: findings.exchange.as_ref(),
        tica,
        reference: findings.reference.as_ref(),
        hidden: &findings.hidden,
        notes: &findings.notes,
        copies: &input.copies,
        pooled: &input.pooled,
        warnings: input.warnings(),
        faults: &input.faults,
    }
}
