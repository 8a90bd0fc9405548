//! Rigid bonds: SHAKE for positions, RATTLE for velocities, on lanes. Which bonds are rigid is the force field's business.
//!
//! A lane that has converged is left alone while others go on, and one that never will holds nobody up: what becomes of a
//! replica does not depend on which others share its register.
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

/// `new` where a lane still moves, else `old`.
#[inline(always)]
fn moved<M: Lane>(rests: M::Mask, old: [M; 3], new: [M; 3]) -> [M; 3] {
    [
        M::select(rests, old[0], new[0]),
        M::select(rests, old[1], new[1]),
        M::select(rests, old[2], new[2]),
    ]
}

/// Moves positions back onto the constraints along the bonds of `before`, and velocities with them (by dx/dt).
///
/// Lanes where `failed` is not 0 are left alone; those that do not converge now join them. Returns whether none did.
#[inline(always)]
pub fn constrain_positions<M: Lane, F: Field<M>>(
    bonds: &[RigidBond],
    before: &F,
    position: &mut F,
    position_low: &mut F,
    velocity: &mut F,
    timestep_ps: f64,
    failed: &mut M,
) -> bool {
    let given_up_before = M::splat(0.5).less_than(*failed);
    let inverse_timestep = M::splat(if timestep_ps > 0.0 {
        1.0 / timestep_ps
    } else {
        0.0
    });
    // 1 in lanes that the last sweep still had to move.
    let mut moving = M::splat(0.0);
    for _ in 0..MAX_SWEEPS {
        let mut converged = true;
        moving = M::splat(0.0);
        for bond in bonds {
            let [i, j] = bond.atoms;
            let direction = subtract(before.get(i), before.get(j));
            let vector = subtract(position.get(i), position.get(j));
            let correction = subtract(position_low.get(i), position_low.get(j));
            let vector = add(vector, correction);
            let target = bond.distance_nm * bond.distance_nm;
            let excess = M::splat(target) - dot(vector, vector);
            let limit = 2.0 * tolerance::<M>() * target;
            let error = M::select(given_up_before, M::splat(0.0), excess.abs());
            let small = error.less_than(M::splat(limit));
            if M::all(small) {
                continue;
            }
            converged = false;
            moving = M::select(small, moving, M::splat(1.0));
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
                position.set(atom, moved(small, x, [x0, x1, x2]));
                position_low.set(atom, moved(small, low, [low0, low1, low2]));
                let change = factor * inverse_timestep;
                velocity.set(atom, moved(small, v, add_scaled(v, change, direction)));
            }
        }
        if converged {
            return true;
        }
    }
    *failed += moving;
    false
}

/// Removes the velocity along every rigid bond; `timestep_ps` sets what is small enough (tolerance × distance in a step).
///
/// Lanes where `failed` is not 0 are left alone; those that do not converge now join them. Returns whether none did.
#[inline(always)]
pub fn constrain_velocities<M: Lane, F: Field<M>>(
    bonds: &[RigidBond],
    position: &F,
    velocity: &mut F,
    timestep_ps: f64,
    failed: &mut M,
) -> bool {
    let given_up_before = M::splat(0.5).less_than(*failed);
    // 1 in lanes that the last sweep still had to move.
    let mut moving = M::splat(0.0);
    for _ in 0..MAX_SWEEPS {
        let mut converged = true;
        moving = M::splat(0.0);
        for bond in bonds {
            let [i, j] = bond.atoms;
            let vector = subtract(position.get(i), position.get(j));
            let (vi, vj) = (velocity.get(i), velocity.get(j));
            let approach = dot(vector, subtract(vi, vj));
            let limit = tolerance::<M>() * bond.distance_nm * bond.distance_nm / timestep_ps;
            let error = M::select(given_up_before, M::splat(0.0), approach.abs());
            let small = error.less_than(M::splat(limit));
            if M::all(small) {
                continue;
            }
            converged = false;
            moving = M::select(small, moving, M::splat(1.0));
            let inverse_sum = 1.0 / (bond.inverse_masses[0] + bond.inverse_masses[1]);
            let multiplier = -(approach * M::splat(inverse_sum) * dot(vector, vector).recip());
            let (on_i, on_j) = (
                multiplier * M::splat(bond.inverse_masses[0]),
                multiplier * M::splat(bond.inverse_masses[1]),
            );
            velocity.set(i, moved(small, vi, add_scaled(vi, on_i, vector)));
            velocity.set(j, moved(small, vj, add_scaled(vj, -on_j, vector)));
        }
        if converged {
            return true;
        }
    }
    *failed += moving;
    false
}
