//! From a checked input file to the things that run: molecule, system, start. Engines are made in `device`.

use std::path::{Path, PathBuf};

use crate::forcefield::openmm_system::ForeignMolecule;
use crate::forcefield::{ForceField, ForceFieldError, ForceFieldSource, System, SystemOptions};
use crate::integrator::{Engine, MinimizeSettings, minimize};
use crate::mcmc::Chain;
use crate::state::State;
use crate::topology::{self, CrossLink, Molecule, Sequence, Stereo};

use super::CliResult;
use super::config::{self, Config, Constraints, ForceFieldConfig, LoadedConfig, Origin};
use super::device::cpu_engine;
use super::error::{Blame, CliError};
use super::{foreign, memory, soundness};

/// What the command line may change in an input file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overrides {
    /// Instead of `device`.
    pub(crate) device: Option<String>,
    /// Instead of `output.directory`.
    pub(crate) output: Option<PathBuf>,
    /// Instead of `run.cycles`.
    pub(crate) cycles: Option<u64>,
    /// Instead of `run.equilibration_cycles`.
    pub(crate) equilibration_cycles: Option<u64>,
}

/// A molecule with its force field.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    /// Topology and starting positions, not minimised.
    pub(crate) molecule: Molecule,
    /// Parameters.
    pub(crate) system: System,
    /// The same without constraints, for the minimiser: a rigid bond has no energy that could hold it.
    pub(crate) flexible_system: System,
}

/// Reads an input file, applies the command line to it and checks every value.
///
/// # Errors
/// All faults of the file.
pub(crate) fn load(path: &Path, overrides: Overrides) -> Result<LoadedConfig, CliError> {
    adjusted(config::load(path)?, overrides)
}

/// Applies the command line to an input and checks every value.
///
/// # Errors
/// All faults of the input.
pub(crate) fn adjusted(
    mut loaded: LoadedConfig,
    overrides: Overrides,
) -> Result<LoadedConfig, CliError> {
    let config = &mut loaded.config;
    if let Some(device) = overrides.device {
        config.device = device;
    }
    if let Some(directory) = overrides.output {
        if directory.to_str().is_none() {
            // Trajectories and checkpoints note the settings as text.
            return Err(CliError::input(format!(
                "--output {}: the name is not valid UTF-8\n  help: give the folder a name of plain letters",
                directory.display()
            )));
        }
        config.output.directory = directory;
    }
    let directory = std::mem::take(&mut config.output.directory);
    config.output.directory = config::expand_home(directory);
    if let Some(cycles) = overrides.cycles {
        config.run.cycles = cycles;
    }
    if let Some(cycles) = overrides.equilibration_cycles {
        config.run.equilibration_cycles = cycles;
    }
    let first_look = FIRST_LOOK_FRAMES.saturating_mul(config.output.every_cycles);
    if config.run.until.is_some() && config.run.cycles == 0 {
        config.run.cycles = first_look;
    }
    loaded.validate()?;
    Ok(loaded)
}

/// Frames of every chain before the first look at their accuracy, where the input does not say.
const FIRST_LOOK_FRAMES: u64 = 100;

/// Reads an input file of which only the molecule counts: nothing of a run need be in it.
///
/// # Errors
/// All faults of the file that concern the molecule or the device.
pub(crate) fn load_molecule(path: &Path, device: Option<String>) -> Result<LoadedConfig, CliError> {
    adjusted_molecule(config::load_molecule(path)?, device)
}

/// As [`adjusted`], of an input of which only the molecule counts.
///
/// # Errors
/// All faults of the input that concern the molecule or the device.
pub(crate) fn adjusted_molecule(
    mut loaded: LoadedConfig,
    device: Option<String>,
) -> Result<LoadedConfig, CliError> {
    if let Some(device) = device {
        loaded.config.device = device;
    }
    loaded.validate_molecule()?;
    Ok(loaded)
}

