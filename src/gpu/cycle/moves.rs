//! What a cycle on the device is made of: its entries, and the torsions they turn.

use crate::gpu::segment::{timestep_settings, trajectory_settings};
use crate::gpu::shader::kernels::KernelKind;
use crate::gpu::shader::layout::Settings;
use crate::gpu::tables::{index, single};
use crate::integrator::Splitting;
use crate::proposal::{Pivot, TorsionBlock, TrajectoryLength};
use crate::rng;
use std::f64::consts::TAU;

/// One entry of a cycle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ResidentMove {
    /// Langevin dynamics in the middle scheme; not exact.
    Langevin {
        /// Time steps.
        n_steps: u64,
        /// Length of one in ps.
        timestep_ps: f64,
        /// Friction in ps⁻¹.
        friction_per_ps: f64,
        /// Philox key.
        seed: u64,
    },
    /// Torsion moves, each with its Metropolis test.
    Torsion {
        /// Moves of a cycle.
        n_moves: u64,
        /// Philox key.
        seed: u64,
    },
    /// Torsion leaps, each with its Metropolis test.
    TorsionLeap {
        /// Leaps of a cycle.
        n_moves: u64,
        /// Philox key.
        seed: u64,
    },
    /// Hybrid Monte Carlo with full refreshment of velocities.
    Hmc {
        /// Trajectories of a cycle.
        n_moves: u64,
        /// Kicks and drifts of a trajectory.
        splitting: Splitting,
        /// Stages of a trajectory, each one force evaluation; whole steps of the splitting.
        n_steps: u64,
        /// Share by which trajectories differ in length, see [`TrajectoryLength`]; 0 for all alike.
        jitter: f64,
        /// Length of one in ps; the start of the tuning where there is one.
        timestep_ps: f64,
        /// Acceptance that the time step is tuned to in the adaptation phase; `None` keeps it.
        target_acceptance: Option<f64>,
        /// Philox key.
        seed: u64,
    },
}

impl ResidentMove {
    pub(crate) fn kind(&self) -> KernelKind {
        match self {
            Self::Langevin { .. } => KernelKind::Langevin,
            Self::Torsion { .. } => KernelKind::TorsionMoves,
            Self::TorsionLeap { .. } => KernelKind::TorsionLeaps,
            Self::Hmc { .. } => KernelKind::Hmc,
        }
    }

    /// Name as in an input file.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Langevin { .. } => "langevin",
            Self::Torsion { .. } => "torsion",
            Self::TorsionLeap { .. } => "torsion_leap",
            Self::Hmc { .. } => "hmc",
        }
    }

    /// Whether it leaves the Boltzmann distribution exactly invariant.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !matches!(self, Self::Langevin { .. })
    }

    /// Units that may be spread over dispatches: time steps or moves.
    pub(super) fn n_units(&self) -> u64 {
        match *self {
            Self::Langevin { n_steps, .. } => n_steps,
            Self::Torsion { n_moves, .. }
            | Self::TorsionLeap { n_moves, .. }
            | Self::Hmc { n_moves, .. } => n_moves,
        }
    }

    /// Most units of one dispatch: trajectories that differ in length have dispatches of their own.
    pub(super) fn n_units_at_once(&self) -> u64 {
        match self.length() {
            Some(length) if length.fewest < length.most => 1,
            _ => u64::MAX,
        }
    }

    /// Lengths of its trajectories, where it has any.
    fn length(&self) -> Option<TrajectoryLength> {
        match *self {
            Self::Hmc {
                splitting,
                n_steps,
                jitter,
                ..
            } => Some(TrajectoryLength::new(splitting, n_steps, jitter)),
            _ => None,
        }
    }

    /// Time steps of `n_units`, which advance the step count of the run, when the run has taken `step` before them.
    pub(crate) fn n_steps(&self, n_units: u64, step: u64) -> u64 {
        match (self, self.length()) {
            (Self::Langevin { .. }, _) => n_units,
            (_, Some(length)) => length.sum(n_units, step),
            (_, None) => 0,
        }
    }

    /// Most time steps of one unit.
    pub(super) fn most_steps_of_unit(&self) -> u64 {
        match (self, self.length()) {
            (Self::Langevin { .. }, _) => 1,
            (_, Some(length)) => length.most,
            (_, None) => 0,
        }
    }

    /// Energy evaluations of one replica in so many units with so many time steps.
    pub(crate) fn n_evaluations(&self, n_units: u64, n_steps: u64) -> u64 {
        match self {
            Self::Langevin { .. } => n_steps,
            _ => n_units + n_steps,
        }
    }

    /// Length of a time step in ps; 0 where there is none.
    pub(crate) fn timestep_ps(&self) -> f64 {
        match *self {
            Self::Langevin { timestep_ps, .. } | Self::Hmc { timestep_ps, .. } => timestep_ps,
            Self::Torsion { .. } | Self::TorsionLeap { .. } => 0.0,
        }
    }

    /// What of a dispatch's settings its steps or moves have in common.
    pub(crate) fn settings(&self) -> Settings {
        let (seed, settings) = match *self {
            Self::Langevin {
                timestep_ps,
                friction_per_ps,
                seed,
                ..
            } => {
                let damping = (-friction_per_ps * timestep_ps).exp();
                let settings = Settings {
                    damping: single(damping),
                    noise: single((1.0 - damping * damping).sqrt()),
                    ..timestep_settings(timestep_ps)
                };
                (seed, settings)
            }
            Self::Torsion { seed, .. } | Self::TorsionLeap { seed, .. } => {
                (seed, Settings::default())
            }
            Self::Hmc {
                splitting,
                timestep_ps,
                seed,
                ..
            } => (seed, trajectory_settings(splitting, timestep_ps)),
        };
        let [key_low, key_high] = rng::key(seed);
        Settings {
            key_low,
            key_high,
            ..settings
        }
    }
}

/// Torsions that the torsion moves of a cycle choose from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TorsionMoves {
    /// Blocks; every move picks one of them evenly.
    pub blocks: Vec<TorsionBlock>,
    /// Width in rad of each block's wrapped normal, tuned in the adaptation phase; empty for uniform angles.
    pub widths_rad: Vec<f64>,
}

impl TorsionMoves {
    /// The table that shaders/proposal/torsion.wgsl reads.
    pub(crate) fn table(&self, n_atoms: usize) -> Vec<u32> {
        let mut table = vec![index(self.blocks.len())];
        let mut first_pivot = 0;
        for (number, block) in self.blocks.iter().enumerate() {
            let width_turns = self.widths_rad.get(number).map_or(0.0, |width| width / TAU);
            let n_pivots = block.pivots.len();
            table.extend([
                index(first_pivot),
                index(n_pivots),
                single(width_turns).to_bits(),
            ]);
            first_pivot += n_pivots;
        }
        let most = self.blocks.iter().map(|block| block.pivots.len()).max();
        table.push(index(most.unwrap_or(0)));
        for pivot in self.blocks.iter().flat_map(|block| &block.pivots) {
            table.extend(pivot_words(pivot, n_atoms));
        }
        table
    }
}

/// The atoms of a pivot's axis, then one bit for every atom that turns.
pub(super) fn pivot_words(pivot: &Pivot, n_atoms: usize) -> Vec<u32> {
    let mut words = vec![0; 2 + n_atoms.div_ceil(32)];
    words[0] = index(pivot.atoms[1]);
    words[1] = index(pivot.atoms[2]);
    for &atom in &pivot.moving {
        words[2 + atom / 32] |= 1 << (atom % 32);
    }
    words
}
