//! The comparison of samplers.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use saltus::cli::embed::{self, BenchOptions, Input};

use crate::convert::GivenInput;
use crate::run::{keep, kept, told};
use crate::{logs, offered};

/// Compares samplers; the JSON of `saltus bench --json` and its table. `progress` is called with a line for whatever begins;
/// Ctrl-C ends the comparison at the next one.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the flags of `saltus bench`")]
pub(crate) fn bench(
    py: Python<'_>,
    input: GivenInput,
    seconds: f64,
    md_seconds: Option<f64>,
    chains: usize,
    samplers: Vec<String>,
    device: Option<String>,
    output: Option<PathBuf>,
    progress: Option<Py<PyAny>>,
    objects: &Bound<'_, PyDict>,
) -> PyResult<(String, String)> {
    logs::install();
    let options = BenchOptions {
        seconds,
        md_seconds,
        chains,
        samplers,
        device,
        output,
    };
    let input = Input::from(input);
    let _offer = offered::offer(objects)?;
    kept();
    let mut tell = |line: &str| {
        let heard = Python::attach(|py| {
            py.check_signals()?;
            match &progress {
                Some(progress) => progress.call1(py, (line,)).map(|_| ()),
                None => Ok(()),
            }
        });
        heard.map_err(keep).is_ok()
    };
    let outcome = py.detach(|| embed::bench(&input, options, &mut tell));
    match (outcome, kept()) {
        // Stopped by what Python raised, which says more than that it was stopped.
        (_, Some(raised)) => Err(raised),
        (outcome, None) => told(py, outcome),
    }
}
