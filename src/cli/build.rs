//! `saltus build`: a peptide from its sequence, minimised, as a PDB file.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cpu::{self, CpuOptions};
use crate::forcefield::{ForceField, ForceFieldSource, SystemOptions};
use crate::topology::{self, CrossLink, Molecule, Sequence, pdb};

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
    /// Name, number (from 1) and atom of both ends of a bond between residues, `LYS 3 NZ, ASP 7 CG`; may be repeated. Hydrogens and the
    /// oxygen that leave are taken away. The force field must have the residues that result, or add --no-minimize.
    #[arg(long, value_name = "END,END", value_parser = parse_bond)]
    bond: Vec<CrossLink>,
    /// Force field of the minimisation: a built-in name or an OpenMM XML file; may be repeated, later ones add to earlier ones.
    #[arg(long, value_name = "NAME|FILE", default_value = "amber14")]
    force_field: Vec<String>,
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
    let molecule = built(&Blueprint {
        sequence: &arguments.sequence,
        disulfides: &arguments.disulfide,
        bonds: &arguments.bond,
        force_field: &arguments.force_field,
        solvent: arguments.solvent,
        minimize: !arguments.no_minimize,
    })?;
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

/// What is built.
pub(crate) struct Blueprint<'a> {
    /// As `system.sequence` in an input.
    pub(crate) sequence: &'a str,
    /// Residue numbers, from 1, of bridged cysteines.
    pub(crate) disulfides: &'a [[usize; 2]],
    /// Other bonds between residues.
    pub(crate) bonds: &'a [CrossLink],
    /// Built-in names or files of the force field of the minimisation.
    pub(crate) force_field: &'a [String],
    /// Solvent of the minimisation.
    pub(crate) solvent: Solvent,
    /// Whether it is minimised.
    pub(crate) minimize: bool,
}

/// Builds a peptide, and minimises it where that is wanted.
///
/// # Errors
/// A sequence that cannot be read or built, a force field that does not know it, a structure that cannot be minimised.
pub(crate) fn built(blueprint: &Blueprint<'_>) -> Result<Molecule, CliError> {
    let sequence = Sequence::parse(blueprint.sequence).blame_input()?;
    let mut molecule =
        topology::build_linked(&sequence, blueprint.disulfides, blueprint.bonds).blame_input()?;
    if blueprint.minimize {
        minimize(&mut molecule, blueprint)?;
    }
    Ok(molecule)
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

fn minimize(molecule: &mut Molecule, blueprint: &Blueprint<'_>) -> CliResult {
    let source = |entry: &String| match ForceFieldConfig::is_path(entry) {
        true => ForceFieldSource::File(PathBuf::from(entry)),
        false => ForceFieldSource::Builtin(entry.clone()),
    };
    let sources: Vec<ForceFieldSource> = blueprint.force_field.iter().map(source).collect();
    let force_field = ForceField::from_sources(&sources).blame_input()?;
    let options = SystemOptions {
        solvent: blueprint.solvent.born_model(),
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

fn parse_bond(text: &str) -> Result<CrossLink, String> {
    let ends = text
        .split_once(',')
        .map(|(first, second)| [first.trim(), second.trim()]);
    let ends = ends.filter(|ends| ends.iter().all(|end| end.split_whitespace().count() == 3));
    let ends = ends.ok_or_else(|| {
        format!("got `{text}`, expected two ends such as \"LYS 3 NZ, ASP 7 CG\", in quotes")
    })?;
    Ok(CrossLink {
        ends: ends.map(str::to_owned),
    })
}
