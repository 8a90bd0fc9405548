//! `saltus sample`: one line from a molecule to an ensemble as accurate as asked for, with a report about it.
//!
//! Nothing is done here that a YAML input cannot ask for: the input is written, run and analysed.
//! When it has enough is decided in `run/until.rs`, by what `analyze/look.rs` sees.

mod input;

use std::path::{Path, PathBuf};

use clap::Args;

use super::CliResult;
use super::analyze::{AnalyzeArguments, analyze};
use super::config::Solvent;
use super::console::note;
use super::error::{Blame, CliError};
use super::run::{RunArguments, run};
use crate::analysis::Quantity;

/// Arguments of `saltus sample`.
#[derive(Debug, Args)]
pub(crate) struct SampleArguments {
    /// A sequence (`AAAY`, `ACE-ALA-NME`, `cyclo(RGDfV)`) or a file: PDB, mmCIF, AMBER prmtop or serialized OpenMM System.
    #[arg(value_name = "SEQUENCE|FILE")]
    molecule: String,
    /// Coordinates that belong to a prmtop (inpcrd, rst7), or the PDB file of a System.
    #[arg(long, value_name = "FILE")]
    coordinates: Option<PathBuf>,
    /// Residue numbers (from 1) of two bridged cysteines of a sequence, `2,7`; may be repeated.
    #[arg(long, value_name = "I,J", value_parser = super::build::parse_pair)]
    disulfide: Vec<[usize; 2]>,
    /// Effective sample size that every observable has to reach [default: 400].
    #[arg(long, value_name = "N")]
    ess: Option<f64>,
    /// R-hat that none may exceed [default: 1.01].
    #[arg(long, value_name = "R")]
    r_hat: Option<f64>,
    /// Have this as accurate too, and report it; may be repeated: `populations`, `hydrogen_bonds`, `j3_hn_ha`, `noe ALA 1 HA, ALA 3 H`
    /// (as `saltus analyze --observe`).
    #[arg(long, value_name = "WHAT")]
    observe: Vec<Quantity>,
    /// End after this many minutes all the same, and say what has not converged.
    #[arg(long, value_name = "M")]
    max_minutes: Option<f64>,
    /// Force field: a built-in name or an OpenMM XML file [default: amber14].
    #[arg(long, value_name = "NAME|FILE")]
    force_field: Option<String>,
    /// Implicit solvent [default: obc1].
    #[arg(long, value_enum)]
    solvent: Option<Solvent>,
    /// Temperature in K [default: 310].
    #[arg(long, value_name = "K")]
    temperature: Option<f64>,
    /// Chains, or ladders where there is one [default: 16, or 4].
    #[arg(long, value_name = "N")]
    replicas: Option<usize>,
    /// Seed; drawn and noted where none is given.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Folder for everything [default: sample-MOLECULE].
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Continue an earlier call in its folder; --ess, --r-hat, --max-minutes and --observe replace those of that call where they are given.
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Replace the files of an earlier run in the folder.
    #[arg(long)]
    force: bool,
    /// Print the analysis as one JSON object on stdout instead of the table.
    #[arg(long)]
    json: bool,
    /// Show no progress and no summary.
    #[arg(short, long)]
    quiet: bool,
}

impl SampleArguments {
    fn folder(&self) -> PathBuf {
        self.output.clone().unwrap_or_else(|| {
            let name = Path::new(&self.molecule).file_stem().unwrap_or_default();
            let plain = |letter: char| {
                if letter.is_alphanumeric() || letter == '-' {
                    letter
                } else {
                    '_'
                }
            };
            let name: String = name.to_string_lossy().chars().map(plain).collect();
            PathBuf::from(format!("sample-{}", name.trim_matches('_')))
        })
    }
}

/// Writes the input, runs it until it is accurate, and reports.
pub(crate) fn sample(arguments: &SampleArguments) -> CliResult {
    let folder = arguments.folder();
    let file = folder.join("input.yaml");
    if !arguments.resume {
        if file.exists() && !arguments.force {
            return Err(CliError::input(format!(
                "{} exists already\n  help: continue with --resume, replace it with --force, or write elsewhere with -o DIR",
                file.display()
            )));
        }
        let text = input::text(arguments, &folder)?;
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))
            .blame_input()?;
        write(&file, &text)?;
    } else if file.exists() {
        let text = read(&file)?;
        input::check_same(&text, arguments, &file)?;
        let renewed = input::renewed(&text, arguments, &file)?;
        if renewed != text {
            write(&file, &renewed)?;
        }
    } else {
        return Err(CliError::input(format!(
            "there is no {} to resume from\n  help: call without --resume, or name the folder with -o DIR",
            file.display()
        )));
    }
    note(&format!("input: {}", file.display()));
    let call = RunArguments::into_folder(file, folder.clone(), arguments.quiet);
    let outcome = run(&call.over(arguments.resume, arguments.force));
    if !matches!(outcome, Ok(()) | Err(CliError::Inaccurate(_))) {
        return outcome;
    }
    let report = folder.join("report");
    let observed = input::observed(&read(&folder.join("input.yaml"))?);
    let analysed = analyze(&AnalyzeArguments::report(
        folder,
        report.clone(),
        arguments.json,
        observed,
    ));
    if analysed.is_ok() {
        note(&format!(
            "next: look at {}",
            report.join("report.html").display()
        ));
    }
    // What the run lacked matters more than what could not be shown of it.
    outcome.and(analysed)
}

fn read(file: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))
        .blame_input()
}

fn write(file: &Path, text: &str) -> Result<(), CliError> {
    std::fs::write(file, text)
        .map_err(|error| format!("cannot write {}: {error}", file.display()))
        .blame_input()
}
