//! Trajectory files as arrays. A file is opened for every call and closed again, so that a run may go on writing to it.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use saltus::trajectory::{Reader, TrajectoryError};

use crate::convert::{array, topology};

/// A trajectory file.
#[pyclass(frozen)]
pub(crate) struct Trajectory {
    path: PathBuf,
}

type Read<T> = Result<T, TrajectoryError>;

impl Trajectory {
    fn read<T: Send>(
        &self,
        py: Python<'_>,
        read: impl FnOnce(&Reader) -> Read<T> + Send,
    ) -> PyResult<T> {
        let outcome = py.detach(|| read(&Reader::open(&self.path)?));
        outcome.map_err(|error| match fault(py, &error.to_string()) {
            Ok(exception) | Err(exception) => exception,
        })
    }
}

fn fault(py: Python<'_>, message: &str) -> PyResult<PyErr> {
    let class = py.import("saltus._errors")?.getattr("Error")?;
    Ok(PyErr::from_value(class.call1((message,))?))
}

#[pymethods]
impl Trajectory {
    #[new]
    fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// `(n_frames, n_atoms, n_kernels)`.
    fn shape(&self, py: Python<'_>) -> PyResult<(usize, usize, usize)> {
        self.read(py, |reader| {
            Ok((reader.n_frames(), reader.n_atoms(), reader.n_kernels()))
        })
    }

    fn topology<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let own = self.read(py, |reader| Ok(reader.topology().clone()))?;
        topology(py, &own)
    }

    /// What the run said of itself as JSON; `None` for other programs' files.
    fn header(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.read(py, |reader| {
            let header = reader.header().map(|header| {
                serde_json::json!({
                    "input_yaml": header.input_yaml,
                    "program_version": header.program_version,
                    "seed": header.seed,
                    "device": header.device,
                    "exact": header.exact,
                    "kernel_names": header.kernel_names,
                    "replica": header.replica,
                    "temperature_kelvin": header.temperature_kelvin,
                    "masses_da": header.masses_da,
                    "log_weights": header.log_weights,
                    "velocities": header.velocities,
                })
            });
            Ok(header.map(|header| header.to_string()))
        })
    }

    /// Positions in nm, f32 `[stop - start, n_atoms, 3]`.
    fn positions<'py>(
        &self,
        py: Python<'py>,
        start: usize,
        stop: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (values, n_atoms) = self.read(py, |reader| {
            Ok((reader.read_positions(start..stop)?, reader.n_atoms()))
        })?;
        array(py, values, [stop - start, n_atoms, 3])
    }

    /// Potential energies in kJ/mol, `[n_frames]`.
    fn potential_energies<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let read = |reader: &Reader| reader.read_potential_energies(0..reader.n_frames());
        let values = self.read(py, read)?;
        let n_frames = values.len();
        array(py, values, [n_frames])
    }

    /// Simulated times in ps, `[n_frames]`.
    fn times_ps<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let values = self.read(py, |reader| reader.read_times_ps(0..reader.n_frames()))?;
        let n_frames = values.len();
        array(py, values, [n_frames])
    }

    /// Cycles, `[n_frames]`.
    fn cycles<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let values = self.read(py, |reader| reader.read_steps(0..reader.n_frames()))?;
        let n_frames = values.len();
        array(py, values, [n_frames])
    }

    /// Acceptance of every kernel since the frame before, `[n_frames, n_kernels]`.
    fn acceptance<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (values, shape) = self.read(py, |reader| {
            let shape = [reader.n_frames(), reader.n_kernels()];
            Ok((reader.read_acceptance(0..reader.n_frames())?, shape))
        })?;
        array(py, values, shape)
    }
}
