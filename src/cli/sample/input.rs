//! The input file that `saltus sample` writes: all that was chosen, to be read, kept and changed.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::SampleArguments;
use crate::analysis::Quantity;
use crate::cli::analyze::observables;
use crate::cli::config::{ForceFieldConfig, Solvent, Source, UntilConfig, parse};
use crate::cli::error::{Blame, CliError};
use crate::cli::kernels::choice;
use crate::cli::setup::{self, Overrides};

/// The text, with the kernels chosen for the molecule.
///
/// # Errors
/// A molecule that cannot be built or read, as `saltus run` would tell it.
pub(super) fn text(arguments: &SampleArguments, folder: &Path) -> Result<String, CliError> {
    let head = head(arguments)?;
    let own = |key: &str, value: Option<String>| {
        value.map_or(String::new(), |value| format!("{key}: {value}\n"))
    };
    let replicas = own("replicas", arguments.replicas.map(|n| n.to_string()));
    let seed = own("seed", arguments.seed.map(|seed| seed.to_string()));
    let draft = format!(
        "{head}{replicas}{seed}sampler: auto\n{}",
        tail(arguments, folder, None)
    );
    let file = folder.join("input.yaml");
    let draft = parse(Source::new(&file, draft), &file)?;
    let mut loaded = setup::adjusted(draft, Overrides::default())?;
    let prepared = setup::prepare(&loaded)?;
    observables(&prepared.molecule.topology, &arguments.observe)
        .map_err(|fault| format!("--observe: {fault}"))
        .blame_input()?;
    choice::resolve(&mut loaded, &prepared.molecule.topology);
    let (seed, chosen) = (loaded.config.seed(), choice::chosen(&loaded));
    let tail = tail(
        arguments,
        folder,
        Some(loaded.config.run.equilibration_cycles),
    );
    Ok(format!("{head}seed: {seed}\n{chosen}\n{tail}"))
}

/// Molecule and temperature.
fn head(arguments: &SampleArguments) -> Result<String, CliError> {
    let mut system = serde_json::Map::new();
    let molecule = &arguments.molecule;
    let path = Path::new(molecule);
    let ending = path.extension().map_or(String::new(), |ending| {
        ending.to_string_lossy().to_ascii_lowercase()
    });
    let coordinates = |what: &str| match &arguments.coordinates {
        Some(file) => absolute(file),
        None => Err(CliError::input(format!(
            "{molecule} needs {what} beside it\n  help: add --coordinates FILE"
        ))),
    };
    let mut has_own_parameters = false;
    match ending.as_str() {
        "pdb" | "ent" | "cif" | "mmcif" => {
            system.insert("pdb".to_owned(), json!(absolute(path)?));
        }
        "prmtop" | "parm7" | "top" => {
            system.insert("prmtop".to_owned(), json!(absolute(path)?));
            let file = coordinates("its coordinates (inpcrd, rst7)")?;
            system.insert("coordinates".to_owned(), json!(file));
        }
        "xml" => {
            system.insert("openmm_system".to_owned(), json!(absolute(path)?));
            let file = coordinates("the PDB file of its atoms")?;
            system.insert("pdb".to_owned(), json!(file));
            has_own_parameters = true;
        }
        "yaml" | "yml" => {
            return Err(CliError::input(format!(
                "{molecule} is an input file\n  help: put `until: {{ess: 1000}}` into its section `run`, and type saltus run {molecule}"
            )));
        }
        _ => {
            system.insert("sequence".to_owned(), json!(molecule));
            if !arguments.disulfide.is_empty() {
                system.insert("disulfides".to_owned(), json!(arguments.disulfide));
            }
        }
    }
    if !has_own_parameters {
        if ending.is_empty() || !["prmtop", "parm7", "top"].contains(&ending.as_str()) {
            let force_field = arguments.force_field.as_deref().unwrap_or("amber14");
            system.insert("force_field".to_owned(), json!(written(force_field)?));
        }
        system.insert(
            "solvent".to_owned(),
            json!(arguments.solvent.unwrap_or(Solvent::Obc1)),
        );
        system.insert(
            "hydrogen_mass_da".to_owned(),
            json!(choice::TRAJECTORY_HYDROGEN_DA),
        );
    }
    let mut text =
        "# Written by `saltus sample`; `saltus run` takes it as it is.\nsystem:\n".to_owned();
    for (key, value) in &system {
        let _ = writeln!(text, "  {key}: {value}");
    }
    let kelvin = arguments.temperature.unwrap_or(310.0);
    let _ = writeln!(text, "temperature_kelvin: {kelvin}");
    Ok(text)
}

/// A force field as the file names it.
fn written(force_field: &str) -> Result<String, CliError> {
    match ForceFieldConfig::is_path(force_field) {
        true => absolute(Path::new(force_field)),
        false => Ok(force_field.to_owned()),
    }
}

