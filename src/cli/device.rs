//! Which device computes: the CPU, a GPU that was asked for, or whatever serves best. Every engine is made here.

use crate::cpu::{self, CpuOptions};
use crate::flow::timewarp::{Timewarp, TimewarpFlow};
use crate::forcefield::System;
use crate::gpu::{self, Choice, GpuError, GpuOptions, GpuTimewarp, GpuTimewarpOptions, Profile};
use crate::integrator::Engine;
use crate::topology::Topology;

use super::config::{Config, Precision};
use super::embed::potentials;
use super::error::{Blame, CliError};

/// The `device` of an input file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Device {
    /// A real GPU if there is one that can carry the molecule, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// A GPU; a software adapter only by its name.
    Gpu(Choice),
}

impl Device {
    /// From `auto`, `cpu`, `gpu` or `gpu:NAME`; `None` for anything else.
    pub(crate) fn parse(device: &str) -> Option<Self> {
        match device {
            "auto" => Some(Self::Auto),
            "cpu" => Some(Self::Cpu),
            _ => Choice::parse(device).ok().map(Self::Gpu),
        }
    }

    /// The device of a checked input.
    pub(crate) fn of(config: &Config) -> Self {
        Self::parse(&config.device).expect("invariant: validation wants a known device")
    }
}

/// The engine of the device asked for; on a GPU it books the times of its kernels in `profile`.
///
/// # Errors
/// A system that the engine cannot carry, an adapter that is not there, or a machine without threads.
pub(crate) fn make_engine(
    config: &Config,
    topology: &Topology,
    system: &System,
    profile: Option<&Profile>,
) -> Result<Box<dyn Engine>, CliError> {
    let engine = match Device::of(config) {
        _ if config.system.potential.is_some() => host_engine(config, topology, system)?,
        Device::Cpu => cpu_engine(config, system)?,
        Device::Gpu(choice) => gpu_engine(system, choice, profile).blame_input()?,
        Device::Auto if config.precision == Precision::Double => cpu_engine(config, system)?,
        Device::Auto => match gpu_engine(system, Choice::Real, profile) {
            Ok(engine) => engine,
            Err(reason) => {
                log::info!("device auto takes the CPU: {reason}");
                cpu_engine(config, system)?
            }
        },
    };
    log::info!("{}", engine.description());
    Ok(engine)
}

/// The engine that asks the potential which the input names, else that of the CPU; whatever the input's device.
///
/// # Errors
/// A potential that refuses the molecule, or rigid bonds beside it; otherwise as those of [`cpu_engine`].
pub(crate) fn host_engine(
    config: &Config,
    topology: &Topology,
    system: &System,
) -> Result<Box<dyn Engine>, CliError> {
    let Some(name) = &config.system.potential else {
        return cpu_engine(config, system);
    };
    if !system.constraints.is_empty() {
        return Err(CliError::input(format!(
            "the molecule has {} rigid bonds, and `system.potential` is sampled without any\n  help: remove `constraints: h-bonds`, or the potential",
            system.constraints.len()
        )));
    }
    let host = potentials().expect("invariant: validation wants a potential that is known");
    (host.engine)(name, topology, &system.masses_da)
        .map_err(|reason| format!("system.potential `{name}`: {reason}"))
        .blame_input()
}

/// The engine of the CPU, whatever the input's device.
///
/// # Errors
/// A system that the engine cannot carry, or a machine without threads.
pub(crate) fn cpu_engine(config: &Config, system: &System) -> Result<Box<dyn Engine>, CliError> {
    let options = CpuOptions {
        precision: match config.precision {
            Precision::Mixed => cpu::Precision::Mixed,
            Precision::Double => cpu::Precision::Double,
        },
        threads: config.threads.unwrap_or(0),
        ..CpuOptions::default()
    };
    cpu::engine(system, &options).blame_input()
}

/// The GPU that an input takes; `None` where it takes the CPU.
pub(crate) fn gpu_choice(config: &Config, system: &System) -> Option<Choice> {
    match Device::of(config) {
        _ if config.system.potential.is_some() => None,
        Device::Cpu => None,
        Device::Gpu(choice) => Some(choice),
        Device::Auto => {
            let is_fit =
                config.precision != Precision::Double && gpu::plan(system, &Choice::Real).is_ok();
            is_fit.then_some(Choice::Real)
        }
    }
}

/// Options of every GPU engine of the program.
pub(crate) fn gpu_options(choice: Choice, profile: Option<&Profile>) -> GpuOptions {
    GpuOptions {
        choice,
        profile: profile.cloned(),
        ..GpuOptions::default()
    }
}

fn gpu_engine(
    system: &System,
    choice: Choice,
    profile: Option<&Profile>,
) -> Result<Box<dyn Engine>, GpuError> {
    gpu::engine(system, &gpu_options(choice, profile))
}

/// A Timewarp model on the device asked for; `auto` takes the CPU where there is no real GPU that can carry it.
///
/// # Errors
/// An adapter that is not there, or one that the model does not fit.
pub(crate) fn timewarp_flow(
    device: &Device,
    model: Timewarp<f32>,
) -> Result<Box<dyn TimewarpFlow>, GpuError> {
    let choice = match device {
        Device::Cpu => return Ok(Box::new(model)),
        Device::Auto => Choice::Real,
        Device::Gpu(choice) => choice.clone(),
    };
    let options = GpuTimewarpOptions {
        choice,
        ..GpuTimewarpOptions::default()
    };
    match GpuTimewarp::new(&model, &options) {
        Ok(flow) => Ok(Box::new(flow)),
        Err(reason) if *device == Device::Auto => {
            log::info!("device auto takes the CPU for the Timewarp flow: {reason}");
            Ok(Box::new(model))
        }
        Err(error) => Err(error),
    }
}
