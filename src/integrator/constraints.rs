//! Rigid bonds: SHAKE for positions, RATTLE for velocities, on lanes. Which bonds are rigid is the force field's business.
//!
//! Ryckaert, Ciccotti, Berendsen, doi:10.1016/0021-9991(77)90098-5; Andersen, doi:10.1016/0021-9991(83)90014-1.

use super::steps::add_compensated;
use crate::forcefield::System;
use crate::lane::{Field, Lane, add, add_scaled, dot, subtract};

/// Sweeps after which the solver gives up; bonds to hydrogen converge in five to ten.
const MAX_SWEEPS: usize = 150;

/// One rigid bond, in f64; converted where it is used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RigidBond {
    /// Atom indices.
    pub atoms: [usize; 2],
    /// Distance in nm.
    pub distance_nm: f64,
    /// Inverse masses of the two atoms in Da⁻¹.
    pub inverse_masses: [f64; 2],
}

impl RigidBond {
    /// All rigid bonds of a system.
    #[must_use]
    pub fn collect(system: &System) -> Vec<Self> {
        system
            .constraints
            .iter()
            .map(|constraint| Self {
                atoms: constraint.atoms,
                distance_nm: constraint.distance_nm,
                inverse_masses: constraint.atoms.map(|atom| 1.0 / system.masses_da[atom]),
            })
            .collect()
    }
}

/// Relative error of a distance that counts as converged: 1e-6 in f32, 1e-9 in f64.
fn tolerance<L: Lane>() -> f64 {
    if size_of::<L::Scalar>() == 4 {
        1e-6
    } else {
        1e-9
    }
}

/// Moves positions back onto the constraints along the bonds of `before`, and velocities with them (by dx/dt).
///
/// Returns whether every lane converged.
#[inline(always)]
pub fn constrain_positions<M: Lane, F: Field<M>>(
    bonds: &[RigidBond],
    before: &F,
    position: &mut F,
    position_low: &mut F,
    velocity: &mut F,
    timestep_ps: f64,
) -> bool {
    let inverse_timestep = M::splat(if timestep_ps > 0.0 {
        1.0 / timestep_ps
    } else {
        0.0
    });
    for _ in 0..MAX_SWEEPS {
        let mut converged = true;
        for bond in bonds {
            let [i, j] = bond.atoms;
            let direction = subtract(before.get(i), before.get(j));
            let vector = subtract(position.get(i), position.get(j));
            let correction = subtract(position_low.get(i), position_low.get(j));
            let vector = add(vector, correction);
            let target = bond.distance_nm * bond.distance_nm;
            let excess = M::splat(target) - dot(vector, vector);
            let small = excess
                .abs()
                .less_than(M::splat(2.0 * tolerance::<M>() * target));
            if M::all(small) {
                continue;
            }
            converged = false;
            let inverse_sum = 0.5 / (bond.inverse_masses[0] + bond.inverse_masses[1]);
            let multiplier = excess * M::splat(inverse_sum) * dot(vector, direction).recip();
            for (atom, weight) in [(i, bond.inverse_masses[0]), (j, -bond.inverse_masses[1])] {
                let factor = multiplier * M::splat(weight);
                let (x, low, v) = (
                    position.get(atom),
                    position_low.get(atom),
                    velocity.get(atom),
                );
                let (x0, low0) = add_compensated(x[0], low[0], factor * direction[0]);
                let (x1, low1) = add_compensated(x[1], low[1], factor * direction[1]);
                let (x2, low2) = add_compensated(x[2], low[2], factor * direction[2]);
                position.set(atom, [x0, x1, x2]);
                position_low.set(atom, [low0, low1, low2]);
                let change = factor * inverse_timestep;
                velocity.set(atom, add_scaled(v, change, direction));
            }
        }
        if converged {
            return true;
        }
    }
    false
}

/// Removes the velocity along every rigid bond; `timestep_ps` sets what is small enough (tolerance × distance in a step).
///
/// Returns whether every lane converged.
#[inline(always)]
pub fn constrain_velocities<M: Lane, F: Field<M>>(
    bonds: &[RigidBond],
    position: &F,
    velocity: &mut F,
    timestep_ps: f64,
) -> bool {
    for _ in 0..MAX_SWEEPS {
        let mut converged = true;
        for bond in bonds {
            let [i, j] = bond.atoms;
            let vector = subtract(position.get(i), position.get(j));
            let (vi, vj) = (velocity.get(i), velocity.get(j));
            let approach = dot(vector, subtract(vi, vj));
            let limit = tolerance::<M>() * bond.distance_nm * bond.distance_nm / timestep_ps;
            if M::all(approach.abs().less_than(M::splat(limit))) {
                continue;
            }
            converged = false;
            let inverse_sum = 1.0 / (bond.inverse_masses[0] + bond.inverse_masses[1]);
            let multiplier = -(approach * M::splat(inverse_sum) * dot(vector, vector).recip());
            let (on_i, on_j) = (
                multiplier * M::splat(bond.inverse_masses[0]),
                multiplier * M::splat(bond.inverse_masses[1]),
            );
            velocity.set(i, add_scaled(vi, on_i, vector));
            velocity.set(j, add_scaled(vj, -on_j, vector));
        }
        if converged {
            return true;
        }
    }
    false
}