/// Builds or reads the molecule, and assigns its force field where it does not bring its parameters along.
///
/// # Errors
/// A fault that points at the key to blame, and into the PDB, mmCIF or XML file where that is at fault.
pub(crate) fn prepare(loaded: &LoadedConfig) -> Result<Prepared, CliError> {
    let origin = loaded.config.system.origin();
    let prepared = match origin.expect("invariant: validation wants one source of the molecule") {
        Origin::Sequence(text) => assigned(loaded, built(loaded, text)?),
        Origin::Pdb(path) => assigned(loaded, from_pdb(loaded, path)?),
        Origin::OpenmmSystem { system, pdb } => {
            foreign::openmm_system(loaded, system, pdb).map(parametrised)
        }
        Origin::Prmtop {
            prmtop,
            coordinates,
        } => {
            let options = system_options(&loaded.config);
            let read = foreign::prmtop(loaded, prmtop, coordinates, &options);
            read.map(|(molecule, [system, flexible_system])| Prepared {
                molecule,
                system,
                flexible_system,
            })
        }
    }?;
    log::info!(
        "{} atoms in {} residues, {} constraints",
        prepared.molecule.topology.n_atoms(),
        prepared.molecule.topology.residues.len(),
        prepared.system.constraints.len()
    );
    Ok(prepared)
}

/// A molecule that brings its parameters along.
fn parametrised(foreign: ForeignMolecule) -> Prepared {
    Prepared {
        flexible_system: foreign.system.flexible(),
        molecule: foreign.molecule,
        system: foreign.system,
    }
}

/// A molecule whose parameters the force field of the input has.
fn assigned(loaded: &LoadedConfig, molecule: Molecule) -> Result<Prepared, CliError> {
    memory::check_bytes(
        memory::needed_bytes(molecule.topology.n_atoms(), 1),
        &format!("the pairs of {} atoms", molecule.topology.n_atoms()),
        "choose a smaller molecule",
    )?;
    let options = system_options(&loaded.config);
    let flexible_options = SystemOptions {
        constrain_hydrogen_bonds: false,
        ..options.clone()
    };
    let blame = |error: ForceFieldError| {
        let source = &loaded.source;
        source.fault_at("system.force_field", &error.to_string(), "")
    };
    let force_field = force_field(loaded).map_err(blame)?;
    let system = force_field
        .assign(&molecule.topology, &options)
        .map_err(blame)?;
    let flexible_system = force_field
        .assign(&molecule.topology, &flexible_options)
        .map_err(blame)?;
    Ok(Prepared {
        molecule,
        system,
        flexible_system,
    })
}

fn from_pdb(loaded: &LoadedConfig, path: &Path) -> Result<Molecule, CliError> {
    let molecule = topology::pdb::read(&loaded.resolve(path))
        .map_err(|error| loaded.source.fault_at("system.pdb", &error.to_string(), ""))?;
    memory::announce(molecule.topology.n_atoms());
    Ok(molecule)
}

fn built(loaded: &LoadedConfig, text: &str) -> Result<Molecule, CliError> {
    let bonds = &loaded.config.system.bonds;
    let source = &loaded.source;
    let disulfides = &loaded.config.system.disulfides;
    let sequence = Sequence::parse(text)
        .map_err(|error| source.fault_at("system.sequence", &error.to_string(), ""))?;
    memory::announce_residues(sequence.names().len());
    let path = match (disulfides.is_empty(), bonds.is_empty()) {
        (_, false) => "system.bonds",
        (false, true) => "system.disulfides",
        (true, true) => "system.sequence",
    };
    let links: Vec<CrossLink> = bonds
        .iter()
        .map(|ends| CrossLink { ends: ends.clone() })
        .collect();
    topology::build_linked(&sequence, disulfides, &links)
        .map_err(|error| source.fault_at(path, &error.to_string(), "").into())
}

fn force_field(loaded: &LoadedConfig) -> Result<ForceField, ForceFieldError> {
    let source = |entry: &String| match ForceFieldConfig::is_path(entry) {
        true => ForceFieldSource::File(loaded.resolve(entry)),
        false => ForceFieldSource::Builtin(entry.clone()),
    };
    let entries = loaded.config.system.force_field.entries();
    ForceField::from_sources(&entries.iter().map(source).collect::<Vec<_>>())
}

fn system_options(config: &Config) -> SystemOptions {
    let system = &config.system;
    SystemOptions {
        solvent: system.solvent.born_model(),
        surface_area: system.surface_area,
        ionic_strength_molar: system.ionic_strength_molar,
        temperature_kelvin: config.temperature_kelvin,
        solute_dielectric: system.solute_dielectric,
        solvent_dielectric: system.solvent_dielectric,
        constrain_hydrogen_bonds: system.constraints == Constraints::HBonds,
        hydrogen_mass_da: system.hydrogen_mass_da,
    }
}

