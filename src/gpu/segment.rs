//! What a segment of dynamics asks of the device, and what its failures mean.

use super::error::GpuError;
use super::shader::kernels::KernelKind;
use super::shader::layout::{Failure, NO_FAILURE, Settings};
use super::tables::{index, single};
use crate::integrator::{Diverged, EngineError, Splitting};
use crate::rng;

/// What a segment of dynamics asks of the device.
pub(crate) struct Run<'a> {
    pub(super) kind: KernelKind,
    pub(super) settings: Settings,
    pub(super) first_step: u64,
    pub(super) n_steps: u64,
    /// Whether `n_steps` counts time steps, which may be spread over dispatches.
    pub(super) paced: bool,
    pub(super) temperatures_kelvin: Option<&'a [f64]>,
}

impl Run<'_> {
    pub(super) fn once(kind: KernelKind, settings: Settings, first_step: u64) -> Self {
        Self {
            kind,
            settings,
            first_step,
            n_steps: 0,
            paced: false,
            temperatures_kelvin: None,
        }
    }
}

/// The step of the run whose low word a failure carries: the last one up to `latest`.
fn step_of_run(word: u32, latest: u64) -> u64 {
    let [low, _] = rng::key(latest);
    latest.saturating_sub(low.wrapping_sub(word).into())
}

/// Whether nothing at all was noted, which neither a sound replica nor a failed one leaves: a failure has a force or no step of one.
fn is_blank(failure: &Failure) -> bool {
    failure.force_step == 0 && failure.constraint_step == 0 && failure.worst_force == 0.0
}

/// The earliest failure and its step; `latest` is the step count of the run, `first_replica` the number of the first.
pub(super) fn earliest(
    failures: &[Failure],
    first_replica: usize,
    latest: u64,
) -> Option<(u64, EngineError)> {
    if let Some(index) = failures.iter().position(is_blank) {
        let reason = format!(
            "the device gave back zeros where it was to note failures of replica {}: it did not do the work, or lost its memory; restart it, or take `device: cpu`",
            first_replica + index
        );
        return Some((latest, EngineError::Device { reason }));
    }
    let steps = failures.iter().enumerate().filter_map(|(index, failure)| {
        let word = failure.force_step.min(failure.constraint_step);
        (word != NO_FAILURE).then(|| (step_of_run(word, latest), index))
    });
    let (step, index) = steps.min()?;
    let failure = &failures[index];
    let replica = first_replica + index;
    if failure.force_step == NO_FAILURE {
        return Some((step, EngineError::Constraints { replica, step }));
    }
    let diverged = Diverged {
        replica,
        step,
        atom_index: failure.atom_index as usize,
        worst_force_kj_per_mol_nm: f64::from(failure.worst_force).sqrt(),
    };
    Some((step, diverged.into()))
}

/// The earliest failure of constraints where there is one, else as [`earliest`].
pub(super) fn gravest(
    failures: &[Failure],
    first_replica: usize,
    latest: u64,
) -> Option<(u64, EngineError)> {
    if failures.iter().any(is_blank) {
        return earliest(failures, first_replica, latest);
    }
    let of_constraints: Vec<Failure> = failures
        .iter()
        .map(|&failure| Failure {
            force_step: NO_FAILURE,
            ..failure
        })
        .collect();
    earliest(&of_constraints, first_replica, latest)
        .or_else(|| earliest(failures, first_replica, latest))
}

impl From<GpuError> for EngineError {
    fn from(error: GpuError) -> Self {
        Self::Device {
            reason: error.to_string(),
        }
    }
}

/// Settings of a trajectory of constant energy.
pub(super) fn trajectory_settings(splitting: Splitting, timestep_ps: f64) -> Settings {
    Settings {
        n_stages: index(splitting.stages().len()),
        ..timestep_settings(timestep_ps)
    }
}

/// Settings of a time step.
pub(super) fn timestep_settings(timestep_ps: f64) -> Settings {
    Settings {
        timestep_ps: single(timestep_ps),
        inverse_timestep_per_ps: single(1.0 / timestep_ps),
        ..Settings::default()
    }
}
