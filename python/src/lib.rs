//! The extension module `saltus._saltus`: the program's functions for Python. Thin: what is here converts arguments, results and errors.
//!
//! The names that users see, with their documentation, are in `python/saltus/`. Whatever may take time runs without the
//! interpreter's lock, on the thread that called.

mod analysis;
mod bench;
mod check;
mod convert;
mod errors;
mod logs;
mod molecule;
mod offered;
mod potential;
mod proposal;
mod run;
mod trajectory;

use pyo3::prelude::*;

#[pymodule]
mod _saltus {
    #[pymodule_export]
    use super::analysis::Analysis;
    #[pymodule_export]
    use super::bench::bench;
    #[pymodule_export]
    use super::check::check;
    #[pymodule_export]
    use super::molecule::{Evaluator, build};
    #[pymodule_export]
    use super::run::{command_line, run};
    #[pymodule_export]
    use super::trajectory::Trajectory;

    use pyo3::exceptions::PyImportError;
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        super::potential::register().map_err(PyImportError::new_err)?;
        super::proposal::register().map_err(PyImportError::new_err)
    }
}
