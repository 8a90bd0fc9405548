//! `saltus run`: from the input file to trajectories, a checkpoint and a summary. Each stage has a file of its own.

mod drive;
mod identity;
mod interrupt;
mod output;
mod progress;
mod recorder;
mod start;
mod summary;

use std::path::{Path, PathBuf};

use clap::Args;

use self::drive::drive;
use self::interrupt::Interrupt;
use self::output::OutputDirectory;
use self::progress::Progress;
use self::recorder::Recorder;
use self::summary::Summary;
use super::CliResult;
use super::error::CliError;
use super::setup::{self, Overrides};

/// Arguments of `saltus run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The YAML input file.
    #[arg(value_name = "INPUT.yaml")]
    input: PathBuf,
    /// Continue from the checkpoint in the output folder, as if the run had never stopped.
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Replace the files of an earlier run in the output folder.
    #[arg(long)]
    force: bool,
    /// Write to this folder instead of `output.directory`.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Run on this device instead of `device`: auto, cpu, gpu, gpu:NAME.
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
    /// Record this many cycles instead of `run.cycles`: a short try, or with --resume a longer run.
    #[arg(long, value_name = "N")]
    cycles: Option<u64>,
    /// Equilibrate for this many cycles instead of `run.equilibration_cycles`.
    #[arg(long, value_name = "N")]
    equilibration_cycles: Option<u64>,
    /// Print one JSON object on stdout at the end.
    #[arg(long)]
    json: bool,
    /// Show no progress and no summary.
    #[arg(short, long)]
    quiet: bool,
}

impl RunArguments {
    /// The command that continues this run.
    fn resume_command(&self, directory: &Path) -> String {
        let mut command = format!(
            "saltus run {} --resume --output {}",
            self.input.display(),
            directory.display()
        );
        let numbers = [
            ("--cycles", self.cycles),
            ("--equilibration-cycles", self.equilibration_cycles),
        ];
        for (flag, number) in numbers {
            if let Some(number) = number {
                command.push_str(&format!(" {flag} {number}"));
            }
        }
        command
    }
}

/// Runs the simulation.
pub(crate) fn run(arguments: &RunArguments) -> CliResult {
    let overrides = Overrides {
        device: arguments.device.clone(),
        output: arguments.output.clone(),
        cycles: arguments.cycles,
        equilibration_cycles: arguments.equilibration_cycles,
    };
    let loaded = setup::load(&arguments.input, overrides)?;
    let prepared = setup::prepare(&loaded)?;
    let mut engine = setup::make_engine(&loaded.config, &prepared.system)?;
    let mut kernels = setup::make_kernels(&loaded.config);
    let directory = OutputDirectory::new(&loaded.config.output.directory);
    let identity = identity::of(&loaded.config, &prepared, engine.as_ref());

    let start = if arguments.resume {
        let checkpoint = directory.checkpoint(&loaded, &identity)?;
        start::resumed(checkpoint, &mut kernels)?
    } else {
        directory.refuse_leftovers(arguments.force)?;
        start::fresh(&loaded.config, &prepared, engine.as_mut())?
    };
    let lock = directory.claim()?;
    let writers = if arguments.resume {
        directory.open_again(start.writers)?
    } else {
        let header = output::header(&loaded, &prepared, engine.as_ref(), &kernels);
        directory.start(&header, &start.chain, &prepared.molecule, arguments.force)?
    };

    let plan = drive::Plan::new(&loaded.config);
    let interrupt = Interrupt::listen();
    let mut chain = start.chain;
    let progress = Progress::start(arguments.quiet, &chain, start.cycle, plan.total_cycles());
    let mut recorder = Recorder::new(
        &loaded.config,
        identity,
        directory.checkpoint_path(),
        writers,
        progress,
        (start.cycle, start.counters),
        interrupt,
    );
    let n_evaluations_before = chain.n_energy_evaluations;
    let ending = drive(
        plan,
        start.cycle,
        &mut chain,
        engine.as_mut(),
        &mut kernels,
        &mut recorder,
    );
    // Whatever happened, what was recorded so far is written out before anything is said about it.
    let closed = recorder.close(&chain, &kernels, &ending);
    drop(lock);
    let record = match ending {
        Ok(ending) => closed.map(|record| (ending, record))?,
        Err(failure) => {
            return Err(explain(
                &failure,
                closed.err(),
                &prepared.molecule.topology,
                &directory,
            ));
        }
    };
    let (ending, record) = record;
    let summary = Summary {
        ending,
        record,
        kernels: &kernels,
        n_energy_evaluations: chain.n_energy_evaluations - n_evaluations_before,
        directory: &directory,
        resume_command: arguments.resume_command(directory.path()),
    };
    if !arguments.quiet {
        summary.note();
    }
    if arguments.json {
        summary.print_json()?;
    }
    Ok(())
}

/// A failure in the user's words: the atom by its name, what is left, what to do.
fn explain(
    failure: &drive::Failure,
    closing: Option<CliError>,
    topology: &crate::topology::Topology,
    directory: &OutputDirectory,
) -> CliError {
    let mut message = failure.message(topology);
    match closing {
        None => message.push_str(&format!(
            "\n  the frames up to then are in {}",
            directory.path().display()
        )),
        Some(error) => message.push_str(&format!("\n  and: {}", error.messages().join("; "))),
    }
    CliError::Run(message)
}
