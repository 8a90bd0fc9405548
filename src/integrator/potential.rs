//! Any energy as an engine: dynamics in f64 on the host over a function of the positions.

use rand::RngExt;
use rand_distr::StandardNormal;

use super::{Diverged, Engine, EngineError, LangevinSettings, Splitting};
use crate::rng;
use crate::state::State;
use crate::units::thermal_energy_kj_per_mol;

/// A potential energy of a whole batch: positions `[n_replicas, n_atoms, 3]` in nm, energies `[n_replicas]` in kJ/mol, forces
/// like the positions in kJ mol⁻¹ nm⁻¹.
///
/// Whatever is not finite is rejected by exact kernels. Forces need not be those of the energy for a hybrid Monte Carlo kernel
/// to be exact, only for its moves to be accepted.
pub trait Potential: Send {
    /// Name in logs and trajectories.
    fn name(&self) -> String;

    /// Masses in Da, `[n_atoms]`.
    fn masses_da(&self) -> &[f64];

    /// Whether a replica may be shifted as a whole without any change, see [`Engine::is_free`].
    fn is_free(&self) -> bool;

    /// Energies.
    ///
    /// # Errors
    /// Why there are none: the move or the run that asked for them fails.
    fn energies(&mut self, positions: &[f64], energies: &mut [f64]) -> Result<(), String>;

    /// Energies and forces.
    ///
    /// # Errors
    /// As those of [`Self::energies`].
    fn energies_and_forces(
        &mut self,
        positions: &[f64],
        energies: &mut [f64],
        forces: &mut [f64],
    ) -> Result<(), String>;
}

/// Positions and what the potential answered for them.
#[derive(Default)]
struct Answered {
    positions: Vec<f64>,
    energies: Vec<f64>,
    forces: Vec<f64>,
}

/// An [`Engine`] over a [`Potential`], without constraints. It asks once for positions that follow each other unchanged, as the
/// end of one step and the start of the next do.
pub struct PotentialEngine<P> {
    potential: P,
    answered: Answered,
}

impl<P: Potential> PotentialEngine<P> {
    /// The engine of a potential.
    pub fn of(potential: P) -> Self {
        let answered = Answered::default();
        Self {
            potential,
            answered,
        }
    }

    fn size(&self) -> usize {
        3 * self.n_atoms()
    }

    fn mass(&self, index: usize) -> f64 {
        self.masses_da()[index % self.size() / 3]
    }

    /// Energies and forces of positions, which are in `answered` then.
    fn ask(&mut self, positions: &[f64]) -> Result<(), String> {
        if self.answered.positions == positions {
            return Ok(());
        }
        let n_replicas = positions.len() / self.size();
        let mut answered = std::mem::take(&mut self.answered);
        answered.energies.resize(n_replicas, 0.0);
        answered.forces.resize(positions.len(), 0.0);
        let (energies, forces) = (&mut answered.energies, &mut answered.forces);
        self.potential
            .energies_and_forces(positions, energies, forces)?;
        answered.positions.clear();
        answered.positions.extend_from_slice(positions);
        self.answered = answered;
        Ok(())
    }

    fn kick(&mut self, state: &mut State, timestep_ps: f64) -> Result<(), EngineError> {
        let asked = self.ask(&state.positions);
        asked.map_err(|reason| EngineError::Device { reason })?;
        for (index, v) in state.velocities.iter_mut().enumerate() {
            *v += timestep_ps * self.answered.forces[index] / self.mass(index);
        }
        Ok(())
    }

    /// a v + sqrt(1 - a²) sqrt(kT/m) xi with noise that depends on (seed, draw, replica) alone.
    fn thermalise(&self, state: &mut State, kelvin: &[f64], kept: f64, [seed, draw]: [u64; 2]) {
        let mixed = seed ^ draw.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut streams = rng::streams(mixed, state.n_replicas);
        let fresh = (1.0 - kept * kept).sqrt();
        let size = self.size();
        for (index, v) in state.velocities.iter_mut().enumerate() {
            let replica = index / size;
            let width = (thermal_energy_kj_per_mol(kelvin[replica]) / self.mass(index)).sqrt();
            let deviate: f64 = streams[replica].sample(StandardNormal);
            *v = kept * *v + fresh * width * deviate;
        }
    }

    /// The first replica whose last forces are not finite.
    fn diverged(&self, step: u64) -> Option<Diverged> {
        let worst = self.answered.forces.iter().position(|f| !f.is_finite())?;
        Some(Diverged {
            replica: worst / self.size(),
            step,
            atom_index: worst % self.size() / 3,
            worst_force_kj_per_mol_nm: self.answered.forces[worst],
        })
    }
}

fn drift(state: &mut State, timestep_ps: f64) {
    for (x, v) in state.positions.iter_mut().zip(&state.velocities) {
        *x += timestep_ps * v;
    }
}

impl<P: Potential> Engine for PotentialEngine<P> {
    fn description(&self) -> String {
        self.potential.name()
    }

    fn is_free(&self) -> bool {
        self.potential.is_free()
    }

    fn n_atoms(&self) -> usize {
        self.masses_da().len()
    }

    fn n_degrees_of_freedom(&self) -> usize {
        self.size()
    }

    fn masses_da(&self) -> &[f64] {
        self.potential.masses_da()
    }

    fn energies(&mut self, positions: &[f64], energies: &mut [f64]) {
        if self.answered.positions == positions {
            energies.copy_from_slice(&self.answered.energies);
        } else if self.potential.energies(positions, energies).is_err() {
            energies.fill(f64::NAN);
        }
    }

    fn energies_and_forces(&mut self, positions: &[f64], energies: &mut [f64], forces: &mut [f64]) {
        if self.ask(positions).is_ok() {
            energies.copy_from_slice(&self.answered.energies);
            forces.copy_from_slice(&self.answered.forces);
        } else {
            energies.fill(f64::NAN);
            forces.fill(f64::NAN);
        }
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
            self.kick(state, timestep)?;
            drift(state, 0.5 * timestep);
            let draw = [settings.seed, state.step];
            self.thermalise(state, &settings.temperatures_kelvin, kept, draw);
            drift(state, 0.5 * timestep);
            state.step += 1;
        }
        match self.diverged(state.step) {
            Some(diverged) => Err(diverged.into()),
            None => Ok(()),
        }
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
            self.kick(state, stage.kick_before * timestep_ps)?;
            drift(state, stage.drift * timestep_ps);
            self.kick(state, stage.kick_after * timestep_ps)?;
        }
        match self.diverged(state.step) {
            Some(diverged) => Err(diverged.into()),
            None => Ok(()),
        }
    }

    fn draw_velocities(&mut self, state: &mut State, kelvin: &[f64], seed: u64, draw: u64) {
        self.thermalise(state, kelvin, 0.0, [seed, draw]);
    }

    fn apply_constraints(&mut self, _state: &mut State) -> Result<(), EngineError> {
        Ok(())
    }
}
