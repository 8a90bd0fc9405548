//! What a segment of dynamics asks of the device, and what its failures mean. Dispatches nothing.

use super::error::GpuError;
use super::kernels::KernelKind;
use super::layout::{Failure, NO_FAILURE, Settings};
use super::tables::single;
use crate::integrator::{Diverged, EngineError};

/// What a segment of dynamics asks of the device.
pub(super) struct Run<'a> {
    pub(super) kind: KernelKind,
    pub(super) settings: Settings,
    pub(super) first_step: u64,
    pub(super) n_steps: u64,
    /// Whether `n_steps` counts time steps, which may be spread over dispatches.
    pub(super) paced: bool,
    pub(super) checks_forces: bool,
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
            checks_forces: false,
            temperatures_kelvin: None,
        }
    }
}

/// The failure of the first replica that has one.
pub(super) fn report(
    failures: &[Failure],
    first_replica: usize,
    first_step: u64,
    checks_forces: bool,
) -> Result<(), EngineError> {
    for (replica, failure) in failures.iter().enumerate() {
        let replica = first_replica + replica;
        if checks_forces && failure.force_step != NO_FAILURE {
            return Err(Diverged {
                replica,
                step: first_step + u64::from(failure.force_step),
                atom_index: failure.atom_index as usize,
                worst_force_kj_per_mol_nm: f64::from(failure.worst_force).sqrt(),
            }
            .into());
        }
        if failure.constraint_step != NO_FAILURE {
            return Err(EngineError::Constraints {
                replica,
                step: first_step + u64::from(failure.constraint_step),
            });
        }
    }
    Ok(())
}

impl From<GpuError> for EngineError {
    fn from(error: GpuError) -> Self {
        Self::Device {
            reason: error.to_string(),
        }
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
