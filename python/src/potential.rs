//! Potentials written in Python: `system: {potential: NAME}` asks an object for the energies and forces of the whole batch.

use numpy::PyReadonlyArray1;
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use saltus::cli::embed::{self, Potentials};
use saltus::integrator::{Potential, PotentialEngine};
use saltus::{Engine, Topology};

use crate::convert::{array, topology};
use crate::offered;
use crate::run::keep;

/// Lets inputs name potentials.
pub(crate) fn register() -> Result<(), String> {
    embed::register_potentials(Potentials { is_known, engine })
}

fn is_known(name: &str) -> bool {
    Python::attach(|py| offered::object(py, name).is_some())
}

fn engine(name: &str, molecule: &Topology, masses_da: &[f64]) -> Result<Box<dyn Engine>, String> {
    Python::attach(|py| {
        let object =
            offered::object(py, name).ok_or_else(|| "it was not handed over".to_owned())?;
        let set_up = || -> PyResult<bool> {
            object.call_method1(py, "setup", (topology(py, molecule)?,))?;
            object.getattr(py, "is_free")?.extract(py)
        };
        let is_free = set_up().map_err(|error| {
            let reason = error.to_string();
            keep(error);
            format!("its `setup` failed: {reason}")
        })?;
        let potential = PythonPotential {
            object,
            name: name.to_owned(),
            masses_da: masses_da.to_vec(),
            is_free,
        };
        Ok(Box::new(PotentialEngine::of(potential)) as Box<dyn Engine>)
    })
}

/// An object of Python that has an energy.
struct PythonPotential {
    object: Py<PyAny>,
    name: String,
    masses_da: Vec<f64>,
    is_free: bool,
}

type Asked<'a> = (&'a mut [f64], Option<&'a mut [f64]>);

impl PythonPotential {
    fn ask(
        &self,
        py: Python<'_>,
        positions: &[f64],
        (energies, forces): &mut Asked<'_>,
    ) -> PyResult<()> {
        let shape = [energies.len(), self.masses_da.len(), 3];
        let positions = array(py, positions.to_vec(), shape)?;
        let Some(forces) = forces else {
            let found = self.object.call_method1(py, "energies", (positions,))?;
            let found: PyReadonlyArray1<'_, f64> = found.extract(py)?;
            energies.copy_from_slice(found.as_slice()?);
            return Ok(());
        };
        let found = self.object.call_method1(py, "evaluate", (positions,))?;
        let found: (PyReadonlyArray1<'_, f64>, PyReadonlyArray1<'_, f64>) = found.extract(py)?;
        energies.copy_from_slice(found.0.as_slice()?);
        forces.copy_from_slice(found.1.as_slice()?);
        Ok(())
    }

    fn answer(&self, positions: &[f64], mut asked: Asked<'_>) -> Result<(), String> {
        let answered = Python::attach(|py| match self.ask(py, positions, &mut asked) {
            // Ctrl-C struck within the user's code: asked again, so that the cycle ends as it would have.
            Err(error) if error.is_instance_of::<PyKeyboardInterrupt>(py) => {
                keep(error);
                self.ask(py, positions, &mut asked)
            }
            other => other,
        });
        answered.map_err(|error| {
            let reason = format!("the potential `{}` failed: {error}", self.name);
            keep(error);
            reason
        })
    }
}

impl Potential for PythonPotential {
    fn name(&self) -> String {
        format!("potential {} in Python, f64", self.name)
    }

    fn masses_da(&self) -> &[f64] {
        &self.masses_da
    }

    fn is_free(&self) -> bool {
        self.is_free
    }

    fn energies(&mut self, positions: &[f64], energies: &mut [f64]) -> Result<(), String> {
        self.answer(positions, (energies, None))
    }

    fn energies_and_forces(
        &mut self,
        positions: &[f64],
        energies: &mut [f64],
        forces: &mut [f64],
    ) -> Result<(), String> {
        self.answer(positions, (energies, Some(forces)))
    }
}
