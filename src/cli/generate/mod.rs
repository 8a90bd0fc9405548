//! `saltus generate`: independent draws of whole peptides, their importance weights, and what the weights are worth.

mod output;
mod report;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;

use self::output::Folder;
use self::report::Report;
use super::config::LoadedConfig;
use super::device::{cpu_engine, host_engine};
use super::error::{Blame, CliError};
use super::kernels::{context, fault};
use super::memory;
use super::run::interrupt::Interrupt;
use super::setup::{self, Overrides};
use super::{CliResult, console};
use crate::flow::torsion::LeapModel;
use crate::generator::{Draw, Generator, GeneratorSettings};
use crate::integrator::Engine;
use crate::mcmc::KernelEntry;
use crate::proposal::{
    BUILTIN_MODEL, EntryContext, leap_model, read_leap_model, warn_of_other_physics,
};
use crate::rng;
use crate::topology::Topology;

/// Arguments of `saltus generate`.
#[derive(Debug, Args)]
pub(crate) struct GenerateArguments {
    /// The YAML input file; its system, temperature, threads and `torsion_leap` model count, the rest of its sampler does not.
    #[arg(value_name = "INPUT.yaml")]
    input: PathBuf,
    /// How many peptides to draw, at least 100.
    #[arg(short = 'n', long, value_name = "N", default_value = "10000")]
    draws: usize,
    /// Write the draws with their weights to this folder.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// A model of `saltus train` instead of the input's.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Seed instead of the input's.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Sets of torsions, minimised each, that a draw is chosen from.
    #[arg(long, value_name = "N", default_value = "1")]
    torsion_candidates: NonZeroUsize,
    /// Geometries around its torsions that a draw is chosen from.
    #[arg(long, value_name = "N", default_value = "32")]
    geometries: NonZeroUsize,
    /// Print one JSON object on stdout instead of the table.
    #[arg(long)]
    json: bool,
    /// Show no progress.
    #[arg(short, long)]
    quiet: bool,
    /// Replace the files of an earlier run in the output folder.
    #[arg(long)]
    force: bool,
}

/// Fewest draws whose weights say something about themselves.
const MIN_DRAWS: usize = 100;
/// Draws between two looks at the clock and the signals.
const BATCH: usize = 128;
/// Time between two lines of progress.
const LINE_PERIOD: Duration = Duration::from_secs(10);

/// Draws, judges the weights, writes.
pub(crate) fn generate(arguments: &GenerateArguments) -> CliResult {
    let overrides = Overrides {
        output: arguments.output.clone(),
        ..Overrides::default()
    };
    let mut loaded = setup::load(&arguments.input, overrides)?;
    if let Some(seed) = arguments.seed {
        loaded.config.seed = Some(seed);
        loaded.seed_is_drawn = false;
    }
    check(arguments, &loaded)?;
    let mut prepared = setup::prepare(&loaded)?;
    let model = model(arguments, &loaded, &prepared.molecule.topology)?;
    memory::check_bytes(
        memory::needed_bytes(prepared.system.n_atoms(), arguments.draws),
        &format!("{} draws", arguments.draws),
        "draw fewer with -n, several times with seeds of their own (--seed)",
    )?;
    let folder = match &arguments.output {
        Some(path) => Some(Folder::claim(path, arguments.force)?),
        None => None,
    };
    prepared.molecule.positions = setup::starting_positions(&loaded.config, &prepared)?;
    let mut engine = match &loaded.config.system.potential {
        Some(_) => host_engine(
            &loaded.config,
            &prepared.molecule.topology,
            &prepared.system,
        )?,
        None => cpu_engine(&loaded.config, &prepared.flexible_system)?,
    };
    let interrupt = Interrupt::listen_and_say("stopping after this batch of draws");
    let start = Instant::now();
    let mut streams = rng::streams(loaded.config.seed(), arguments.draws + 1);
    let mut generator = Generator::new(
        &prepared.molecule,
        &model,
        loaded.config.temperature_kelvin,
        settings(arguments),
        engine.as_mut(),
        &mut streams[arguments.draws],
    )
    .blame_input()?;
    let preparation_seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let draws = draw_all(
        &mut generator,
        engine.as_mut(),
        &mut streams[..arguments.draws],
        &interrupt,
        arguments.quiet,
    );
    let n_lost = draws
        .iter()
        .filter(|draw| !draw.energy_kj_per_mol.is_finite())
        .count();
    if n_lost > 0 {
        log::warn!(
            "{n_lost} of {} draws have an energy that is not finite, and no weight",
            draws.len()
        );
    }
    let report = Report::new(
        &prepared.molecule.topology,
        &draws,
        [preparation_seconds, start.elapsed().as_secs_f64()],
        generator.n_evaluations(),
        loaded.config.seed(),
    )?;
    if let Some(note) = report.isomer_note() {
        log::warn!("{note}");
    }
    loaded.note_drawn_seed("these draws");
    if let Some(folder) = folder {
        folder.write(&loaded, &prepared, engine.as_ref(), &draws)?;
    }
    if arguments.json {
        console::print_json(&report)
    } else {
        console::print(&report.text())
    }
}

