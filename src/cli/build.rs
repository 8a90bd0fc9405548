//! `saltus build`: a peptide from its sequence, minimised, as a PDB file.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cpu::{self, CpuOptions};
use crate::forcefield::{ForceField, SystemOptions};
use crate::topology::{self, Molecule, Sequence, pdb};

use super::config::{ForceFieldConfig, Solvent};
use super::error::{Blame, CliError};
use super::setup;
use super::{CliResult, console};

/// Arguments of `saltus build`.
#[derive(Debug, Args)]
pub(crate) struct BuildArguments {
    /// `ACE-ALA-NME`, or one letter a residue, `AAAY`, with charged ends; `cyclo(RGDfV)` is a ring with a D residue.
    #[arg(value_name = "SEQUENCE")]
    sequence: String,
    /// The PDB file to write.
    #[arg(short, long, value_name = "FILE.pdb")]
    output: PathBuf,
    /// Residue numbers (from 1) of two bridged cysteines, `2,7`; may be repeated.
    #[arg(long, value_name = "I,J", value_parser = parse_pair)]
    disulfide: Vec<[usize; 2]>,
    /// Force field of the minimisation: a built-in name or an OpenMM XML file.
    #[arg(long, value_name = "NAME|FILE", default_value = "amber14")]
    force_field: String,
    /// Solvent of the minimisation.
    #[arg(long, value_enum, default_value_t = Solvent::Obc1)]
    solvent: Solvent,
    /// Leave the structure as the templates give it.
    #[arg(long)]
    no_minimize: bool,
    /// Replace the file if it exists.
    #[arg(long)]
    force: bool,
}

/// Builds, minimises and writes the peptide.
pub(crate) fn build(arguments: &BuildArguments) -> CliResult {
    refuse_existing(&arguments.output, arguments.force)?;
    let sequence = Sequence::parse(&arguments.sequence).blame_input()?;
    let mut molecule = topology::build(&sequence, &arguments.disulfide).blame_input()?;
    if !arguments.no_minimize {
        minimize(&mut molecule, arguments)?;
    }
    let mut text = Vec::new();
    pdb::write(&mut text, &molecule.topology, &molecule.positions).blame_run()?;
    fs::write(&arguments.output, text)
        .map_err(|error| format!("cannot write {}: {error}", arguments.output.display()))
        .blame_input()?;
    console::note(&format!(
        "{} atoms in {} residues written to {}",
        molecule.topology.n_atoms(),
        molecule.topology.residues.len(),
        arguments.output.display()
    ));
    Ok(())
}

/// Refuses to replace a file without leave.
///
/// # Errors
/// The file exists and `force` is not given.
pub(crate) fn refuse_existing(path: &Path, force: bool) -> CliResult {
    if path.exists() && !force {
        return Err(CliError::input(format!(
            "{} exists already\n  help: choose another name with -o, or replace it with --force",
            path.display()
        )));
    }
    Ok(())
}

fn minimize(molecule: &mut Molecule, arguments: &BuildArguments) -> CliResult {
    let force_field = if ForceFieldConfig::is_path(&arguments.force_field) {
        ForceField::from_files(&[PathBuf::from(&arguments.force_field)])
    } else {
        ForceField::builtin(&arguments.force_field)
    }
    .blame_input()?;
    let options = SystemOptions {
        solvent: arguments.solvent.born_model(),
        ..SystemOptions::default()
    };
    let system = force_field
        .assign(&molecule.topology, &options)
        .blame_input()?;
    let mut engine = cpu::engine(&system, &CpuOptions::default()).blame_input()?;
    molecule.positions = setup::minimized(engine.as_mut(), molecule)?;
    Ok(())
}

pub(crate) fn parse_pair(text: &str) -> Result<[usize; 2], String> {
    let pair = text.split_once(',').and_then(|(first, second)| {
        Some([first.trim().parse().ok()?, second.trim().parse().ok()?])
    });
    pair.ok_or_else(|| format!("got `{text}`, expected two residue numbers such as 2,7"))
}
