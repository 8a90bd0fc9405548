//! What a simulation carries along: positions and velocities of all replicas, and the frame that leaves it. No physics.

/// Positions and velocities of `n_replicas` copies of a molecule.
///
/// Host-side truth in f64 whatever the engine's precision; an engine's f32 values convert exactly both ways.
#[derive(Debug, Clone, PartialEq, Default)]
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
}

/// What is written of one replica at one time.
#[derive(Debug, Clone, PartialEq, Default)]
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
