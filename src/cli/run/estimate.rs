//! `saltus run --dry-run`: what a run would do, on what, and how much memory and disk it would take.

use serde::Serialize;

use crate::cli::config::{LoadedConfig, Precision};
use crate::cli::console::{print, print_json};
use crate::cli::device::{Device, host_engine};
use crate::cli::error::{Blame, CliError};
use crate::cli::memory::{needed_bytes, shown};
use crate::cli::resident::Cycle;
use crate::cli::setup::Prepared;
use crate::cli::{CliResult, kernels::make_kernels};
use crate::gpu::{self, Choice, Plan};

/// Bytes of the scalars of a frame: step, time, two energies, temperature.
const SCALAR_BYTES: u64 = 5 * 8;

/// What a run would take.
#[derive(Debug, Serialize)]
struct Estimate {
    atoms: usize,
    residues: usize,
    constraints: usize,
    replicas: usize,
    /// `None`: will be drawn.
    seed: Option<u64>,
    trajectories: usize,
    frames_per_trajectory: u64,
    kernels: Vec<String>,
    exact: bool,
    device: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    largest_batch: Option<usize>,
    host_bytes: u64,
    disk_bytes: u64,
}

/// Prints the estimate as lines or as JSON.
///
/// # Errors
/// Whatever would keep the run from starting.
pub(super) fn dry_run(loaded: &LoadedConfig, prepared: &Prepared, json: bool) -> CliResult {
    let estimate = estimate(loaded, prepared)?;
    if json {
        return print_json(&estimate);
    }
    let batch = estimate.largest_batch.map_or(String::new(), |largest| {
        format!(", in batches of at most {largest} replicas")
    });
    let on_device = estimate.device_bytes.map_or(String::new(), |bytes| {
        format!("{} on the device{batch}, ", shown(bytes))
    });
    print(&format!(
        "molecule    {} atoms in {} residues, {} constraints\nreplicas    {}\nseed        {}\nsampler     {} ({})\ndevice      {}\nmemory      {on_device}{} on the host\noutput      {} trajectories of {} frames, at most {} (twice that while it runs)\nnothing was written; leave out --dry-run to run it\n",
        estimate.atoms,
        estimate.residues,
        estimate.constraints,
        estimate.replicas,
        estimate.seed.map_or(
            "will be drawn by the operating system and recorded".to_owned(),
            |seed| seed.to_string()
        ),
        estimate.kernels.join(", "),
        if estimate.exact { "exact" } else { "not exact" },
        estimate.device,
        shown(estimate.host_bytes),
        estimate.trajectories,
        estimate.frames_per_trajectory,
        shown(estimate.disk_bytes),
    ))
}

fn estimate(loaded: &LoadedConfig, prepared: &Prepared) -> Result<Estimate, CliError> {
    let config = &loaded.config;
    let topology = &prepared.molecule.topology;
    let kernels = make_kernels(loaded, topology)?;
    let (n_atoms, n_replicas) = (topology.n_atoms() as u64, config.n_replicas());
    let n_trajectories = config.written_replicas().len();
    let n_frames = config.run.cycles / config.output.every_cycles.max(1);
    let n_vectors = 1 + u64::from(config.output.velocities);
    let frame_bytes = n_vectors * 12 * n_atoms + SCALAR_BYTES + 8 * kernels.len() as u64;
    let plan = gpu_plan(loaded, prepared)?;
    let device = match &plan {
        Some(plan) => plan.adapter.clone(),
        None => host_engine(config, topology, &prepared.system)?.description(),
    };
    Ok(Estimate {
        atoms: topology.n_atoms(),
        residues: topology.residues.len(),
        constraints: prepared.system.constraints.len(),
        replicas: n_replicas,
        seed: (!loaded.seed_is_drawn).then(|| config.seed()),
        trajectories: n_trajectories,
        frames_per_trajectory: n_frames,
        kernels: kernels
            .iter()
            .map(|kernel| kernel.name().to_owned())
            .collect(),
        exact: kernels.iter().all(|kernel| kernel.is_exact()),
        device,
        device_bytes: plan.as_ref().map(|plan| plan.device_bytes(n_replicas)),
        largest_batch: plan.as_ref().map(|plan| plan.largest_batch),
        host_bytes: needed_bytes(topology.n_atoms(), n_replicas),
        disk_bytes: n_trajectories as u64 * n_frames * frame_bytes,
    })
}

/// The plan of the GPU that the run would take, if it would take one.
fn gpu_plan(loaded: &LoadedConfig, prepared: &Prepared) -> Result<Option<Plan>, CliError> {
    let config = &loaded.config;
    let plan = match Device::of(config) {
        Device::Cpu => None,
        Device::Gpu(choice) => Some(gpu::plan(&prepared.system, &choice).blame_input()?),
        Device::Auto if config.precision == Precision::Double => None,
        Device::Auto => gpu::plan(&prepared.system, &Choice::Real).ok(),
    };
    let leaps = || Cycle::new(loaded, &prepared.molecule.topology)?.leaps;
    Ok(plan.map(|plan| match leaps() {
        Some(leaps) => plan.with_leaps(&leaps),
        None => plan,
    }))
}
