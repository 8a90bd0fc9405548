//! An engine on an analytic target, in f64, one replica after another. Slow and obviously right.

use super::targets::Target;
use crate::integrator::{Potential, PotentialEngine};
use std::sync::Arc;

/// The energy of a target.
pub struct TargetPotential {
    target: Arc<dyn Target>,
    masses_da: Vec<f64>,
}

/// An engine on the energy of a target.
pub type ToyEngine = PotentialEngine<TargetPotential>;

impl ToyEngine {
    /// The engine of a target.
    pub fn new(target: Arc<dyn Target>) -> Self {
        let masses_da = target.masses_da();
        Self::of(TargetPotential { target, masses_da })
    }
}

impl Potential for TargetPotential {
    fn name(&self) -> String {
        "toy".to_owned()
    }

    fn masses_da(&self) -> &[f64] {
        &self.masses_da
    }

    fn is_free(&self) -> bool {
        false
    }

    fn energies(&mut self, positions: &[f64], energies: &mut [f64]) -> Result<(), String> {
        let replicas = positions.chunks(3 * self.masses_da.len());
        for (energy, x) in energies.iter_mut().zip(replicas) {
            *energy = self.target.energy(x);
        }
        Ok(())
    }

    fn energies_and_forces(
        &mut self,
        positions: &[f64],
        energies: &mut [f64],
        forces: &mut [f64],
    ) -> Result<(), String> {
        let size = 3 * self.masses_da.len();
        for (force, x) in forces.chunks_mut(size).zip(positions.chunks(size)) {
            force.copy_from_slice(&self.target.forces(x));
        }
        self.energies(positions, energies)
    }
}
