//! `saltus build` and `saltus energy` for a host program, and energies of many frames at once.

use super::input::Input;
use crate::cli::build::{self, Blueprint};
use crate::cli::config::Solvent;
use crate::cli::device::make_engine;
use crate::cli::energy::{Evaluated, evaluated};
use crate::cli::error::CliError;
use crate::integrator::Engine;
use crate::topology::{Molecule, Topology};

/// A peptide from its sequence, minimised in `force_field` and `solvent` where that is wanted; see `saltus build --help`.
///
/// # Errors
/// As those of `saltus build`.
pub fn build(
    sequence: &str,
    disulfides: &[[usize; 2]],
    force_field: &str,
    solvent: &str,
    minimize: bool,
) -> Result<Molecule, CliError> {
    let known = Solvent::ALL.iter().find(|known| known.name() == solvent);
    let Some(&solvent) = known else {
        let names = Solvent::ALL.map(Solvent::name).join(", ");
        return Err(CliError::input(format!(
            "unknown solvent `{solvent}`\n  help: solvents: {names}"
        )));
    };
    build::built(&Blueprint {
        sequence,
        disulfides,
        bonds: &[],
        force_field: &[force_field.to_owned()],
        solvent,
        minimize,
    })
}

/// The starting structure of an input with its energies, and an engine that evaluates others.
pub struct Evaluator {
    evaluated: Evaluated,
    engine: Option<Box<dyn Engine>>,
}

impl Evaluator {
    /// Prepares the molecule and evaluates its starting structure in f64.
    ///
    /// # Errors
    /// As those of `saltus energy`.
    pub fn new(input: &Input) -> Result<Self, CliError> {
        Ok(Self {
            evaluated: evaluated(input.load_molecule()?)?,
            engine: None,
        })
    }

    /// Atoms, residues and bonds.
    #[must_use]
    pub fn topology(&self) -> &Topology {
        &self.evaluated.prepared.molecule.topology
    }

    /// Masses in Da, `[n_atoms]`.
    #[must_use]
    pub fn masses_da(&self) -> &[f64] {
        &self.evaluated.prepared.system.masses_da
    }

    /// The starting structure in nm, `[n_atoms]`.
    #[must_use]
    pub fn positions(&self) -> &[[f64; 3]] {
        &self.evaluated.positions
    }

    /// Its forces in kJ mol⁻¹ nm⁻¹, `[n_atoms]`.
    #[must_use]
    pub fn forces(&self) -> &[[f64; 3]] {
        &self.evaluated.forces
    }

    /// Its energies in kJ/mol by the names of `saltus energy --json`, the sum left out.
    #[must_use]
    pub fn terms(&self) -> Vec<(&'static str, f64)> {
        self.evaluated.terms.named(&self.evaluated.prepared.system)
    }

    /// Energies in kJ/mol `[n_frames]` and forces in kJ mol⁻¹ nm⁻¹ `[n_frames, n_atoms, 3]` of positions in nm
    /// `[n_frames, n_atoms, 3]`, all in one batch on the device of the input; what has no finite energy is NaN or infinite.
    ///
    /// # Errors
    /// Positions of another number of atoms; a device that is not there.
    pub fn evaluate(&mut self, positions: &[f64]) -> Result<(Vec<f64>, Vec<f64>), CliError> {
        let size = 3 * self.topology().n_atoms();
        if !positions.len().is_multiple_of(size) {
            return Err(CliError::input(format!(
                "got {} coordinates, expected a multiple of {size}: the molecule has {} atoms",
                positions.len(),
                size / 3
            )));
        }
        let mut energies = vec![0.0; positions.len() / size];
        let mut forces = vec![0.0; positions.len()];
        if positions.is_empty() {
            return Ok((energies, forces));
        }
        let Evaluated {
            loaded, prepared, ..
        } = &self.evaluated;
        let engine = match self.engine.take() {
            Some(engine) => engine,
            None => make_engine(
                &loaded.config,
                &prepared.molecule.topology,
                &prepared.system,
                None,
            )?,
        };
        let engine = self.engine.insert(engine);
        engine.energies_and_forces(positions, &mut energies, &mut forces);
        Ok((energies, forces))
    }
}