/// Whether a call that resumes asks for the molecule and the settings of the file, as far as it names them.
///
/// # Errors
/// Another molecule or setting, with the option.
pub(super) fn check_same(
    text: &str,
    arguments: &SampleArguments,
    file: &Path,
) -> Result<(), CliError> {
    let path = Path::new(&arguments.molecule);
    let own = match path.extension().is_some() {
        true => json!(absolute(path)?),
        false => json!(arguments.molecule),
    };
    let mut named = vec![("the molecule", own.to_string())];
    let mut add = |option, line: Option<String>| named.extend(line.map(|line| (option, line)));
    let force_field = arguments.force_field.as_deref().map(written).transpose()?;
    add(
        "--force-field",
        force_field.map(|own| format!("  force_field: {}", json!(own))),
    );
    add(
        "--solvent",
        arguments
            .solvent
            .map(|own| format!("  solvent: {}", json!(own))),
    );
    let kelvin = arguments.temperature;
    add(
        "--temperature",
        kelvin.map(|own| format!("temperature_kelvin: {own}")),
    );
    add(
        "--replicas",
        arguments.replicas.map(|own| format!("replicas: {own}")),
    );
    add("--seed", arguments.seed.map(|own| format!("seed: {own}")));
    let is_there = |wanted: &str| {
        text.lines()
            .any(|line| line == wanted || line.ends_with(&format!(": {wanted}")))
    };
    match named.iter().find(|(_, line)| !is_there(line)) {
        None => Ok(()),
        Some((option, line)) => Err(CliError::input(format!(
            "{option}: {} has no `{}`: it is another run that is resumed there\n  help: leave {option} as it was, or start another run with -o DIR",
            file.display(),
            line.trim()
        ))),
    }
}

/// Length and output; how long to equilibrate is chosen with the kernels.
fn tail(arguments: &SampleArguments, folder: &Path, equilibration: Option<u64>) -> String {
    let mut until = UntilConfig::default();
    wish(&mut until, arguments);
    let equilibration = equilibration.map_or(String::new(), |n_cycles| {
        format!("  equilibration_cycles: {n_cycles}\n")
    });
    format!(
        "run:\n{equilibration}{}\noutput: {{directory: {}, every_cycles: 10}}\n",
        line(&until),
        json!(folder.display().to_string())
    )
}

/// What a call asks for, in place of what was asked before.
fn wish(until: &mut UntilConfig, arguments: &SampleArguments) {
    until.ess = arguments.ess.unwrap_or(until.ess);
    until.r_hat = arguments.r_hat.unwrap_or(until.r_hat);
    until.max_minutes = arguments.max_minutes.or(until.max_minutes);
    if !arguments.observe.is_empty() {
        until.observe.clone_from(&arguments.observe);
    }
}

/// How `run.until` begins in a file of `saltus sample`.
const UNTIL: &str = "  until: ";

fn line(until: &UntilConfig) -> String {
    let minutes = until.max_minutes;
    let limit = minutes.map_or(String::new(), |minutes| format!(", max_minutes: {minutes}"));
    let observe = match until.observe.is_empty() {
        true => String::new(),
        false => format!(", observe: {}", json!(until.observe)),
    };
    let UntilConfig { ess, r_hat, .. } = until;
    format!("{UNTIL}{{ess: {ess}, r_hat: {r_hat}{limit}{observe}}}")
}

/// The `run.until` of a file of `saltus sample`, with its line.
fn until(text: &str) -> Option<(&str, UntilConfig)> {
    let mut lines = text.lines();
    let line = lines.find(|line| line.starts_with(UNTIL))?;
    let read = serde_yaml::from_str(&line[UNTIL.len()..]).ok()?;
    Some((line, read))
}

/// What an input asks to be observed.
pub(super) fn observed(text: &str) -> Vec<Quantity> {
    until(text).map_or(Vec::new(), |(_, until)| until.observe)
}

/// An earlier input with the accuracy that a later call asks for.
///
/// # Errors
/// A wish, where the file has no such line any more.
pub(super) fn renewed(
    text: &str,
    arguments: &SampleArguments,
    file: &Path,
) -> Result<String, CliError> {
    let Some((old, mut goal)) = until(text) else {
        let mut wished = UntilConfig::default();
        wish(&mut wished, arguments);
        return match wished == UntilConfig::default() {
            true => Ok(text.to_owned()),
            false => Err(CliError::input(format!(
                "{} has no line `{UNTIL}{{...}}` to put the new accuracy into\n  help: write it into `run.until` there, and leave it out here",
                file.display()
            ))),
        };
    };
    wish(&mut goal, arguments);
    Ok(text.replacen(old, &line(&goal), 1))
}

fn absolute(path: &Path) -> Result<String, CliError> {
    let found: PathBuf = std::fs::canonicalize(path)
        .map_err(|error| format!("cannot read {}: {error}\n  help: give the path of a file, or a sequence such as AAAY", path.display()))
        .blame_input()?;
    match found.to_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(CliError::input(format!(
            "{}: the name is not valid UTF-8",
            found.display()
        ))),
    }
}
