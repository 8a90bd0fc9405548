//! The input file that `saltus sample` writes: all that was chosen, to be read, kept and changed.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::SampleArguments;
use crate::cli::config::{ForceFieldConfig, Source, parse};
use crate::cli::error::{Blame, CliError};
use crate::cli::kernels::choice;
use crate::cli::setup::{self, Overrides};

/// Chains without a ladder, and ladders side by side.
const N_CHAINS: usize = 16;
const N_LADDERS: usize = 4;

/// The text, with the kernels chosen for the molecule.
///
/// # Errors
/// A molecule that cannot be built or read, as `saltus run` would tell it.
pub(super) fn text(arguments: &SampleArguments, folder: &Path) -> Result<String, CliError> {
    let head = head(arguments)?;
    let seed = arguments
        .seed
        .map_or(String::new(), |seed| format!("seed: {seed}\n"));
    let tail = tail(arguments, folder);
    let draft = format!("{head}replicas: {N_CHAINS}\n{seed}sampler: auto\n{tail}");
    let file = folder.join("input.yaml");
    let mut loaded = setup::adjusted(
        parse(Source::new(&file, draft), &file)?,
        Overrides::default(),
    )?;
    let prepared = setup::prepare(&loaded)?;
    let topology = &prepared.molecule.topology;
    choice::resolve(&mut loaded, topology);
    let ladder = choice::automatic_ladder(arguments.temperature, topology);
    let mut text = head;
    let replicas = arguments.replicas.unwrap_or(match ladder {
        Some(_) => N_LADDERS,
        None => N_CHAINS,
    });
    let seed = loaded.config.seed();
    let _ = writeln!(text, "replicas: {replicas}\nseed: {seed}\nsampler:");
    for entry in loaded.config.sampler.iter() {
        let _ = writeln!(text, "  - {}", choice::flow(entry));
    }
    if let Some(ladder) = ladder {
        let (min, max) = (arguments.temperature, ladder.max_kelvin.unwrap_or(600.0));
        let count = ladder.count.unwrap_or(4);
        let _ = writeln!(
            text,
            "replica_exchange: {{min_kelvin: {min}, max_kelvin: {max:.0}, count: {count}, tuned: true}}"
        );
    }
    text.push_str(&tail);
    Ok(text)
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
            let force_field = match ForceFieldConfig::is_path(&arguments.force_field) {
                true => absolute(Path::new(&arguments.force_field))?,
                false => arguments.force_field.clone(),
            };
            system.insert("force_field".to_owned(), json!(force_field));
        }
        system.insert("solvent".to_owned(), json!(arguments.solvent));
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
    let _ = writeln!(text, "temperature_kelvin: {}", arguments.temperature);
    Ok(text)
}

/// Length and output.
fn tail(arguments: &SampleArguments, folder: &Path) -> String {
    let minutes = arguments.max_minutes;
    let limit = minutes.map_or(String::new(), |minutes| format!(", max_minutes: {minutes}"));
    format!(
        "run:\n  equilibration_cycles: 500\n  until: {{ess: {}, r_hat: {}{limit}}}\noutput: {{directory: {}, every_cycles: 10}}\n",
        arguments.ess,
        arguments.r_hat,
        json!(folder.display().to_string())
    )
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
