//! `saltus info`: what this program is and what it finds on this machine.

use clap::Args;
use serde::Serialize;

use super::config::{BUILTIN_FORCE_FIELDS, KERNEL_NAMES, Solvent};
use super::{CliResult, console};

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
    devices: Vec<String>,
    force_fields: Vec<&'static str>,
    solvents: Vec<&'static str>,
    kernels: Vec<&'static str>,
}

/// Prints the facts as lines or as JSON.
pub(crate) fn info(arguments: &InfoArguments) -> CliResult {
    let info = Info {
        version: env!("CARGO_PKG_VERSION"),
        target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        instruction_sets: instruction_sets(),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        devices: vec!["cpu".to_owned()],
        force_fields: BUILTIN_FORCE_FIELDS.to_vec(),
        solvents: Solvent::ALL.iter().map(|solvent| solvent.name()).collect(),
        kernels: KERNEL_NAMES.to_vec(),
    };
    if arguments.json {
        return console::print_json(&info);
    }
    console::print(&format!(
        "saltus {}\ntarget             {}\ninstruction sets   {}\nthreads            {}\ndevices            {}\nforce fields       {}\nsolvents           {}\nkernels            {}\n",
        info.version,
        info.target,
        info.instruction_sets.join(", "),
        info.threads,
        info.devices.join(", "),
        info.force_fields.join(", "),
        info.solvents.join(", "),
        info.kernels.join(", "),
    ))
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
