//! `saltus run`: from the input file to trajectories, a checkpoint and a summary. Each stage has a file of its own.

mod clock;
mod doubts;
mod estimate;
mod exchange_summary;
mod failure;
mod identity;
pub(super) mod interrupt;
pub(super) mod output;
pub(super) mod progress;
mod recorder;
mod start;
mod summary;
mod until;
mod watch;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;

use self::doubts::Doubts;
use self::interrupt::Interrupt;
use self::output::OutputDirectory;
use self::progress::{Display, Progress};
use self::recorder::{Record, Recorder};
use self::summary::Summary;
use super::CliResult;
use super::analyze::observables;
use super::config::LoadedConfig;
use super::console;
use super::device::make_engine;
use super::error::{Blame, CliError};
use super::kernels::choice;
use super::memory;
use super::resident::make_sampler;
use super::setup::{self, Overrides, Prepared};
use crate::gpu::Profile;
use crate::mcmc::{Ending, Schedule, drive};

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
    /// Stop after this time with a checkpoint, as batch systems want it.
    #[arg(long, value_name = "H")]
    max_hours: Option<f64>,
    /// Print one JSON object on stdout at the end.
    #[arg(long)]
    json: bool,
    /// Say what the run would do, on which device, and how much memory and disk it would take; write nothing.
    #[arg(long, conflicts_with_all = ["resume", "force"])]
    dry_run: bool,
    /// Say at the end how long each kernel of a GPU ran, by the device's own clock (slows it down a little).
    #[arg(long)]
    profile: bool,
    /// Show no progress and no summary.
    #[arg(short, long)]
    quiet: bool,
}

impl RunArguments {
    /// Whether to go on in the folder, or to replace what is in it.
    pub(super) fn over(mut self, resume: bool, force: bool) -> Self {
        (self.resume, self.force) = (resume, force);
        self
    }

    /// When `--max-hours` are over.
    fn deadline(&self) -> Option<Instant> {
        let hours = self.max_hours.filter(|hours| *hours >= 0.0)?;
        let time = Duration::try_from_secs_f64(3600.0 * hours).ok()?;
        Instant::now().checked_add(time)
    }

    /// Those of a run that another command needs, into a folder.
    pub(super) fn into_folder(input: PathBuf, folder: PathBuf, quiet: bool) -> Self {
        Self {
            input,
            output: Some(folder),
            quiet,
            resume: false,
            force: false,
            device: None,
            cycles: None,
            equilibration_cycles: None,
            max_hours: None,
            json: false,
            dry_run: false,
            profile: false,
        }
    }

    /// Those of a run in a host program.
    pub(super) fn hosted(input: PathBuf, resume: bool, force: bool) -> Self {
        Self {
            resume,
            force,
            output: None,
            ..Self::into_folder(input, PathBuf::new(), true)
        }
    }

    /// What they change in the input.
    fn overrides(&self) -> Overrides {
        Overrides {
            device: self.device.clone(),
            output: self.output.clone(),
            cycles: self.cycles,
            equilibration_cycles: self.equilibration_cycles,
        }
    }

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
    let mut loaded = setup::load(&arguments.input, arguments.overrides())?;
    if arguments.dry_run {
        let prepared = setup::prepare(&loaded)?;
        choice::resolve(&mut loaded, &prepared.molecule.topology);
        memory::check(&loaded.config, prepared.system.n_atoms())?;
        return estimate::dry_run(&loaded, &prepared, arguments.json);
    }
    let display = Display::of_terminal(arguments.quiet);
    simulate(arguments, loaded, display, Interrupt::listen, |summary| {
        if arguments.quiet {
            summary.log_warnings();
        } else {
            summary.note();
        }
        if arguments.json {
            console::print(&(summary.json()? + "\n"))?;
        }
        summary.outcome()
    })
}

/// Runs the simulation in a host program, which is told how far it is; the summary as one JSON object, also of a run that
/// was stopped, or that did not become as accurate as asked for.
///
/// # Errors
/// As those of `saltus run`.
pub(crate) fn run_hosted(
    arguments: &RunArguments,
    loaded: LoadedConfig,
    watcher: progress::Watcher,
) -> Result<String, CliError> {
    let display = Display::host(watcher);
    let listen = Interrupt::default;
    simulate(
        arguments,
        loaded,
        display,
        listen,
        |summary| match summary.outcome() {
            Ok(()) | Err(CliError::Inaccurate(_)) => summary.json(),
            Err(error) => Err(error),
        },
    )
}

