//! What a simulation carries along: positions and velocities of all replicas, and the frame that leaves it. No physics.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Positions and velocities of `n_replicas` copies of a molecule.
///
/// Host-side truth in f64 whatever the engine's precision; an engine's f32 values convert exactly both ways.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct State {
    /// Number of replicas.
    pub n_replicas: usize,
    /// Number of atoms of one replica.
    pub n_atoms: usize,
    /// Positions in nm, `[n_replicas, n_atoms, 3]`.
    pub positions: Vec<f64>,
    /// Velocities in nm/ps, `[n_replicas, n_atoms, 3]`.
    pub velocities: Vec<f64>,
    /// Time steps taken since the start; the counter of the noise stream, so it never repeats within a run.
    pub step: u64,
}

impl State {
    /// All replicas at the same positions `[n_atoms][3]`, at rest.
    #[must_use]
    pub fn replicate(positions: &[[f64; 3]], n_replicas: usize) -> Self {
        let n_atoms = positions.len();
        let one: Vec<f64> = positions.iter().flatten().copied().collect();
        Self {
            n_replicas,
            n_atoms,
            positions: one.repeat(n_replicas),
            velocities: vec![0.0; n_replicas * n_atoms * 3],
            step: 0,
        }
    }

    /// Positions of one replica, `[n_atoms * 3]`.
    #[must_use]
    pub fn replica_positions(&self, replica: usize) -> &[f64] {
        let size = self.n_atoms * 3;
        &self.positions[replica * size..(replica + 1) * size]
    }

    /// Velocities of one replica, `[n_atoms * 3]`.
    #[must_use]
    pub fn replica_velocities(&self, replica: usize) -> &[f64] {
        let size = self.n_atoms * 3;
        &self.velocities[replica * size..(replica + 1) * size]
    }

    /// A batch of one: the replica by itself.
    #[must_use]
    pub fn one_replica(&self, replica: usize) -> Self {
        self.part(&(replica..replica + 1))
    }

    /// Puts the positions and velocities of a batch of one in the place of a replica.
    pub fn set_replica(&mut self, replica: usize, one: &Self) {
        self.set_part(replica, one);
    }

    /// A batch of some replicas.
    #[must_use]
    pub fn part(&self, replicas: &Range<usize>) -> Self {
        let range = replicas.start * self.n_atoms * 3..replicas.end * self.n_atoms * 3;
        Self {
            n_replicas: replicas.len(),
            n_atoms: self.n_atoms,
            positions: self.positions[range.clone()].to_vec(),
            velocities: self.velocities[range].to_vec(),
            step: self.step,
        }
    }

    /// Puts positions and velocities of a batch in the place of its replicas, from the one at `first` on.
    pub fn set_part(&mut self, first: usize, part: &Self) {
        let start = first * self.n_atoms * 3;
        let range = start..start + part.positions.len();
        self.positions[range.clone()].copy_from_slice(&part.positions);
        self.velocities[range].copy_from_slice(&part.velocities);
    }

    /// Multiplies the velocities of one replica.
    pub fn scale_velocities(&mut self, replica: usize, factor: f64) {
        let size = self.n_atoms * 3;
        for v in &mut self.velocities[replica * size..(replica + 1) * size] {
            *v *= factor;
        }
    }

    /// Kinetic energies in kJ/mol, `[n_replicas]`, of the velocities as they are.
    #[must_use]
    pub fn kinetic_energies(&self, masses_da: &[f64]) -> Vec<f64> {
        let kinetic = |replica: usize| {
            let velocities = self.replica_velocities(replica).as_chunks::<3>().0;
            let twice: f64 = velocities
                .iter()
                .zip(masses_da)
                .map(|(v, mass)| mass * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]))
                .sum();
            0.5 * twice
        };
        (0..self.n_replicas).map(kinetic).collect()
    }
}

/// What is written of one replica at one time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Frame {
    /// Step count of the run.
    pub step: u64,
    /// Simulated time in ps (time steps only; leaps take no time).
    pub time_ps: f64,
    /// Positions in nm, `[n_atoms * 3]`.
    pub positions: Vec<f32>,
    /// Velocities in nm/ps, `[n_atoms * 3]`, where they are asked for.
    pub velocities: Option<Vec<f32>>,
    /// Potential energy in kJ/mol.
    pub potential_energy_kj_per_mol: f64,
    /// Kinetic energy in kJ/mol.
    pub kinetic_energy_kj_per_mol: f64,
    /// Instantaneous temperature in K.
    pub temperature_kelvin: f64,
    /// Acceptance of every kernel since the last frame, in the order of the sampler list; NaN where a kernel proposes nothing.
    pub acceptance: Vec<f64>,
}
