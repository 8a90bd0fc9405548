//! Trajectories and what was found in them, for who prints nothing.

use std::path::{Path, PathBuf};

use super::figures::figures;
use super::findings::Findings;
use super::inputs::{self, Input, Reading};
use super::{json, output, table};
use crate::cli::error::{Blame, CliError};
use crate::report::Figure;

/// Trajectories and what was found in them.
pub(crate) struct Judged {
    input: Input,
    findings: Findings,
}

impl Judged {
    /// Reads and estimates; the arguments are those of `saltus analyze`.
    ///
    /// # Errors
    /// No file can be analysed, or chains from which nothing can be estimated.
    pub(crate) fn of(
        trajectories: &[PathBuf],
        reading: &Reading,
        lag: Option<usize>,
        koopman: bool,
    ) -> Result<Self, CliError> {
        let input = inputs::read(trajectories, reading)?;
        let findings = Findings::new(&input, lag, koopman)?;
        Ok(Self { input, findings })
    }

    /// The object of `--json`.
    ///
    /// # Errors
    /// None that findings can have.
    pub(crate) fn json(&self) -> Result<String, CliError> {
        serde_json::to_string(&json::report(&self.input, &self.findings)).blame_run()
    }

    /// The table.
    pub(crate) fn text(&self) -> String {
        table::text(&self.input, &self.findings)
    }

    /// Name and time series, `[n_chains][n_frames]`, of every observable.
    pub(crate) fn observables(&self) -> &[(String, Vec<Vec<f64>>)] {
        self.findings.ensemble.observables()
    }

    /// The plots of the report.
    pub(crate) fn figures(&self) -> Vec<Figure> {
        figures(&self.input, &self.findings)
    }

    /// The page of the report.
    ///
    /// # Errors
    /// A plot that cannot be drawn.
    pub(crate) fn html(&self) -> Result<String, CliError> {
        output::page(&self.input, &self.findings, self.figures())
            .html()
            .blame_run()
    }

    /// Writes the report into a folder; the page.
    ///
    /// # Errors
    /// Files of an earlier report without `force`, or what the disk says.
    pub(crate) fn write(&self, directory: &Path, force: bool) -> Result<PathBuf, CliError> {
        output::refuse_existing(directory, force)?;
        output::write(directory, &self.input, &self.findings)
    }
}
