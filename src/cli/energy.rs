//! `saltus energy`: energies per term, and forces, of the starting structure in f64.
//!
//! A PDB file is taken as it is; a built structure is minimised first unless `minimize: false`.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::forcefield::{TermEnergies, reference_energies};

use super::setup::{self, Overrides};
use super::{CliResult, console};

/// Arguments of `saltus energy`.
#[derive(Debug, Args)]
pub(crate) struct EnergyArguments {
    /// The YAML input file. A PDB file in it is taken as it is; a sequence is built, and minimised unless `minimize: false`.
    #[arg(value_name = "INPUT.yaml")]
    input: PathBuf,
    /// Forces too.
    #[arg(long)]
    forces: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Device that minimises a built structure; energies and forces are always the f64 reference's.
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
}

#[derive(Debug, Serialize)]
struct Terms {
    bond: f64,
    angle: f64,
    torsion: f64,
    nonbonded: f64,
    implicit_solvent: f64,
}

#[derive(Debug, Serialize)]
struct EnergyReport {
    potential_energy_kj_per_mol: f64,
    terms_kj_per_mol: Terms,
    #[serde(skip_serializing_if = "Option::is_none")]
    forces_kj_per_mol_per_nm: Option<Vec<[f64; 3]>>,
}

/// Prints the energies as a table or as JSON.
pub(crate) fn energy(arguments: &EnergyArguments) -> CliResult {
    let overrides = Overrides {
        device: arguments.device.clone(),
        ..Overrides::default()
    };
    let mut loaded = setup::load(&arguments.input, overrides)?;
    if loaded.config.system.pdb.is_some() {
        loaded.config.system.minimize = false;
    }
    let prepared = setup::prepare(&loaded)?;
    let positions = setup::starting_positions(&loaded.config, &prepared)?;
    let (terms, forces) = reference_energies(&prepared.system, &positions);
    if arguments.json {
        return console::print_json(&report(terms, arguments.forces.then_some(forces)));
    }
    let mut text = table(terms);
    if arguments.forces {
        text.push_str("\nforces in kJ/mol/nm\n");
        for (atom_index, [x, y, z]) in forces.iter().enumerate() {
            let label = prepared.molecule.topology.label(atom_index);
            writeln!(text, "{label:<16} {x:>16.6} {y:>16.6} {z:>16.6}")
                .expect("invariant: writing to a string cannot fail");
        }
    }
    console::print(&text)
}

fn report(terms: TermEnergies, forces: Option<Vec<[f64; 3]>>) -> EnergyReport {
    EnergyReport {
        potential_energy_kj_per_mol: terms.total(),
        terms_kj_per_mol: Terms {
            bond: terms.bond,
            angle: terms.angle,
            torsion: terms.torsion,
            nonbonded: terms.nonbonded,
            implicit_solvent: terms.implicit_solvent,
        },
        forces_kj_per_mol_per_nm: forces,
    }
}

fn table(terms: TermEnergies) -> String {
    let rows = [
        ("bond", terms.bond),
        ("angle", terms.angle),
        ("torsion", terms.torsion),
        ("nonbonded", terms.nonbonded),
        ("implicit_solvent", terms.implicit_solvent),
        ("potential_energy", terms.total()),
    ];
    let mut text = "term                       kJ/mol\n".to_owned();
    for (name, energy) in rows {
        writeln!(text, "{name:<17} {energy:>15.6}")
            .expect("invariant: writing to a string cannot fail");
    }
    text
}
