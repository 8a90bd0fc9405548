//! An `Engine` on an analytic target, in f64, one replica after another. Slow and obviously right.

use super::targets::Target;
use crate::integrator::{Engine, EngineError, LangevinSettings, Splitting};
use crate::rng;
use crate::state::State;
use crate::units::thermal_energy_kj_per_mol;
use rand::RngExt;
use rand_distr::StandardNormal;
use std::sync::Arc;

/// The engine.
pub struct ToyEngine {
    target: Arc<dyn Target>,
    masses_da: Vec<f64>,
}

impl ToyEngine {
    /// An engine on the energy of a target.
    pub fn new(target: Arc<dyn Target>) -> Self {
        let masses_da = target.masses_da();
        Self { target, masses_da }
    }

    fn size(&self) -> usize {
        self.masses_da.len() * 3
    }

    fn forces(&self, positions: &[f64]) -> Vec<f64> {
        let replicas = positions.chunks(self.size());
        replicas.flat_map(|x| self.target.forces(x)).collect()
    }

    fn mass(&self, index: usize) -> f64 {
        self.masses_da[index % self.size() / 3]
    }

    fn kick(&self, state: &mut State, timestep_ps: f64) {
        let forces = self.forces(&state.positions);
        for (index, (v, f)) in state.velocities.iter_mut().zip(forces).enumerate() {
            *v += timestep_ps * f / self.mass(index);
        }
    }

    /// a v + sqrt(1 - a²) sqrt(kT/m) xi with noise that depends on (seed, draw, replica) alone.
    fn thermalise(&self, state: &mut State, kelvin: &[f64], kept: f64, [seed, draw]: [u64; 2]) {
        let mixed = seed ^ draw.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut streams = rng::streams(mixed, state.n_replicas);
        let fresh = (1.0 - kept * kept).sqrt();
        for (index, v) in state.velocities.iter_mut().enumerate() {
            let replica = index / (self.masses_da.len() * 3);
            let width = (thermal_energy_kj_per_mol(kelvin[replica]) / self.mass(index)).sqrt();
            let deviate: f64 = streams[replica].sample(StandardNormal);
            *v = kept * *v + fresh * width * deviate;
        }
    }
}

fn drift(state: &mut State, timestep_ps: f64) {
    for (x, v) in state.positions.iter_mut().zip(&state.velocities) {
        *x += timestep_ps * v;
    }
}

impl Engine for ToyEngine {
    fn description(&self) -> String {
        "toy".to_owned()
    }

    fn n_atoms(&self) -> usize {
        self.masses_da.len()
    }

    fn n_degrees_of_freedom(&self) -> usize {
        self.size()
    }

    fn masses_da(&self) -> &[f64] {
        &self.masses_da
    }

    fn energies(&mut self, positions: &[f64], energies: &mut [f64]) {
        for (energy, x) in energies.iter_mut().zip(positions.chunks(self.size())) {
            *energy = self.target.energy(x);
        }
    }

    fn energies_and_forces(&mut self, positions: &[f64], energies: &mut [f64], forces: &mut [f64]) {
        self.energies(positions, energies);
        forces.copy_from_slice(&self.forces(positions));
    }

    fn langevin(
        &mut self,
        state: &mut State,
        settings: &LangevinSettings,
        n_steps: u64,
    ) -> Result<(), EngineError> {
        let timestep = settings.timestep_ps;
        let kept = (-settings.friction_per_ps * timestep).exp();
        for _ in 0..n_steps {
            self.kick(state, timestep);
            drift(state, 0.5 * timestep);
            let draw = [settings.seed, state.step];
            self.thermalise(state, &settings.temperatures_kelvin, kept, draw);
            drift(state, 0.5 * timestep);
            state.step += 1;
        }
        Ok(())
    }

    fn constant_energy(
        &mut self,
        state: &mut State,
        splitting: Splitting,
        timestep_ps: f64,
        n_steps: u64,
    ) -> Result<(), EngineError> {
        let stages = splitting.stages().iter().cycle();
        for (_, stage) in (0..n_steps).zip(stages) {
            self.kick(state, stage.kick_before * timestep_ps);
            drift(state, stage.drift * timestep_ps);
            self.kick(state, stage.kick_after * timestep_ps);
        }
        Ok(())
    }

    fn draw_velocities(&mut self, state: &mut State, kelvin: &[f64], seed: u64, draw: u64) {
        self.thermalise(state, kelvin, 0.0, [seed, draw]);
    }

    fn apply_constraints(&mut self, _state: &mut State) -> Result<(), EngineError> {
        Ok(())
    }
}
