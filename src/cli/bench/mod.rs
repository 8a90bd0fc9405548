//! `saltus bench`: several samplers, one molecule, equal wall-clock time; who yields more effective samples a second.

mod exits_report;
mod report;
mod samplers;
mod setup;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use self::report::BenchReport;
use self::samplers::MIN_CHAINS;
use super::CliResult;
use super::config::{LoadedConfig, MOST_REPLICAS};
use super::console::{note, print, print_json};
use super::embed::BenchOptions;
use super::error::{Blame, CliError};
use super::kernels::choice;
use super::setup::{Overrides, load, prepare};
use super::soundness::kernel_warnings;
use crate::analysis::{NameKind, ObservableSet};
use crate::bench::{BenchPhase, BenchTimes, N_ROUNDS, compare};
use crate::topology::Topology;

/// Arguments of `saltus bench`.
#[derive(Debug, Args)]
#[command(
    after_help = "Samplers: md_1fs, md_2fs_hbonds, md_4fs_heavy (plain MD, the strongest is the baseline), \
md_0.5fs_timewarp, uniform_torsion, replica_exchange, adaptive_torsion, input (that of the file)."
)]
pub(crate) struct BenchArguments {
    /// The YAML input file: molecule, force field, temperature, device, and the sampler named `input`.
    #[arg(value_name = "INPUT.yaml")]
    input: PathBuf,
    /// Wall-clock seconds of every sampler, equilibration included.
    #[arg(long, value_name = "S", default_value_t = 60.0)]
    seconds: f64,
    /// Wall-clock seconds that plain MD gets to leave the rare sides which an exact sampler found, where it does not mix by
    /// itself or crosses too seldom to tell: its rate is then known, not only bounded. As many as --seconds unless given; 0: none.
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    md_seconds: Option<f64>,
    /// Replicas simulated side by side, each a chain (replica exchange: each rung of each ladder); at least 4 chains.
    #[arg(long, value_name = "N", default_value_t = 64)]
    chains: usize,
    /// Only these samplers, separated by commas.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    samplers: Vec<String>,
    /// Write bench.json and bench.txt to this folder too.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Run on this device instead of `device`: auto, cpu, gpu, gpu:NAME.
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
    /// Print one JSON object on stdout.
    #[arg(long)]
    json: bool,
    /// Show no progress.
    #[arg(short, long)]
    quiet: bool,
}

impl BenchArguments {
    /// Those of a host program.
    pub(crate) fn hosted(options: BenchOptions) -> Self {
        let BenchOptions {
            seconds,
            md_seconds,
            chains,
            samplers,
            device,
            output,
        } = options;
        Self {
            input: PathBuf::new(),
            seconds,
            md_seconds,
            chains,
            samplers,
            output,
            device,
            json: false,
            quiet: true,
        }
    }

    /// What the flags change in the input.
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            device: self.device.clone(),
            ..Overrides::default()
        }
    }

    fn md_seconds(&self) -> f64 {
        self.md_seconds.unwrap_or(self.seconds)
    }
}

/// Runs all samplers in turns and prints the comparison.
pub(crate) fn bench(arguments: &BenchArguments) -> CliResult {
    let mut loaded = load(&arguments.input, arguments.overrides())?;
    let mut tell = |line: &str| {
        if !arguments.quiet {
            note(line);
        }
        true
    };
    let report = compared(arguments, &mut loaded, &mut tell)?;
    if !arguments.quiet {
        loaded.note_drawn_seed("the random numbers, though not the time that each sampler gets");
    }
    if arguments.json {
        print_json(&report)
    } else {
        print(&table::text(&report))
    }
}

/// Runs all samplers in turns in a host program, which is told in a line what begins and answers whether it may; the comparison
/// as one JSON object and as a table.
///
/// # Errors
/// As those of `saltus bench`.
pub(crate) fn bench_hosted(
    arguments: &BenchArguments,
    mut loaded: LoadedConfig,
    tell: &mut dyn FnMut(&str) -> bool,
) -> Result<(String, String), CliError> {
    let report = compared(arguments, &mut loaded, tell)?;
    let json = serde_json::to_string(&report).blame_run()?;
    Ok((json, table::text(&report)))
}

