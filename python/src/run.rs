//! Runs, with progress and Ctrl-C; and the command line.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use saltus::cli::embed::{self, CliError, Input, RunOptions, RunProgress, Watcher};

use crate::convert::GivenInput;
use crate::errors::exception;
use crate::{logs, offered};

thread_local! {
    /// What Python raised while the library ran on this thread: a signal, or a fault of the user's code.
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// Keeps an exception until the library returns; the first counts.
pub(crate) fn keep(error: PyErr) {
    RAISED.with_borrow_mut(|raised| {
        raised.get_or_insert(error);
    });
}

/// Whether one is kept.
fn is_kept() -> bool {
    RAISED.with_borrow(Option::is_some)
}

/// The exception that was kept, which is then forgotten.
pub(crate) fn kept() -> Option<PyErr> {
    RAISED.take()
}

/// Runs an input; the folder and the JSON summary. `progress` is called with cycle, cycles in all, phase, ns/day,
/// evaluations/s, temperature and seconds left; `objects` are those that the input names. An exception that Python raised
/// meanwhile (Ctrl-C) is raised once the run has stopped with a checkpoint.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the flags of `saltus run`")]
pub(crate) fn run(
    py: Python<'_>,
    input: GivenInput,
    resume: bool,
    force: bool,
    output: Option<PathBuf>,
    device: Option<String>,
    cycles: Option<u64>,
    equilibration_cycles: Option<u64>,
    progress: Option<Py<PyAny>>,
    objects: &Bound<'_, PyDict>,
) -> PyResult<(PathBuf, String)> {
    logs::install();
    let input = Input::from(input);
    let options = RunOptions {
        resume,
        force,
        output,
        device,
        cycles,
        equilibration_cycles,
    };
    let _offer = offered::offer(objects)?;
    kept();
    told(
        py,
        py.detach(|| embed::run(&input, options, watcher(progress))),
    )
}

/// What came of a call: what Python raised meanwhile comes before a result, and is the cause of an error.
pub(crate) fn told<T>(py: Python<'_>, outcome: Result<T, CliError>) -> PyResult<T> {
    match (outcome, kept()) {
        (Ok(outcome), None) => Ok(outcome),
        (Ok(_), Some(raised)) => Err(raised),
        (Err(error), raised) => {
            let error = exception(py, &error);
            error.set_cause(py, raised);
            Err(error)
        }
    }
}

/// Tells Python how far a run is, and looks for signals.
fn watcher(progress: Option<Py<PyAny>>) -> Watcher {
    Box::new(move |at: &RunProgress| {
        Python::attach(|py| {
            let told = py.check_signals().and_then(|()| match &progress {
                None => Ok(()),
                Some(progress) => {
                    let at = (
                        at.cycle,
                        at.total_cycles,
                        at.phase,
                        at.ns_per_day,
                        at.evaluations_per_second,
                        at.temperature_kelvin,
                        at.seconds_left,
                    );
                    progress.call1(py, at).map(|_| ())
                }
            });
            if let Err(error) = told {
                keep(error);
            }
        });
        !is_kept()
    })
}

/// The program on these arguments, the first of which is its name; the exit code.
#[pyfunction]
pub(crate) fn command_line(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| saltus::cli::main_of(arguments))
}