/// The structure a run starts from: as built or read, minimised if the input says so.
///
/// # Errors
/// A structure that cannot be minimised, or whose energy or forces are not finite.
pub(crate) fn starting_positions(
    config: &Config,
    prepared: &Prepared,
) -> Result<Vec<[f64; 3]>, CliError> {
    let molecule = &prepared.molecule;
    if !config.system.minimize {
        soundness::evaluate(&molecule.topology, &prepared.system, &molecule.positions)?;
        return Ok(molecule.positions.clone());
    }
    // On the CPU whatever the device: one replica in f64 sums, and the same start everywhere.
    let mut engine = cpu_engine(config, &prepared.flexible_system)?;
    let positions = minimized(engine.as_mut(), molecule)?;
    soundness::evaluate(&molecule.topology, &prepared.system, &positions)?;
    Ok(positions)
}

/// All replicas at the starting structure, velocities from the Maxwell-Boltzmann distribution.
///
/// # Errors
/// A structure that cannot be minimised or constrained.
pub(crate) fn starting_chain(
    config: &Config,
    prepared: &Prepared,
    engine: &mut dyn Engine,
) -> Result<Chain, CliError> {
    let positions = starting_positions(config, prepared)?;
    let n_replicas = config.n_replicas();
    let temperatures_kelvin = match config.ladder() {
        None => vec![config.temperature_kelvin; n_replicas],
        Some(ladder) => ladder
            .replica_temperatures_kelvin(n_replicas)
            .blame_input()?,
    };
    let mut state = State::replicate(&positions, n_replicas);
    engine.apply_constraints(&mut state).blame_run()?;
    engine.draw_velocities(&mut state, &temperatures_kelvin, config.seed(), 0);
    let chain = Chain {
        state,
        temperatures_kelvin,
        ..Chain::default()
    };
    soundness::check_start(&chain, engine)?;
    Ok(chain)
}

/// The minimum of the potential energy near a structure, for an engine of a system without constraints.
///
/// # Errors
/// An energy that is not finite, before or after; another molecule at the minimum: a D residue for an L one, cis for trans.
pub(crate) fn minimized(
    engine: &mut dyn Engine,
    molecule: &Molecule,
) -> Result<Vec<[f64; 3]>, CliError> {
    let mut positions = molecule.positions.clone();
    let settings = MinimizeSettings::default();
    let outcome = minimize(engine, &mut positions, &settings);
    if !outcome.final_energy_kj_per_mol.is_finite() {
        return Err(CliError::input(format!(
            "the starting structure cannot be minimised: its energy is {} kJ/mol\n  help: atoms lie on top of each other; check the coordinates",
            outcome.final_energy_kj_per_mol
        )));
    }
    log::info!(
        "minimised from {:.1} to {:.1} kJ/mol in {} iterations, root mean square force {:.1} kJ/mol/nm",
        outcome.initial_energy_kj_per_mol,
        outcome.final_energy_kj_per_mol,
        outcome.iterations,
        outcome.rms_force_kj_per_mol_nm
    );
    if outcome.rms_force_kj_per_mol_nm > 100.0 * settings.tolerance_kj_per_mol_nm {
        log::warn!(
            "the minimiser left a root mean square force of {:.0} kJ/mol/nm: check the structure if the run blows up",
            outcome.rms_force_kj_per_mol_nm
        );
    }
    check_stereo(molecule, &positions)?;
    Ok(positions)
}

/// Hands and isomers have to be those of the structure that was given.
fn check_stereo(molecule: &Molecule, minimized: &[[f64; 3]]) -> CliResult {
    let topology = &molecule.topology;
    let before = Stereo::of(topology, &molecule.positions);
    for undecided in before.undecided(topology) {
        log::warn!("the starting structure: {undecided}; the minimiser decides");
    }
    let changes = before.changes(&Stereo::of(topology, minimized), topology);
    if changes.is_empty() {
        return Ok(());
    }
    Err(CliError::input(format!(
        "minimising made another molecule of the starting structure: {}\n  help: its atoms are too far from their places; \
         correct the coordinates, or minimise them with another program",
        changes.join("; ")
    )))
}
