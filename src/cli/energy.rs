//! `saltus energy`: energies per term, and forces, of the starting structure in f64; with `--device` beside those of a device.
//!
//! A PDB, mmCIF or coordinate file is taken as it is; a built structure is minimised first unless `minimize: false`.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use serde::{Serialize, Serializer};

use crate::forcefield::TermEnergies;
use crate::integrator::Engine;
use crate::topology::{Atom, Topology};

use super::config::LoadedConfig;
use super::device::make_engine;
use super::error::CliError;
use super::setup::{self, Prepared};
use super::soundness::{self, first_faulty};
use super::{CliResult, console};

/// Arguments of `saltus energy`.
#[derive(Debug, Args)]
pub(crate) struct EnergyArguments {
    /// The YAML input file, of which only `system` is needed. A PDB, mmCIF or coordinate file in it is taken as it is; a sequence is built, and minimised unless `minimize: false`.
    #[arg(value_name = "INPUT.yaml")]
    input: PathBuf,
    /// Forces too.
    #[arg(long)]
    forces: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Evaluate on this device too (auto, cpu, gpu, gpu:NAME), and say how far it is from the f64 reference.
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
}

/// Names and energies in kJ/mol, an object in JSON.
#[derive(Debug)]
struct Terms(Vec<(&'static str, f64)>);

impl Serialize for Terms {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

#[derive(Debug, Serialize)]
struct EnergyReport {
    potential_energy_kj_per_mol: f64,
    terms_kj_per_mol: Terms,
    /// The atoms in the order of the forces.
    atoms: Vec<AtomReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forces_kj_per_mol_per_nm: Option<Vec<[f64; 3]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<DeviceReport>,
}

/// An atom as the user's file names it.
#[derive(Debug, Serialize)]
struct AtomReport {
    name: String,
    residue: String,
    number: i32,
    chain: String,
}

/// The same structure on the device that a run would take.
#[derive(Debug, Serialize)]
struct DeviceReport {
    description: String,
    potential_energy_kj_per_mol: f64,
    /// Root mean square difference of a force's component from the reference's, and the reference's own root mean square.
    rms_force_deviation_kj_per_mol_per_nm: f64,
    rms_force_kj_per_mol_per_nm: f64,
}

/// Prints the energies as a table or as JSON.
pub(crate) fn energy(arguments: &EnergyArguments) -> CliResult {
    let loaded = setup::load_molecule(&arguments.input, arguments.device.clone())?;
    let Evaluated {
        loaded,
        prepared,
        positions,
        terms,
        forces,
    } = evaluated(loaded)?;
    let named = terms.named(&prepared.system);
    let device = match arguments.device {
        None => None,
        Some(_) => {
            let mut engine = make_engine(
                &loaded.config,
                &prepared.molecule.topology,
                &prepared.system,
                None,
            )?;
            Some(on_device(engine.as_mut(), &positions, &forces)?)
        }
    };
    if arguments.json {
        let forces = arguments.forces.then_some(forces);
        return console::print_json(&report(
            &prepared.molecule.topology,
            (terms.total(), Terms(named)),
            forces,
            device,
        ));
    }
    let mut text = table(&named, terms.total());
    if let Some(device) = device {
        writeln!(
            text,
            "{:<17} {:>15.6}   on {}; root mean square force {:.4}, off by {:.4} kJ/mol/nm",
            "",
            device.potential_energy_kj_per_mol,
            device.description,
            device.rms_force_kj_per_mol_per_nm,
            device.rms_force_deviation_kj_per_mol_per_nm
        )
        .expect("invariant: writing to a string cannot fail");
    }
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

/// The starting structure of an input with its energies and forces in f64.
pub(crate) struct Evaluated {
    /// The input; a structure that was read is not minimised.
    pub(crate) loaded: LoadedConfig,
    /// The molecule.
    pub(crate) prepared: Prepared,
    /// The structure in nm, `[n_atoms]`.
    pub(crate) positions: Vec<[f64; 3]>,
    /// Energies in kJ/mol.
    pub(crate) terms: TermEnergies,
    /// Forces in kJ mol⁻¹ nm⁻¹, `[n_atoms]`.
    pub(crate) forces: Vec<[f64; 3]>,
}

/// Prepares and evaluates the starting structure.
///
/// # Errors
/// A molecule that cannot be prepared, a structure whose energy or forces are not finite.
pub(crate) fn evaluated(mut loaded: LoadedConfig) -> Result<Evaluated, CliError> {
    let system = &loaded.config.system;
    if let Some(name) = &system.potential {
        return Err(CliError::input(format!(
            "energies by term are the force field's, and `system.potential` puts `{name}` in its place\n  help: remove the key, or ask the potential itself"
        )));
    }
    if system.pdb.is_some() || system.prmtop.is_some() {
        loaded.config.system.minimize = false;
    }
    let prepared = setup::prepare(&loaded)?;
    let positions = setup::starting_positions(&loaded.config, &prepared)?;
    let (terms, forces) =
        soundness::evaluate(&prepared.molecule.topology, &prepared.system, &positions)?;
    Ok(Evaluated {
        loaded,
        prepared,
        positions,
        terms,
        forces,
    })
}

fn on_device(
    engine: &mut dyn Engine,
    positions: &[[f64; 3]],
    forces: &[[f64; 3]],
) -> Result<DeviceReport, CliError> {
    let mut energies = [0.0];
    let mut found = vec![0.0; 3 * positions.len()];
    engine.energies_and_forces(positions.as_flattened(), &mut energies, &mut found);
    if !energies[0].is_finite() || first_faulty(&found).is_some() {
        return Err(CliError::run(format!(
            "on {} the potential energy is {} kJ/mol, with forces that are {}finite, though the reference has finite ones\n  help: forces beyond the range of f32 are for `device: cpu` with `precision: double`",
            engine.description(),
            energies[0],
            if first_faulty(&found).is_some() {
                "not "
            } else {
                ""
            }
        )));
    }
    let expected = forces.as_flattened();
    let rms = |values: &mut dyn Iterator<Item = f64>| {
        (values.map(|x| x * x).sum::<f64>() / found.len() as f64).sqrt()
    };
    Ok(DeviceReport {
        description: engine.description(),
        potential_energy_kj_per_mol: energies[0],
        rms_force_deviation_kj_per_mol_per_nm: rms(&mut found
            .iter()
            .zip(expected)
            .map(|(a, b)| a - b)),
        rms_force_kj_per_mol_per_nm: rms(&mut expected.iter().copied()),
    })
}

fn report(
    topology: &Topology,
    (potential_energy_kj_per_mol, terms_kj_per_mol): (f64, Terms),
    forces: Option<Vec<[f64; 3]>>,
    device: Option<DeviceReport>,
) -> EnergyReport {
    EnergyReport {
        potential_energy_kj_per_mol,
        terms_kj_per_mol,
        atoms: topology
            .atoms
            .iter()
            .map(|atom| atom_report(topology, atom))
            .collect(),
        forces_kj_per_mol_per_nm: forces,
        device,
    }
}

fn atom_report(topology: &Topology, atom: &Atom) -> AtomReport {
    let residue = &topology.residues[atom.residue_index];
    AtomReport {
        name: atom.name.clone(),
        residue: residue.name.clone(),
        number: residue.number,
        chain: residue.chain.to_string(),
    }
}

fn table(terms: &[(&str, f64)], total: f64) -> String {
    let mut text = "term                       kJ/mol\n".to_owned();
    let total = [("potential_energy", total)];
    for (name, energy) in terms.iter().chain(&total) {
        writeln!(text, "{name:<17} {energy:>15.6}")
            .expect("invariant: writing to a string cannot fail");
    }
    text
}