/// Runs all samplers in turns, and writes the comparison where that is asked for.
fn compared(
    arguments: &BenchArguments,
    loaded: &mut LoadedConfig,
    tell: &mut dyn FnMut(&str) -> bool,
) -> Result<BenchReport, CliError> {
    check(arguments)?;
    let names = samplers::possible(samplers::chosen(&arguments.samplers)?, loaded);
    let topology = prepare(loaded)?.molecule.topology;
    choice::resolve(loaded, &topology);
    let set = observables(loaded, &topology)?;
    let (mut samplers, mut setup_seconds) = (Vec::new(), Vec::new());
    for name in names {
        let own = samplers::input_of(name, loaded, &topology, arguments.chains);
        let (sampler, seconds) = setup::sampler(name, &own)?;
        samplers.push(sampler);
        setup_seconds.push(seconds);
    }
    let n_samplers = samplers.len();
    let times = BenchTimes {
        seconds: arguments.seconds,
        md_seconds: arguments.md_seconds(),
    };
    let mut on_phase = |phase: BenchPhase| tell(&announcement(phase, n_samplers, times));
    let outcome = compare(samplers, &set, times, &mut on_phase).blame_run()?;
    for measured in &outcome.measured {
        for warning in kernel_warnings(&measured.kernels) {
            log::warn!("sampler `{}`: {warning}", measured.draws.name);
        }
    }
    let report = BenchReport::of(loaded, &outcome, &setup_seconds);
    if let Some(directory) = &arguments.output {
        write(directory, &report)?;
    }
    Ok(report)
}

fn announcement(phase: BenchPhase, n_samplers: usize, times: BenchTimes) -> String {
    match phase {
        BenchPhase::Round {
            round,
            is_equilibration,
        } => format!(
            "round {round} of {N_ROUNDS}, {}: {n_samplers} samplers, {:.1} s each",
            if is_equilibration {
                "equilibration"
            } else {
                "sampling"
            },
            times.seconds / f64::from(N_ROUNDS)
        ),
        BenchPhase::Exits => {
            format!("plain MD from the rare sides: {:.1} s", times.md_seconds)
        }
    }
}

fn check(arguments: &BenchArguments) -> CliResult {
    if !(arguments.seconds > 0.0 && arguments.seconds <= 1e6) {
        return Err(CliError::input(format!(
            "--seconds: got {}, expected a number over 0 and at most 1000000\n  help: 20 is enough for a dipeptide, chains of larger molecules need more to mix",
            arguments.seconds
        )));
    }
    if !(0.0..=1e6).contains(&arguments.md_seconds()) {
        return Err(CliError::input(format!(
            "--md-seconds: got {}, expected a number from 0 to 1000000\n  help: leave it out for as many as --seconds; 0 leaves plain MD with a bound where it does not mix",
            arguments.md_seconds()
        )));
    }
    if arguments.chains > MOST_REPLICAS {
        return Err(CliError::input(format!(
            "--chains: got {}, expected at most {MOST_REPLICAS}\n  help: leave it out for 64, which fill the lanes of most processors",
            arguments.chains
        )));
    }
    if arguments.chains < MIN_CHAINS {
        return Err(CliError::input(format!(
            "--chains: got {}, expected at least {MIN_CHAINS}: fewer chains cannot tell whether they agree\n  help: leave it out for 64, which fill the lanes of most processors",
            arguments.chains
        )));
    }
    Ok(())
}

/// The observables, of a molecule that has something slow.
fn observables(loaded: &LoadedConfig, topology: &Topology) -> Result<ObservableSet, CliError> {
    let set = ObservableSet::of(topology).blame_input()?;
    let mut names = set.names().into_iter();
    if names.any(|name| NameKind::of(&name).is_feature()) {
        return Ok(set);
    }
    let path = if loaded.config.system.prmtop.is_some() {
        "system.prmtop"
    } else if loaded.config.system.pdb.is_some() {
        "system.pdb"
    } else {
        "system.sequence"
    };
    let help = "choose a molecule with at least one residue between caps, such as ACE-ALA-NME";
    let problem = "the molecule has no phi, psi or chi to turn, so there is nothing slow to compare samplers by";
    Err(loaded.source.fault_at(path, problem, help).into())
}

fn write(directory: &Path, report: &BenchReport) -> CliResult {
    let put = |name: &str, text: String| {
        let path = directory.join(name);
        fs::write(&path, text)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
            .blame_run()
    };
    fs::create_dir_all(directory)
        .map_err(|error| format!("cannot make {}: {error}", directory.display()))
        .blame_input()?;
    put(
        "bench.json",
        serde_json::to_string_pretty(report).blame_run()? + "\n",
    )?;
    put("bench.txt", table::text(report))
}
