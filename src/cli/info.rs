//! `saltus info`: what this program is and what it finds on this machine.

use clap::Args;
use serde::Serialize;

use crate::gpu::{self, AdapterSummary};

use super::config::{BUILTIN_FORCE_FIELDS, Solvent};
use super::{CliResult, console};
use crate::mcmc::kernel_names;

/// Arguments of `saltus info`.
#[derive(Debug, Args)]
pub(crate) struct InfoArguments {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Info {
    version: &'static str,
    target: String,
    instruction_sets: Vec<&'static str>,
    threads: usize,
    devices: Vec<&'static str>,
    gpu_adapters: Vec<Adapter>,
    force_fields: Vec<&'static str>,
    solvents: Vec<&'static str>,
    kernels: Vec<&'static str>,
}

/// An adapter and what it can run.
#[derive(Debug, Serialize)]
struct Adapter {
    device: String,
    name: String,
    kind: String,
    backend: String,
    driver: String,
    energy_sums: &'static str,
    has_timestamps: bool,
    workgroup_memory_bytes: u64,
    workgroup_threads: usize,
    binding_bytes: u64,
    buffer_bytes: u64,
    /// Atoms of the largest molecule, and of the largest whose positions fit into workgroup memory (the fast way).
    largest_molecule_atoms: Option<usize>,
    largest_resident_molecule_atoms: Option<usize>,
    /// Why it can run nothing.
    unfit: Option<String>,
}

/// Prints the facts as lines or as JSON.
pub(crate) fn info(arguments: &InfoArguments) -> CliResult {
    let info = Info {
        version: env!("CARGO_PKG_VERSION"),
        target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        instruction_sets: instruction_sets(),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        devices: vec!["auto", "cpu", "gpu", "gpu:NAME"],
        gpu_adapters: gpu::adapters().iter().map(adapter).collect(),
        force_fields: BUILTIN_FORCE_FIELDS.to_vec(),
        solvents: Solvent::ALL.iter().map(|solvent| solvent.name()).collect(),
        kernels: kernel_names().to_vec(),
    };
    if arguments.json {
        return console::print_json(&info);
    }
    console::print(&format!(
        "saltus {}\ntarget             {}\ninstruction sets   {}\nthreads            {}\ndevices            {}\ngpu adapters       {}\nforce fields       {}\nsolvents           {}\nkernels            {}\n",
        info.version,
        info.target,
        info.instruction_sets.join(", "),
        info.threads,
        info.devices.join(", "),
        adapter_lines(&info.gpu_adapters),
        info.force_fields.join(", "),
        info.solvents.join(", "),
        info.kernels.join(", "),
    ))
}

fn adapter(summary: &AdapterSummary) -> Adapter {
    let fit = gpu::fit(summary);
    Adapter {
        device: format!("gpu:{}", summary.name),
        name: summary.name.clone(),
        kind: summary.kind.to_string(),
        backend: summary.backend.clone(),
        driver: summary.driver.clone(),
        energy_sums: if summary.has_f64 {
            "f64"
        } else {
            "pairs of f32"
        },
        has_timestamps: summary.has_timestamps,
        workgroup_memory_bytes: summary.workgroup_bytes,
        workgroup_threads: summary.workgroup_threads,
        binding_bytes: summary.binding_bytes,
        buffer_bytes: summary.buffer_bytes,
        largest_molecule_atoms: fit.as_ref().ok().map(|fit| fit.largest_molecule),
        largest_resident_molecule_atoms: fit.as_ref().ok().map(|fit| fit.largest_resident_molecule),
        unfit: fit.err().map(|error| error.to_string()),
    }
}

/// One adapter a line, each below the other in the column of values.
fn adapter_lines(adapters: &[Adapter]) -> String {
    if adapters.is_empty() {
        return "none (no Vulkan, Metal or DirectX 12 driver was found)".to_owned();
    }
    let mebibytes = |bytes: u64| bytes / (1 << 20);
    let line = |adapter: &Adapter| {
        let what = format!(
            "{} ({}, {}, {}): energies in {}, {} KiB of workgroup memory, {} MiB a binding",
            adapter.name,
            adapter.kind,
            adapter.backend,
            adapter.driver,
            adapter.energy_sums,
            adapter.workgroup_memory_bytes / 1024,
            mebibytes(adapter.binding_bytes),
        );
        match (
            &adapter.unfit,
            adapter.largest_molecule_atoms,
            adapter.largest_resident_molecule_atoms,
        ) {
            (None, Some(largest), Some(resident)) => {
                format!("{what}; molecules to {largest} atoms, many steps a dispatch to {resident}")
            }
            (unfit, ..) => format!("{what}; unfit: {}", unfit.as_deref().unwrap_or_default()),
        }
    };
    adapters
        .iter()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n                   ")
}

/// Instruction sets of this processor that matter to the engine, the widest last.
fn instruction_sets() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    {
        let found = [
            ("sse2", true),
            ("avx2", is_x86_feature_detected!("avx2")),
            ("fma", is_x86_feature_detected!("fma")),
            ("avx512f", is_x86_feature_detected!("avx512f")),
        ];
        found
            .iter()
            .filter(|(_, present)| *present)
            .map(|&(name, _)| name)
            .collect()
    }
    #[cfg(target_arch = "aarch64")]
    {
        vec!["neon"]
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        Vec::new()
    }
}
