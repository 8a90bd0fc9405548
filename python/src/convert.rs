//! Arrays, topologies and inputs on their way between the two languages.

use std::path::PathBuf;

use numpy::ndarray::IntoDimension;
use numpy::{Element, PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use saltus::Topology;
use saltus::cli::embed::Input;

/// An array of a shape from its values, row-major.
pub(crate) fn array<'py, T: Element, S: IntoDimension>(
    py: Python<'py>,
    values: Vec<T>,
    shape: S,
) -> PyResult<Bound<'py, PyAny>> {
    let flat = PyArray1::from_vec(py, values);
    Ok(flat.reshape(shape)?.into_any())
}

/// An input as Python hands it over: a text, or the path of a file.
#[derive(FromPyObject)]
pub(crate) struct GivenInput(bool, String, PathBuf);

impl From<GivenInput> for Input {
    fn from(given: GivenInput) -> Self {
        match given {
            GivenInput(true, text, _) => Self::Text(text),
            GivenInput(false, _, path) => Self::File(path),
        }
    }
}

/// `(atoms, residues, bonds)`: an atom is (name, element, residue index), a residue (name, number, chain), a bond a pair of atoms.
pub(crate) fn topology<'py>(py: Python<'py>, topology: &Topology) -> PyResult<Bound<'py, PyTuple>> {
    let atoms: Vec<(&str, &str, usize)> = topology
        .atoms
        .iter()
        .map(|atom| (&*atom.name, atom.element.symbol(), atom.residue_index))
        .collect();
    let residues: Vec<(&str, i32, String)> = topology
        .residues
        .iter()
        .map(|residue| (&*residue.name, residue.number, residue.chain.to_string()))
        .collect();
    let bonds: Vec<(usize, usize)> = topology.bonds.iter().map(|&[i, j]| (i, j)).collect();
    (atoms, residues, bonds).into_pyobject(py)
}
