//! `saltus bench`: several samplers, one molecule, equal wall-clock time; who yields more effective samples a second.

mod draws;
mod exits;
mod exits_report;
mod measure;
mod report;
mod reservoirs;
mod samplers;
mod simulator;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use self::exits::{ExitRun, run_exits};
use self::measure::{Contestant, Finished, MIN_DRAWS, Measured};
use self::report::BenchReport;
use self::samplers::MIN_CHAINS;
use super::CliResult;
use super::analyze::observable_set;
use super::config::{LoadedConfig, MOST_REPLICAS};
use super::console::{note, print, print_json};
use super::error::{Blame, CliError};
use super::setup::{self, Overrides};
use crate::analysis::{
    ExitRate, ObservableSet, SamplerComparison, SamplerDraws, append_tics, compare_samplers,
};
use crate::topology::Topology;

/// Turns of every sampler.
const N_ROUNDS: u32 = 20;
/// Turns at the start that are equilibration, learning included.
const EQUILIBRATION_ROUNDS: u32 = 4;

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
    fn md_seconds(&self) -> f64 {
        self.md_seconds.unwrap_or(self.seconds)
    }
}

/// Runs all samplers in turns and prints the comparison.
pub(crate) fn bench(arguments: &BenchArguments) -> CliResult {
    check(arguments)?;
    let names = samplers::chosen(&arguments.samplers)?;
    let overrides = Overrides {
        device: arguments.device.clone(),
        ..Overrides::default()
    };
    let loaded = setup::load(&arguments.input, overrides)?;
    let names = samplers::possible(names, &loaded);
    let topology = setup::prepare(&loaded)?.molecule.topology;
    let set = observables(&loaded, &topology)?;
    let mut contestants = Vec::with_capacity(names.len());
    for name in names {
        let own = samplers::input_of(name, &loaded, &topology, arguments.chains);
        let keeps_configurations = arguments.md_seconds() > 0.0;
        contestants.push(Contestant::new(name, own, &set, keeps_configurations)?);
    }
    take_turns(&mut contestants, arguments)?;
    let finished = contestants.into_iter().map(Contestant::finish).collect();
    let report = assess(&loaded, finished, &set, arguments)?;
    if !arguments.quiet {
        loaded.note_drawn_seed("the random numbers, though not the time that each sampler gets");
    }
    if let Some(directory) = &arguments.output {
        write(directory, &report)?;
    }
    if arguments.json {
        print_json(&report)
    } else {
        print(&table::text(&report))
    }
}

/// Runs all samplers for equal time in rounds of short turns, so that whatever else the machine does slows all alike.
fn take_turns(contestants: &mut [Contestant<'_>], arguments: &BenchArguments) -> CliResult {
    for round in 1..=N_ROUNDS {
        if !arguments.quiet {
            let seconds = arguments.seconds / f64::from(N_ROUNDS);
            let phase = if round <= EQUILIBRATION_ROUNDS {
                "equilibration"
            } else {
                "sampling"
            };
            note(&format!(
                "round {round} of {N_ROUNDS}, {phase}: {} samplers, {seconds:.1} s each",
                contestants.len()
            ));
        }
        let until_seconds = arguments.seconds * f64::from(round) / f64::from(N_ROUNDS);
        for contestant in contestants.iter_mut() {
            if round <= EQUILIBRATION_ROUNDS {
                contestant.equilibrate(until_seconds)?;
            } else {
                contestant.produce(until_seconds, if round < N_ROUNDS { 0 } else { MIN_DRAWS })?;
            }
        }
    }
    Ok(())
}

/// Compares what was measured, and what plain MD does from the rare sides where it is too slow to be measured.
fn assess(
    loaded: &LoadedConfig,
    mut finished: Vec<Finished>,
    set: &ObservableSet,
    arguments: &BenchArguments,
) -> Result<BenchReport, CliError> {
    let mut runs: Vec<SamplerDraws> = finished
        .iter_mut()
        .map(|finished| std::mem::take(&mut finished.measured.draws))
        .collect();
    if let Err(error) = append_tics(&mut runs) {
        log::warn!("no TICs among the observables: {error}");
    }
    let mut comparison = compare_samplers(&runs).blame_run()?;
    let mut exits = None;
    if comparison.baseline_rests_on_crossings() && arguments.md_seconds() > 0.0 {
        if !arguments.quiet {
            let seconds = arguments.md_seconds();
            note(&format!("plain MD from the rare sides: {seconds:.1} s"));
        }
        exits = leave_rare_sides(&comparison, &mut finished, set, arguments.md_seconds());
    }
    let rates = exits.as_ref().map(|exits| {
        let md = runs.iter().find(|run| run.name == comparison.baseline);
        let md = md.expect("invariant: the baseline is one of the samplers");
        // The pace of the contest, whose turns alternated with those of the samplers that it is compared to.
        let draws_per_second = md.simulated_ps / md.wall_seconds / exits.draw_ps;
        ExitRate::of(&exits.sides, exits.draw_ps, draws_per_second)
    });
    comparison.rest_on_exits(rates.as_deref().unwrap_or_default());
    let measured: Vec<Measured> = finished.into_iter().map(|own| own.measured).collect();
    let exits = exits.as_ref().zip(rates.as_deref());
    Ok(BenchReport::of(
        loaded,
        &measured,
        &runs,
        &comparison,
        exits,
    ))
}

/// Runs the baseline from the configurations of the exact sampler that mixed and was fastest; `None` where there is none.
fn leave_rare_sides(
    comparison: &SamplerComparison,
    finished: &mut [Finished],
    set: &ObservableSet,
    seconds: f64,
) -> Option<ExitRun> {
    let verdict = |index: usize| &comparison.samplers[index];
    let exact = (0..finished.len()).filter(|&index| finished[index].reservoirs.is_some());
    let Some(source) = exact.max_by(|&a, &b| {
        let (a, b) = (verdict(a), verdict(b));
        let mixed = a.mixed.cmp(&b.mixed);
        mixed.then(a.ess_per_second.total_cmp(&b.ess_per_second))
    }) else {
        log::warn!("no sampler is exact, so plain MD has no states of rare sides to start from");
        return None;
    };
    let mut reservoirs = finished[source].reservoirs.take()?;
    let starts = (finished[source].simulator.name, &mut reservoirs);
    let mut others = finished.iter_mut().map(|finished| &mut finished.simulator);
    let md = others.find(|simulator| simulator.name == comparison.baseline)?;
    run_exits(md, set, starts, &comparison.rare_sides, seconds)
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
    let set = observable_set(topology).blame_input()?;
    if set.names().iter().any(|name| name.starts_with("sin_")) {
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
