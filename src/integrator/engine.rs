//! The trait between samplers and the machines that evaluate forces: the CPU engine, the GPU engine, toy targets in tests.

use super::Splitting;
use crate::state::State;
use std::sync::Arc;

/// Settings of a Langevin segment (LF-middle scheme, doi:10.1021/acs.jpca.9b02771).
#[derive(Debug, Clone, PartialEq)]
pub struct LangevinSettings {
    /// Time step in ps.
    pub timestep_ps: f64,
    /// Friction in ps⁻¹.
    pub friction_per_ps: f64,
    /// Bath temperature of every replica in K, `[n_replicas]`.
    pub temperatures_kelvin: Vec<f64>,
    /// Key of the Philox noise stream.
    pub seed: u64,
}

/// A replica whose positions or forces stopped being finite, or whose forces exceed every physical value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "replica {replica} blew up at step {step}: the worst force, {worst_force_kj_per_mol_nm:.3e} kJ/mol/nm, is on atom {atom_index}"
)]
pub struct Diverged {
    /// Replica index.
    pub replica: usize,
    /// Step count of the run at which it was noticed.
    pub step: u64,
    /// Atom with the largest force.
    pub atom_index: usize,
    /// Norm of that force (infinite or NaN where it overflowed).
    pub worst_force_kj_per_mol_nm: f64,
}

/// What can go wrong in an engine.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// A replica blew up; the others are as they were at the end of the segment.
    #[error(transparent)]
    Diverged(#[from] Diverged),
    /// One of these happened while whole cycles of a sampler ran in one go.
    #[error("`{kernel}` (entry {entry} of the cycle) in cycle {cycle}: {source}")]
    InCycle {
        /// Name of the kernel as in an input file.
        kernel: &'static str,
        /// Its place in the cycle, from 1.
        entry: usize,
        /// Cycle of the run, from 1.
        cycle: u64,
        /// What happened.
        source: Box<EngineError>,
    },
    /// The constraint solver did not reach its tolerance; the first replica of which this is so is named.
    #[error(
        "replica {replica}: constraints did not converge at step {step}; take a smaller time step"
    )]
    Constraints {
        /// Replica index.
        replica: usize,
        /// Step count of the run.
        step: u64,
    },
    /// The device that computes went away or refused; nothing of this segment counts.
    #[error("{reason}")]
    Device {
        /// Which device, what happened, and the remedy.
        reason: String,
    },
}

impl EngineError {
    /// Of two failures in one segment the one that leaves less to go on from; the first of equals.
    #[must_use]
    pub fn graver(self, other: Self) -> Self {
        let rank = |error: &Self| match error {
            Self::Diverged(_) | Self::InCycle { .. } => 0,
            Self::Constraints { .. } => 1,
            Self::Device { .. } => 2,
        };
        if rank(&other) > rank(&self) {
            other
        } else {
            self
        }
    }

    /// The replica that blew up, if that is what happened.
    #[must_use]
    pub fn diverged(&self) -> Option<&Diverged> {
        match self {
            Self::Diverged(diverged) => Some(diverged),
            Self::InCycle { source, .. } => source.diverged(),
            Self::Constraints { .. } | Self::Device { .. } => None,
        }
    }
}

/// Energies, forces and dynamics of `n_replicas` copies of one system at once.
///
/// All arrays are `[n_replicas, n_atoms, 3]`, row-major, in nm, ps, kJ/mol. An energy is an f64 sum within
/// 0.02 kJ/mol of the f64 reference up to 300 atoms; it may be NaN or infinite (the caller rejects such states).
/// The same call with the same input gives the same bits on the same device.
pub trait Engine: Send {
    /// Device, instruction set and precision, as logs and trajectories name them.
    fn description(&self) -> String;

    /// All that the bits of its numbers depend on: engines of one system that say the same give the same.
    fn arithmetic(&self) -> String {
        self.description()
    }

    /// Whether a replica may be shifted as a whole without any change of its energy and forces. Samplers then keep it near
    /// the origin; a target with a place of its own says `false`.
    fn is_free(&self) -> bool {
        false
    }

    /// Number of atoms of one replica.
    fn n_atoms(&self) -> usize;

    /// Kinetic degrees of freedom of one replica.
    fn n_degrees_of_freedom(&self) -> usize;

    /// Masses in Da, `[n_atoms]`.
    fn masses_da(&self) -> &[f64];

    /// Potential energies in kJ/mol, `[n_replicas]`, of positions `[n_replicas, n_atoms, 3]`; the number of replicas follows from the lengths.
    fn energies(&mut self, positions: &[f64], energies: &mut [f64]);

    /// Energies, and forces in kJ mol⁻¹ nm⁻¹ `[n_replicas, n_atoms, 3]`.
    fn energies_and_forces(&mut self, positions: &[f64], energies: &mut [f64], forces: &mut [f64]);

    /// Runs `n_steps` Langevin steps on every replica and advances `state.step`.
    ///
    /// # Errors
    /// [`EngineError`] when a replica diverges or constraints fail.
    fn langevin(
        &mut self,
        state: &mut State,
        settings: &LangevinSettings,
        n_steps: u64,
    ) -> Result<(), EngineError>;

    /// Newtonian dynamics: `n_steps` stages of a splitting, of `timestep_ps` each on average; a whole number of the splitting's steps.
    ///
    /// Does not touch `state.step`, which counts noise.
    ///
    /// # Errors
    /// [`EngineError::Constraints`] when constraints fail: positions of the replicas whose do are then NaN, and the others
    /// are at the ends of their trajectories, with the bits that they have without these neighbours.
    /// [`EngineError::Diverged`] when the forces at the end are not finite or beyond physics; every replica is where its
    /// trajectory took it, the diverged ones too, for a test to reject.
    fn constant_energy(
        &mut self,
        state: &mut State,
        splitting: Splitting,
        timestep_ps: f64,
        n_steps: u64,
    ) -> Result<(), EngineError>;

    /// Draws velocities from the Maxwell-Boltzmann distribution, consistent with the constraints.
    ///
    /// Noise comes from Philox keyed by `seed` with its own stream tag and the counter `draw`.
    fn draw_velocities(
        &mut self,
        state: &mut State,
        temperatures_kelvin: &[f64],
        seed: u64,
        draw: u64,
    );

    /// Moves positions onto the constraint manifold and removes velocity components along constraints.
    ///
    /// # Errors
    /// [`EngineError::Constraints`] when it cannot.
    fn apply_constraints(&mut self, state: &mut State) -> Result<(), EngineError>;

    /// The threads that it runs on, which host work between two calls may use too; `None` where it has none of its own.
    fn threads(&self) -> Option<Arc<rayon::ThreadPool>> {
        None
    }

    /// Engines of the same system for threads that each advance replicas of their own; none where it cannot be shared.
    fn parts(&mut self, _n_parts: usize) -> Vec<&mut dyn Engine> {
        Vec::new()
    }
}

/// Runs host work on an engine's own threads: parallel iterators within it take no others.
pub fn on_threads_of<T: Send>(engine: &dyn Engine, work: impl FnOnce() -> T + Send) -> T {
    match engine.threads() {
        Some(threads) => threads.install(work),
        None => work(),
    }
}
