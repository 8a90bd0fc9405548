//! What trajectories say about their molecule.

use std::path::PathBuf;

use pyo3::prelude::*;
use saltus::cli::embed::{self, AnalysisOptions};

use crate::convert::array;
use crate::errors::OrRaise;
use crate::logs;

/// Trajectories, judged.
#[pyclass(frozen)]
pub(crate) struct Analysis(embed::Analysis);

type Series<'py> = Vec<(String, Bound<'py, PyAny>)>;

#[pymethods]
impl Analysis {
    #[new]
    fn new(
        py: Python<'_>,
        trajectories: Vec<PathBuf>,
        burn_in: usize,
        lag: Option<usize>,
        pool: bool,
        koopman: bool,
        observe: Vec<String>,
    ) -> PyResult<Self> {
        logs::install();
        let options = AnalysisOptions {
            burn_in,
            lag,
            pool,
            koopman,
            observe,
        };
        let analysis = py.detach(|| embed::Analysis::of(&trajectories, &options));
        analysis.map(Self).or_raise(py)
    }

    fn json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.json().or_raise(py)
    }

    fn text(&self) -> String {
        self.0.text()
    }

    /// Names and values, `[n_chains, n_frames]`, of the observables.
    fn observables<'py>(&self, py: Python<'py>) -> PyResult<Series<'py>> {
        let series = self.0.observables().iter();
        series
            .map(|(name, chains)| {
                let shape = [chains.len(), chains.first().map_or(0, Vec::len)];
                Ok((name.clone(), array(py, chains.concat(), shape)?))
            })
            .collect()
    }

    /// Name, title and SVG of the plots whose name begins like this.
    fn pictures(&self, py: Python<'_>, prefix: &str) -> PyResult<Vec<[String; 3]>> {
        py.detach(|| self.0.pictures(prefix)).or_raise(py)
    }

    fn html(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| self.0.html()).or_raise(py)
    }

    /// Writes the report; its page.
    fn write(&self, py: Python<'_>, directory: PathBuf, force: bool) -> PyResult<PathBuf> {
        py.detach(|| self.0.write(&directory, force)).or_raise(py)
    }
}