/// Runs the simulation of a checked input; `tell` makes of its summary what the caller is told.
fn simulate<T>(
    arguments: &RunArguments,
    mut loaded: LoadedConfig,
    display: Display,
    listen: fn() -> Interrupt,
    tell: impl FnOnce(&Summary<'_>) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let directory = OutputDirectory::new(&loaded.config.output.directory);
    if arguments.resume && loaded.seed_is_drawn {
        loaded.config.seed = directory.recorded_seed()?;
    }
    let prepared = setup::prepare(&loaded)?;
    choice::resolve(&mut loaded, &prepared.molecule.topology);
    memory::check(&loaded.config, prepared.system.n_atoms())?;
    let run = Stretch {
        arguments,
        prepared: &prepared,
        directory: &directory,
        display,
        interrupt: listen().at_latest(arguments.deadline()),
    };
    let (run, accuracy) = match loaded.config.run.until.clone() {
        None => (run.go(&loaded, arguments.resume)?, None),
        Some(goal) => {
            // Rather now than at the first look.
            observables(&prepared.molecule.topology, &goal.observe)
                .map_err(|fault| format!("run.until.observe: {fault}"))
                .blame_input()?;
            let (run, accuracy) = until::reach(goal, run, &mut loaded)?;
            (run, Some(accuracy))
        }
    };
    tell(&Summary {
        profile: run.profile.as_ref().map(Profile::times),
        ending: run.ending,
        record: run.record,
        doubts: run.doubts,
        directory: &directory,
        loaded: &loaded,
        accuracy,
        resume_command: arguments.resume_command(directory.path()),
    })
}

/// What every stretch of a run has in common.
struct Stretch<'a> {
    arguments: &'a RunArguments,
    prepared: &'a Prepared,
    directory: &'a OutputDirectory,
    display: Display,
    interrupt: Interrupt,
}

/// What a stretch leaves.
struct Finished {
    profile: Option<Profile>,
    ending: Ending,
    record: Record,
    doubts: Doubts,
}

impl Stretch<'_> {
    /// Cycles from the start, or from the checkpoint, to the end of the schedule; everything is written when it returns.
    fn go(&self, loaded: &LoadedConfig, resume: bool) -> Result<Finished, CliError> {
        let (arguments, prepared, directory) = (self.arguments, self.prepared, self.directory);
        let profile = arguments.profile.then(Profile::default);
        let engine = make_engine(
            &loaded.config,
            &prepared.molecule.topology,
            &prepared.system,
            profile.as_ref(),
        )?;
        let mut sampler = make_sampler(loaded, prepared, engine, profile.as_ref())?;
        let identity = identity::of(loaded, prepared, sampler.engine());

        let start = if resume {
            let checkpoint = directory.checkpoint(loaded, &identity)?;
            start::resumed(checkpoint, sampler.as_mut())?
        } else {
            directory.refuse_leftovers(arguments.force)?;
            start::fresh(&loaded.config, prepared, sampler.as_mut())?
        };
        let lock = directory.claim()?;
        let writers = if resume {
            directory.open_again(start.writers)?
        } else {
            let header = output::header(loaded, prepared, sampler.as_mut());
            let written = loaded.config.written_replicas();
            let molecule = &prepared.molecule;
            directory.start(&header, &start.chain, &written, molecule, arguments.force)?
        };

        let schedule = Schedule {
            equilibration_cycles: loaded.config.run.equilibration_cycles,
            production_cycles: loaded.config.run.cycles,
        };
        let mut chain = start.chain;
        let progress = Progress::start(
            self.display.clone(),
            &chain,
            start.cycle,
            schedule.total_cycles(),
        );
        let mut recorder = Recorder::new(
            &loaded.config,
            identity,
            directory.checkpoint_path(),
            writers,
            progress,
            (start.cycle, start.counters),
            self.interrupt.clone(),
        );
        let driven = drive(
            schedule,
            start.cycle,
            &mut chain,
            sampler.as_mut(),
            &mut recorder,
        );
        // Whatever happened, what was recorded so far is written out before anything is said about it.
        let closed = recorder.close(&chain, sampler.as_ref(), driven.is_ok());
        let topology = &prepared.molecule.topology;
        let ending = match driven {
            Ok(driven) => driven.ending,
            Err(failure) => return Err(failure::explain(&failure, closed, topology, directory)),
        };
        let record = closed?;
        let n_degrees_of_freedom = sampler.engine().n_degrees_of_freedom();
        let doubts = Doubts::of(&record, &loaded.config, n_degrees_of_freedom);
        // Most runs have nothing to say; those that were resumed may have to take back what they said before.
        if resume || !doubts.warnings.is_empty() {
            doubts.note_in(&record.trajectories)?;
        }
        drop(lock);
        Ok(Finished {
            profile,
            ending,
            record,
            doubts,
        })
    }
}
