//! The command line: arguments, subcommands, exit codes. The only home of clap and of printing; computes nothing itself.
//!
//! Arguments become a plain `config::Config`, that becomes resources, those are run: no type of clap reaches the physics.

mod analyze;
mod bench;
mod build;
mod columns;
mod config;
mod console;
mod device;
pub mod embed;
mod energy;
mod error;
mod export;
mod foreign;
mod generate;
mod info;
mod kernels;
mod memory;
mod resident;
mod run;
mod sample;
mod schema;
mod setup;
mod soundness;
mod timewarp;
mod train;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgAction, Parser, Subcommand};

use crate::mcmc::{OutsideKind, register};
use error::CliError;

/// Simulate peptides from a YAML file and sample their Boltzmann distribution.
#[derive(Debug, Parser)]
#[command(name = "saltus", version, propagate_version = true)]
#[command(
    after_help = "Exit code: 0 success, 1 the run failed, 2 the input is wrong, 3 not as accurate as asked for."
)]
struct Arguments {
    /// Log more: -v what is done, -vv details (the variable RUST_LOG says it finer).
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the simulation that a YAML file describes.
    Run(run::RunArguments),
    /// Sample a peptide until its ensemble is as accurate as asked for, and write a report about it.
    Sample(sample::SampleArguments),
    /// Print the energy of each term, and the forces, of the starting structure.
    Energy(energy::EnergyArguments),
    /// Run several samplers for equal wall-clock time and compare them with plain molecular dynamics.
    Bench(bench::BenchArguments),
    /// Draw whole peptides independently of each other, with importance weights.
    Generate(generate::GenerateArguments),
    /// Fit the model of a learned proposal: `torsion_leap` or `timewarp`.
    Train(train::TrainArguments),
    /// Build a peptide from its sequence and write it as a PDB file.
    Build(build::BuildArguments),
    /// Judge what trajectories hold: convergence, distributions, distances to a reference, an HTML report.
    Analyze(analyze::AnalyzeArguments),
    /// Convert a trajectory to PDB, DCD or XTC.
    Export(export::ExportArguments),
    /// Evaluate a Timewarp model on stored inputs and compare with stored outputs: the proof that converted weights work.
    TimewarpCheck(timewarp::check::TimewarpCheckArguments),
    /// Show version, instruction sets, threads, force fields, solvents and kernels.
    Info(info::InfoArguments),
    /// Print the JSON schema of the YAML input, for editors.
    Schema(schema::SchemaArguments),
}

/// Runs the program on the arguments of the process.
///
/// Exit code 0 is success, 1 a run that failed, 2 a wrong input or command line, 3 a run that did not become as accurate as asked for. Results go to stdout, all else to stderr.
pub fn main() -> ExitCode {
    main_with(&[])
}

/// As [`main`], with kernels of another crate: they stand in YAML, in the schema and in every subcommand beside those of this one.
///
/// `examples/custom_kernel/main.rs` is a program with one.
pub fn main_with(kernels: &[OutsideKind]) -> ExitCode {
    if let Err(problem) = register(kernels) {
        console::report(&CliError::input(problem));
        return ExitCode::from(2);
    }
    ExitCode::from(main_of(std::env::args_os()))
}

/// Runs the program on arguments, the first of which is its name; the exit code.
pub fn main_of(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments = Arguments::parse_from(arguments);
    console::start_log(arguments.verbose);
    let outcome = match &arguments.command {
        Command::Run(arguments) => run::run(arguments),
        Command::Sample(arguments) => sample::sample(arguments),
        Command::Energy(arguments) => energy::energy(arguments),
        Command::Bench(arguments) => bench::bench(arguments),
        Command::Generate(arguments) => generate::generate(arguments),
        Command::Train(arguments) => train::train(arguments),
        Command::Build(arguments) => build::build(arguments),
        Command::Analyze(arguments) => analyze::analyze(arguments),
        Command::Export(arguments) => export::export(arguments),
        Command::TimewarpCheck(arguments) => timewarp::check::timewarp_check(arguments),
        Command::Info(arguments) => info::info(arguments),
        Command::Schema(arguments) => schema::schema(arguments),
    };
    match outcome {
        Ok(()) => 0,
        Err(error) => {
            console::report(&error);
            error.exit_code()
        }
    }
}

/// Whether a text is an input file of `saltus run`, keys and values; relative paths in it count from the current folder.
///
/// ```
/// let fault = saltus::cli::check_input("sytem: {sequence: AA}").unwrap_err();
/// assert!(fault.contains("did you mean `system`?"), "{fault}");
/// ```
///
/// # Errors
/// All faults as the program shows them: line, what was got, what was expected, what to do.
pub fn check_input(text: &str) -> Result<(), String> {
    let path = std::path::Path::new("input");
    let shown = |faults: Vec<config::InputFault>| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        lines.join("\n")
    };
    config::parse(config::Source::new(path, text.to_owned()), path)
        .map_err(|fault| vec![fault])
        .and_then(|loaded| loaded.validate())
        .map_err(shown)
}

type CliResult = Result<(), CliError>;
