//! The program's errors as Python's: `saltus.InputError` for a wrong input, `saltus.Error` for a run that failed.

use pyo3::prelude::*;
use saltus::cli::embed::CliError;

/// The exception of an error, with the words of the program.
pub(crate) fn exception(py: Python<'_>, error: &CliError) -> PyErr {
    made(py, error).unwrap_or_else(|error| error)
}

fn made(py: Python<'_>, error: &CliError) -> PyResult<PyErr> {
    let module = py.import("saltus._errors")?;
    let value = match error {
        CliError::Input(faults) => {
            let faults: Vec<_> = faults
                .iter()
                .map(|fault| {
                    let [line, column] = fault.position.map_or([None; 2], |at| at.map(Some));
                    (&fault.message, &fault.file, line, column, &fault.help)
                })
                .collect();
            module.call_method1("input_error", (faults,))?
        }
        CliError::Run(message) | CliError::Inaccurate(message) => {
            module.getattr("Error")?.call1((message,))?
        }
    };
    Ok(PyErr::from_value(value))
}

/// Turns an error of the library into Python's.
pub(crate) trait OrRaise<T> {
    /// The value, or the exception.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for Result<T, CliError> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| exception(py, &error))
    }
}