fn settings(arguments: &GenerateArguments) -> GeneratorSettings {
    GeneratorSettings {
        n_torsion_candidates: arguments.torsion_candidates.get(),
        n_geometries: arguments.geometries.get(),
        ..GeneratorSettings::default()
    }
}

fn check(arguments: &GenerateArguments, loaded: &LoadedConfig) -> CliResult {
    if arguments.draws < MIN_DRAWS {
        return Err(CliError::input(format!(
            "got -n {}, expected at least {MIN_DRAWS}: fewer weights say nothing about their own tail",
            arguments.draws
        )));
    }
    if loaded.has_rigid_bonds() {
        let (key, help) = match &loaded.config.system.openmm_system {
            Some(_) => (
                "system.openmm_system",
                "make the System with `constraints=None`",
            ),
            None => ("system.constraints", "write `constraints: none`"),
        };
        let problem = "got rigid bonds, but a generator draws bond lengths too";
        let fault = loaded.source.fault_at(key, problem, help);
        return Err(fault.into());
    }
    Ok(())
}

/// The model of the command line, else of the first `torsion_leap` of the input, else the one that ships.
fn model(
    arguments: &GenerateArguments,
    loaded: &LoadedConfig,
    topology: &Topology,
) -> Result<LeapModel, CliError> {
    let context = context(loaded, topology);
    let model = named_model(arguments, loaded, &context)?;
    warn_of_other_physics(&context, &model.card);
    Ok(model)
}

fn named_model(
    arguments: &GenerateArguments,
    loaded: &LoadedConfig,
    context: &EntryContext<'_>,
) -> Result<LeapModel, CliError> {
    if let Some(file) = &arguments.model {
        return read_leap_model(file)
            .map_err(|error| format!("{error}\n  help: give a file that `saltus train` wrote"))
            .blame_input();
    }
    let mut sampler = loaded.config.sampler.iter().enumerate();
    let leap = sampler.find_map(|(index, kernel)| match kernel {
        KernelEntry::TorsionLeap(leap) => Some((index, leap.model.as_str())),
        _ => None,
    });
    let (index, name) = leap.unwrap_or((0, BUILTIN_MODEL));
    let path = format!("sampler[{index}].torsion_leap");
    leap_model(name, context).map_err(|error| fault(loaded, &path, error).into())
}

fn draw_all(
    generator: &mut Generator,
    engine: &mut dyn Engine,
    streams: &mut [rand_xoshiro::Xoshiro256PlusPlus],
    interrupt: &Interrupt,
    quiet: bool,
) -> Vec<Draw> {
    let n_draws = streams.len();
    let mut draws: Vec<Draw> = Vec::with_capacity(n_draws);
    let mut said = Instant::now();
    for streams in streams.chunks_mut(BATCH) {
        draws.extend(generator.draw(engine, streams));
        if !quiet && said.elapsed() > LINE_PERIOD {
            said = Instant::now();
            console::note(&format!("drew {} of {n_draws}", draws.len()));
        }
        if interrupt.asked() {
            break;
        }
    }
    draws
}
