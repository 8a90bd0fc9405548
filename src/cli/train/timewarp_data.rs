//! What Timewarp is trained on: frames of trajectories, and energies of their molecules.

use std::path::{Path, PathBuf};

use crate::cpu::{self, CpuOptions};
use crate::flow::timewarp::{Frames, PlacementTree, ReducedEnergies, TimewarpConfig};
use crate::forcefield::{ForceField, SystemOptions};
use crate::integrator::Engine;
use crate::proposal::placement_tree;
use crate::topology::Topology;
use crate::trajectory::Reader;
use crate::units::thermal_energy_kj_per_mol;

use crate::cli::config::TimewarpTrainingConfig;
use crate::cli::error::{Blame, CliError};

/// Share of the time between frames by which a lag may miss a multiple of it.
const LAG_TOLERANCE: f64 = 1e-3;

/// The different molecules of all trajectories.
#[derive(Debug, Default)]
pub(crate) struct Molecules {
    pub(super) topologies: Vec<Topology>,
}

impl Molecules {
    /// The number of a molecule, a new one where it was not seen before.
    fn number_of(&mut self, topology: &Topology) -> usize {
        let known = self.topologies.iter().position(|known| known == topology);
        known.unwrap_or_else(|| {
            self.topologies.push(topology.clone());
            self.topologies.len() - 1
        })
    }

    /// The tree of internal coordinates.
    ///
    /// # Errors
    /// Several molecules, or one that is in pieces.
    pub(crate) fn tree(&self) -> Result<PlacementTree, CliError> {
        let [topology] = self.topologies.as_slice() else {
            return Err(CliError::input(format!(
                "`coordinates: internal` is for one molecule, but the trajectories are of {}\n  help: write `coordinates: positions`, or give trajectories of one molecule",
                self.topologies.len()
            )));
        };
        placement_tree(topology).ok_or_else(|| {
            CliError::input(
                "the molecule is in pieces, or has fewer than four atoms\n  help: write `coordinates: positions`",
            )
        })
    }

    /// Frames of every file.
    ///
    /// # Errors
    /// A file that cannot be read, is shorter than the lag or unevenly spaced, or has an element that the model lacks.
    pub(crate) fn read(
        &mut self,
        files: &[PathBuf],
        lag_ps: f64,
        model: &TimewarpConfig,
    ) -> Result<Vec<Frames>, CliError> {
        files
            .iter()
            .map(|file| self.read_one(file, lag_ps, model))
            .collect()
    }

    fn read_one(
        &mut self,
        path: &Path,
        lag_ps: f64,
        model: &TimewarpConfig,
    ) -> Result<Frames, CliError> {
        let reader = Reader::open(path).blame_input()?;
        let n_frames = reader.n_frames();
        let times_ps = reader.read_times_ps(0..n_frames).blame_input()?;
        let lag_frames = lag_in_frames(path, &times_ps, lag_ps)?;
        let topology = reader.topology();
        let mut elements = Vec::with_capacity(topology.n_atoms());
        for (atom_index, atom) in topology.atoms.iter().enumerate() {
            let symbol = atom.element.symbol();
            let residue = &topology.residues[atom.residue_index].name;
            let index = model.element_index(residue, &atom.name, symbol);
            elements.push(index.ok_or_else(|| {
                CliError::input(format!(
                    "{}: atom {} is {symbol}, but `element_vocabulary` of the model has only {}",
                    path.display(),
                    topology.label(atom_index),
                    model.element_vocabulary.join(", ")
                ))
            })?);
        }
        Ok(Frames {
            molecule: self.number_of(topology),
            elements,
            positions: reader.read_positions(0..n_frames).blame_input()?,
            lag_frames,
        })
    }
}

fn lag_in_frames(path: &Path, times_ps: &[f64], lag_ps: f64) -> Result<usize, CliError> {
    let fault = |problem: String| CliError::input(format!("{}: {problem}", path.display()));
    let [first, second, ..] = times_ps else {
        return Err(fault(format!(
            "the trajectory has {} frames, expected at least two that are {lag_ps} ps apart",
            times_ps.len()
        )));
    };
    let spacing = second - first;
    let length = times_ps[times_ps.len() - 1] - first;
    let is_even = times_ps
        .windows(2)
        .all(|pair| ((pair[1] - pair[0]) / spacing - 1.0).abs() < LAG_TOLERANCE);
    if !(spacing > 0.0 && is_even) {
        return Err(fault(
            "frames are not evenly spaced in time, expected molecular dynamics alone: leaps take no time, so pairs of their frames have no lag"
                .to_owned(),
        ));
    }
    if length < lag_ps {
        return Err(fault(format!(
            "the trajectory is {length} ps long, shorter than `lag_ps`, {lag_ps}; simulate longer or take a shorter lag"
        )));
    }
    let lag = (lag_ps / spacing).round();
    if lag < 1.0 || (lag_ps / spacing - lag).abs() > LAG_TOLERANCE {
        return Err(fault(format!(
            "`lag_ps` is {lag_ps}, expected a multiple of the time between frames, {spacing} ps"
        )));
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number between 1 and the number of frames"
    )]
    let lag = lag as usize;
    Ok(lag)
}

/// Energies over kT of the molecules, by our own engine.
pub(crate) struct Energies {
    engines: Vec<Box<dyn Engine>>,
    kt: f64,
}

impl Energies {
    /// An engine for each molecule.
    ///
    /// # Errors
    /// A molecule that the force field does not know.
    pub(crate) fn new(
        config: &TimewarpTrainingConfig,
        molecules: &Molecules,
    ) -> Result<Self, CliError> {
        let force_field = ForceField::builtin(&config.force_field).blame_input()?;
        let options = SystemOptions {
            solvent: config.solvent.born_model(),
            temperature_kelvin: config.temperature_kelvin,
            ..SystemOptions::default()
        };
        let engine = |topology: &Topology| {
            let system = force_field.assign(topology, &options).blame_input()?;
            cpu::engine(&system, &CpuOptions::default()).blame_input()
        };
        let engines: Result<_, CliError> = molecules.topologies.iter().map(engine).collect();
        Ok(Self {
            engines: engines?,
            kt: thermal_energy_kj_per_mol(config.temperature_kelvin),
        })
    }
}

impl ReducedEnergies for Energies {
    fn evaluate(&mut self, molecules: &[usize], positions: &[&[f64]]) -> (Vec<f64>, Vec<Vec<f64>>) {
        let mut energies = vec![0.0; molecules.len()];
        let mut slopes = vec![Vec::new(); molecules.len()];
        for (number, engine) in self.engines.iter_mut().enumerate() {
            let own: Vec<usize> = (0..molecules.len())
                .filter(|&index| molecules[index] == number)
                .collect();
            if own.is_empty() {
                continue;
            }
            let x: Vec<f64> = own.iter().flat_map(|&i| positions[i]).copied().collect();
            let size = x.len() / own.len();
            let (mut u, mut forces) = (vec![0.0; own.len()], vec![0.0; x.len()]);
            engine.energies_and_forces(&x, &mut u, &mut forces);
            for ((&index, u), forces) in own.iter().zip(u).zip(forces.chunks_exact(size)) {
                energies[index] = u / self.kt;
                slopes[index] = forces.iter().map(|force| -force / self.kt).collect();
            }
        }
        (energies, slopes)
    }
}
