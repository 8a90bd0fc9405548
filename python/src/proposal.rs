//! Proposals written in Python: an entry of the sampler list, `python: {proposal: NAME}`, that asks an object for the whole batch.

use numpy::PyReadonlyArray1;
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::Engine;
use saltus::mcmc::OutsideKind;
use saltus::proposal::{
    Current, EntryChecks, EntryContext, EntryError, LogRatio, Outcome, Proposal, ProposalError,
    ProposalSettings, Proposed, Settings,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::convert::{array, topology};
use crate::offered;
use crate::run::keep;

/// Adds the entry to the list of kernels.
pub(crate) fn register() -> Result<(), String> {
    saltus::mcmc::register(&[OutsideKind::of::<PythonSettings>()])
}

/// Settings of `python`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PythonSettings {
    /// Name of a proposal that was handed over with the input.
    proposal: String,
    /// Moves a cycle.
    #[serde(default = "saltus::proposal::one")]
    repeats: u64,
}

impl PythonSettings {
    fn object(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        offered::object(py, &self.proposal)
    }
}

impl Settings for PythonSettings {
    const NAME: &'static str = "python";
    const ABOUT: &'static str =
        "A proposal written in Python, put to the Metropolis test: exact if its densities are.";
}

impl ProposalSettings for PythonSettings {
    fn repeats(&self) -> u64 {
        self.repeats
    }

    fn check(&self, checks: &mut EntryChecks<'_>) {
        if Python::attach(|py| self.object(py)).is_none() {
            checks.fault(
                "proposal",
                &format!("no proposal `{}` was handed over with this input", self.proposal),
                "put the object itself into the sampler list of a dict: `\"sampler\": [Mine(), ...]`",
            );
        }
    }

    fn adapts(&self) -> bool {
        Python::attach(|py| {
            let object = self.object(py)?;
            object.getattr(py, "adapts").ok()?.extract(py).ok()
        })
        .unwrap_or(false)
    }

    fn proposal(&self, context: &EntryContext<'_>) -> Result<Box<dyn Proposal>, EntryError> {
        Python::attach(|py| {
            let object = self
                .object(py)
                .ok_or_else(|| EntryError::of("it was not handed over"))?;
            let made = PythonProposal::new(py, object, self.proposal.clone(), |object| {
                let molecule = topology(py, context.topology)?;
                object.call_method1(py, "setup", (molecule,)).map(|_| ())
            });
            let made = made.map_err(|error| {
                let reason = error.to_string();
                keep(error);
                EntryError::at("proposal", format!("its `setup` failed: {reason}"), "")
            })?;
            Ok(Box::new(made) as Box<dyn Proposal>)
        })
    }
}

/// An object of Python that proposes.
pub(crate) struct PythonProposal {
    object: Py<PyAny>,
    name: String,
    adapts: bool,
    is_ergodic: bool,
    /// Whether a move that Ctrl-C broke off is asked for again: in a run, which ends its cycle and writes a checkpoint.
    ends_cycles: bool,
}

type Answer<'py> = (
    PyReadonlyArray1<'py, f64>,
    Option<(PyReadonlyArray1<'py, f64>, PyReadonlyArray1<'py, f64>)>,
);

impl PythonProposal {
    /// A proposal, told of its molecule by `setup`.
    pub(crate) fn new(
        py: Python<'_>,
        object: Py<PyAny>,
        name: String,
        setup: impl FnOnce(&Py<PyAny>) -> PyResult<()>,
    ) -> PyResult<Self> {
        setup(&object)?;
        Ok(Self {
            adapts: object.getattr(py, "adapts")?.extract(py)?,
            is_ergodic: object.getattr(py, "is_ergodic")?.extract(py)?,
            object,
            name,
            ends_cycles: true,
        })
    }

    /// The same for who has nothing to lose at Ctrl-C.
    pub(crate) fn breaking_off(self) -> Self {
        Self {
            ends_cycles: false,
            ..self
        }
    }

    fn ask(&self, py: Python<'_>, current: Current<'_>, seed: u64) -> PyResult<Proposed> {
        let state = current.state;
        let shape = [state.n_replicas, state.n_atoms, 3];
        let positions = array(py, state.positions.clone(), shape)?;
        let temperatures = array(py, current.temperatures_kelvin.to_vec(), [state.n_replicas])?;
        let answer = self
            .object
            .call_method1(py, "ask", (positions, temperatures, seed))?;
        let (positions, densities): Answer<'_> = answer.extract(py)?;
        let log_ratio = match densities {
            None => LogRatio::Symmetric,
            Some((forward, reverse)) => LogRatio::Densities {
                log_q_forward: forward.as_slice()?.to_vec(),
                log_q_reverse: reverse.as_slice()?.to_vec(),
            },
        };
        Ok(Proposed::new(positions.as_slice()?.to_vec(), log_ratio))
    }

    fn failed(&self, error: PyErr) -> ProposalError {
        let reason = error.to_string();
        keep(error);
        ProposalError::Failed {
            proposal: self.name.clone(),
            reason,
        }
    }
}

impl Proposal for PythonProposal {
    fn name(&self) -> &str {
        &self.name
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        _engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let seed = streams.first_mut().map_or(0, Rng::next_u64);
        Python::attach(|py| {
            match self.ask(py, current, seed) {
                // Ctrl-C struck within the user's code: the move is asked for again, with the same random numbers, so that
                // the cycle ends as it would have and the checkpoint after it continues the same run.
                Err(error)
                    if self.ends_cycles && error.is_instance_of::<PyKeyboardInterrupt>(py) =>
                {
                    keep(error);
                    self.ask(py, current, seed)
                }
                other => other,
            }
        })
        .map_err(|error| self.failed(error))
    }

    fn is_ergodic(&self) -> bool {
        self.is_ergodic
    }

    fn adapt(&mut self, current: Current<'_>, outcomes: &[Outcome]) {
        if !self.adapts {
            return;
        }
        let state = current.state;
        let accepted: Vec<bool> = outcomes
            .iter()
            .map(|outcome| *outcome == Outcome::Accepted)
            .collect();
        let told = Python::attach(|py| {
            let shape = [state.n_replicas, state.n_atoms, 3];
            let arguments = (
                array(py, state.positions.clone(), shape)?,
                array(py, current.temperatures_kelvin.to_vec(), [state.n_replicas])?,
                array(py, accepted, [state.n_replicas])?,
            );
            self.object.call_method1(py, "adapt", arguments)
        });
        // The trait has no way to fail here: the run stops at its next look.
        if let Err(error) = told {
            keep(error);
        }
    }

    fn freeze(&mut self) {
        if let Err(error) = Python::attach(|py| self.object.call_method0(py, "freeze")) {
            keep(error);
        }
    }

    fn save(&self) -> serde_json::Value {
        let saved = Python::attach(|py| -> PyResult<String> {
            self.object.call_method0(py, "save")?.extract(py)
        });
        match saved {
            Ok(text) => serde_json::Value::String(text),
            Err(error) => {
                keep(error);
                serde_json::Value::Null
            }
        }
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        let Some(text) = saved.as_str() else {
            return Err("it is not that of a proposal in Python".to_owned());
        };
        Python::attach(|py| self.object.call_method1(py, "restore", (text,)))
            .map(|_| ())
            .map_err(|error| error.to_string())
    }
}
