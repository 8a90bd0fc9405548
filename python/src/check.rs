//! The exactness suite on a proposal of Python.

use pyo3::prelude::*;
use saltus::conformance::{self, Effort, Outcome};
use saltus::proposal::Proposal;
use saltus::{Molecule, Topology};

use crate::convert::topology;
use crate::molecule::Evaluator;
use crate::proposal::PythonProposal;
use crate::run::kept;

type Told = (String, f64, &'static str, String);

/// Target, acceptance, outcome and reason of every test; `make` gives an object to ask, made anew for every target.
///
/// What the user's code raises while it proposes is raised here; what its `setup` raises is a refusal of that target.
#[pyfunction]
pub(crate) fn check(
    py: Python<'_>,
    make: Py<PyAny>,
    molecule: Option<&Bound<'_, Evaluator>>,
    n_replicas: usize,
    n_steps: u64,
    seed: u64,
) -> PyResult<Vec<Told>> {
    let molecule = molecule.map(|evaluator| {
        evaluator.get().with(|own| Molecule {
            topology: own.topology().clone(),
            positions: own.positions().to_vec(),
        })
    });
    let effort = Effort {
        n_replicas,
        n_steps,
        seed,
    };
    kept();
    let verdicts = py.detach(|| {
        let mut maker = |topology: &Topology| proposal(&make, topology);
        conformance::check(&mut maker, molecule.as_ref(), effort)
    });
    if let Some(raised) = kept() {
        return Err(raised);
    }
    Ok(verdicts
        .into_iter()
        .map(|verdict| {
            let (outcome, reason) = match verdict.outcome {
                Outcome::Passed => ("passed", String::new()),
                Outcome::Unclear(reason) => ("unclear", reason),
                Outcome::Failed(reason) => ("failed", reason),
                Outcome::Refused(reason) => ("refused", reason),
            };
            (verdict.target, verdict.acceptance, outcome, reason)
        })
        .collect())
}

fn proposal(make: &Py<PyAny>, molecule: &Topology) -> Result<Box<dyn Proposal>, String> {
    Python::attach(|py| {
        let object = make.call0(py)?;
        let name = object.getattr(py, "name")?.extract(py)?;
        PythonProposal::new(py, object, name, |object| {
            let molecule = topology(py, molecule)?;
            object.call_method1(py, "setup", (molecule,)).map(|_| ())
        })
    })
    .map(|made| Box::new(made.breaking_off()) as Box<dyn Proposal>)
    .map_err(|error: PyErr| error.to_string())
}
