//! The engines that users run, for rows whose target is a molecule.

use crate::adapter;
use crate::table::Row;
use saltus::cpu::{self, CpuOptions};
use saltus::forcefield::System;
use saltus::gpu::{self, Choice, GpuOptions, ShaderSources};
use saltus::integrator::Engine;

/// What a row runs on.
pub(crate) enum Machine {
    Cpu,
    /// With shaders that may have been tampered with.
    Gpu(Choice, ShaderSources),
}

impl Machine {
    /// The tests' adapter with the shaders as they are; `None`, said aloud, where there is no adapter.
    pub(crate) fn gpu() -> Option<Self> {
        Some(Self::Gpu(adapter::choice()?, ShaderSources::default()))
    }

    /// An engine for a row's target.
    ///
    /// # Panics
    /// If the target is not a molecule.
    pub(crate) fn engine(&self, row: &Row) -> Box<dyn Engine> {
        let system = system(row);
        match self {
            Self::Cpu => cpu::engine(&system, &CpuOptions::default()).unwrap(),
            Self::Gpu(choice, sources) => gpu::engine(&system, &options(choice, sources)).unwrap(),
        }
    }
}

/// The target of a row as force-field terms.
pub(crate) fn system(row: &Row) -> System {
    (row.target)().system().unwrap()
}

/// Many molecules of a few atoms a workgroup: as on a real GPU, and faster on software.
pub(crate) fn options(choice: &Choice, sources: &ShaderSources) -> GpuOptions {
    GpuOptions {
        choice: choice.clone(),
        sources: sources.clone(),
        n_sharing: Some(8),
        ..GpuOptions::default()
    }
}
