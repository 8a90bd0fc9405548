//! Molecules from sequences, and energies.

use std::sync::{Mutex, PoisonError};

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use saltus::cli::embed::{self, Input};
use saltus::topology::pdb;

use crate::convert::{GivenInput, array, topology};
use crate::errors::OrRaise;
use crate::logs;

type Built<'py> = (Bound<'py, PyTuple>, Bound<'py, PyAny>, String);

/// `(topology, positions in nm [n_atoms, 3], PDB text)` of a peptide.
#[pyfunction]
pub(crate) fn build<'py>(
    py: Python<'py>,
    sequence: &str,
    disulfides: Vec<[usize; 2]>,
    force_field: &str,
    solvent: &str,
    minimize: bool,
) -> PyResult<Built<'py>> {
    logs::install();
    let built = py.detach(|| embed::build(sequence, &disulfides, force_field, solvent, minimize));
    let molecule = built.or_raise(py)?;
    let mut text = Vec::new();
    pdb::write(&mut text, &molecule.topology, &molecule.positions)
        .map_err(|error| pyo3::exceptions::PyOSError::new_err(error.to_string()))?;
    let n_atoms = molecule.positions.len();
    let positions = array(py, molecule.positions.concat(), [n_atoms, 3])?;
    let text = String::from_utf8_lossy(&text).into_owned();
    Ok((topology(py, &molecule.topology)?, positions, text))
}

/// The molecule of an input, which evaluates frames.
#[pyclass(frozen)]
pub(crate) struct Evaluator(Mutex<embed::Evaluator>);

impl Evaluator {
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut embed::Evaluator) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[pymethods]
impl Evaluator {
    #[new]
    fn new(py: Python<'_>, input: GivenInput) -> PyResult<Self> {
        logs::install();
        let input = Input::from(input);
        let evaluator = py.detach(|| embed::Evaluator::new(&input)).or_raise(py)?;
        Ok(Self(Mutex::new(evaluator)))
    }

    #[getter]
    fn topology<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.with(|evaluator| topology(py, evaluator.topology()))
    }

    #[getter]
    fn masses_da<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let masses = self.with(|evaluator| evaluator.masses_da().to_vec());
        let n_atoms = masses.len();
        array(py, masses, [n_atoms])
    }

    #[getter]
    fn positions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let positions = self.with(|evaluator| evaluator.positions().to_vec());
        array(py, positions.concat(), [positions.len(), 3])
    }

    #[getter]
    fn forces<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let forces = self.with(|evaluator| evaluator.forces().to_vec());
        array(py, forces.concat(), [forces.len(), 3])
    }

    #[getter]
    fn terms(&self) -> Vec<(&'static str, f64)> {
        self.with(|evaluator| evaluator.terms())
    }

    /// Energies `[n_frames]` and forces `[n_frames, n_atoms, 3]` of positions given as one row of numbers.
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        positions: PyReadonlyArray1<'py, f64>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let positions = positions.as_slice()?.to_vec();
        let evaluate = || self.with(|evaluator| evaluator.evaluate(&positions));
        let (energies, forces) = py.detach(evaluate).or_raise(py)?;
        let n_frames = energies.len();
        let n_atoms = self.with(|evaluator| evaluator.topology().n_atoms());
        Ok((
            array(py, energies, [n_frames])?,
            array(py, forces, [n_frames, n_atoms, 3])?,
        ))
    }
}
