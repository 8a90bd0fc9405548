//! `saltus analyze` for a host program: numbers, pictures and the page.

use std::path::{Path, PathBuf};

use crate::cli::analyze::{Judged, Reading};
use crate::cli::error::{Blame, CliError};

/// What `saltus analyze` takes beside its trajectories.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnalysisOptions {
    /// `--burn-in`.
    pub burn_in: usize,
    /// `--lag`.
    pub lag: Option<usize>,
    /// `--pool`.
    pub pool: bool,
    /// `--koopman`.
    pub koopman: bool,
    /// `--observe`.
    pub observe: Vec<String>,
}

/// What trajectories say about their molecule.
pub struct Analysis(Judged);

impl Analysis {
    /// Reads and judges trajectories; a folder stands for all its `trajectory_*.h5`. Faulty files are told by [`Analysis::json`].
    ///
    /// # Errors
    /// As those of `saltus analyze`, where no file can be analysed.
    pub fn of(trajectories: &[PathBuf], options: &AnalysisOptions) -> Result<Self, CliError> {
        let observe = options.observe.iter().map(|text| text.parse());
        let reading = Reading {
            burn_in: options.burn_in,
            pool: options.pool,
            observe: observe.collect::<Result<_, String>>().blame_input()?,
        };
        Judged::of(trajectories, &reading, options.lag, options.koopman).map(Self)
    }

    /// The object of `saltus analyze --json`.
    ///
    /// # Errors
    /// None that findings can have.
    pub fn json(&self) -> Result<String, CliError> {
        self.0.json()
    }

    /// The table of `saltus analyze`.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.text()
    }

    /// Name and time series, `[n_chains][n_frames]`, of every observable.
    #[must_use]
    pub fn observables(&self) -> &[(String, Vec<Vec<f64>>)] {
        self.0.observables()
    }

    /// Name, title and SVG of the plots of the report whose name begins like this.
    ///
    /// # Errors
    /// A plot that cannot be drawn.
    pub fn pictures(&self, prefix: &str) -> Result<Vec<[String; 3]>, CliError> {
        let figures = self.0.figures();
        let wanted = figures
            .iter()
            .filter(|figure| figure.name.starts_with(prefix));
        wanted
            .map(|figure| {
                let svg = crate::report::svg(figure).blame_run()?;
                Ok([figure.name.clone(), figure.title.clone(), svg])
            })
            .collect()
    }

    /// The page of the report, which needs no other file.
    ///
    /// # Errors
    /// A plot that cannot be drawn.
    pub fn html(&self) -> Result<String, CliError> {
        self.0.html()
    }

    /// Writes the report of `saltus analyze --output`.
    ///
    /// # Errors
    /// Files of an earlier report without `force`, or what the disk says.
    pub fn write(&self, directory: &Path, force: bool) -> Result<PathBuf, CliError> {
        self.0.write(directory, force)
    }
}
