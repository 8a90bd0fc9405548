//! The CPU engine: batched SIMD evaluation and dynamics on all cores. The formulas it runs live in `forcefield` and `integrator`.
//!
//! Two layouts, one formula. With many replicas, every lane of a register is a replica and the group walks the pair
//! list together. With few, the lanes are atoms and each row of pairs is cut into full registers.

mod atom_lanes;
mod bonded;
mod dynamics;
mod engine;
mod group;
mod parameters;
mod replica_lanes;

pub use engine::{CpuError, CpuOptions, LaneLayout, Precision, available_instruction_sets, engine};

use crate::forcefield::System;
use crate::integrator::RigidBond;
use crate::lane::Lane;
use atom_lanes::Blocks;
use parameters::Parameters;

/// What an evaluation has to deliver; work for anything else is not compiled in.
trait Want {
    const ENERGY: bool;
    const FORCES: bool;
}

/// Energies only: all that a Metropolis test needs.
struct Energy;
/// Forces only: all that a time step needs.
struct Forces;
/// Both.
struct EnergyAndForces;

impl Want for Energy {
    const ENERGY: bool = true;
    const FORCES: bool = false;
}
impl Want for Forces {
    const ENERGY: bool = false;
    const FORCES: bool = true;
}
impl Want for EnergyAndForces {
    const ENERGY: bool = true;
    const FORCES: bool = true;
}

/// A system in the lane type `L`, shared by all threads.
#[derive(Debug, Clone)]
struct Machine<L: Lane> {
    parameters: Parameters<L>,
    blocks: Blocks<L>,
    masses_da: Vec<f64>,
    rigid_bonds: Vec<RigidBond>,
    n_degrees_of_freedom: usize,
}

impl<L: Lane> Machine<L> {
    fn new(system: &System) -> Self {
        let parameters = Parameters::new(system);
        Self {
            blocks: Blocks::new(&parameters),
            parameters,
            masses_da: system.masses_da.clone(),
            rigid_bonds: RigidBond::collect(system),
            n_degrees_of_freedom: system.n_degrees_of_freedom(),
        }
    }
}
