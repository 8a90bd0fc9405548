//! Lennard-Jones and Coulomb interaction of one pair, and the table of all pairs. No cutoff, no periodicity.

use super::system::{Nonbonded, System};
use crate::lane::Lane;
use crate::units::COULOMB_KJ_NM_PER_MOL_E2;

/// Parameters of one pair: E = a/r¹² - b/r⁶ + coulomb/r.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PairParameters {
    /// 4 epsilon sigma¹² in kJ mol⁻¹ nm¹².
    pub a: f64,
    /// 4 epsilon sigma⁶ in kJ mol⁻¹ nm⁶.
    pub b: f64,
    /// q1 q2 / (4 pi eps0) in kJ mol⁻¹ nm.
    pub coulomb: f64,
}

impl PairParameters {
    fn new(sigma_nm: f64, epsilon_kj_per_mol: f64, charge_product: f64) -> Self {
        let sigma6 = sigma_nm.powi(6);
        let b = 4.0 * epsilon_kj_per_mol * sigma6;
        Self {
            a: b * sigma6,
            b,
            coulomb: COULOMB_KJ_NM_PER_MOL_E2 * charge_product,
        }
    }
}

/// Parameters of every pair i < j, row by row: Lorentz-Berthelot combination, exceptions in place of it.
#[must_use]
pub fn pair_table(nonbonded: &Nonbonded) -> Vec<PairParameters> {
    let n_atoms = nonbonded.charges.len();
    let mut table = Vec::with_capacity(n_atoms * n_atoms.saturating_sub(1) / 2);
    for i in 0..n_atoms {
        for j in i + 1..n_atoms {
            table.push(PairParameters::new(
                0.5 * (nonbonded.sigmas_nm[i] + nonbonded.sigmas_nm[j]),
                (nonbonded.epsilons_kj_per_mol[i] * nonbonded.epsilons_kj_per_mol[j]).sqrt(),
                nonbonded.charges[i] * nonbonded.charges[j],
            ));
        }
    }
    for exception in &nonbonded.exceptions {
        let [i, j] = exception.atoms;
        table[pair_index(n_atoms, i, j)] = PairParameters::new(
            exception.sigma_nm,
            exception.epsilon_kj_per_mol,
            exception.charge_product,
        );
    }
    table
}

/// Place of the pair i < j in a table of pairs, row by row.
#[must_use]
pub fn pair_index(n_atoms: usize, i: usize, j: usize) -> usize {
    debug_assert!(i < j && j < n_atoms);
    i * (2 * n_atoms - i - 1) / 2 + j - i - 1
}

/// Number of pairs of a system.
#[must_use]
pub fn n_pairs(system: &System) -> usize {
    system.n_atoms() * system.n_atoms().saturating_sub(1) / 2
}

/// Energy of a pair and the factor that turns its vector into a force.
///
/// E = a/r¹² - b/r⁶ + coulomb/r from 1/r in nm⁻¹; the force on atom 1 is `factor * (x1 - x0)`.
///
/// ```
/// use saltus::forcefield::nonbonded::pair;
/// // Two argon-like atoms at the minimum 2^(1/6) sigma: energy -epsilon, no force.
/// let sigma6 = 0.34_f64.powi(6);
/// let inverse_r = 1.0 / (2.0_f64.powf(1.0 / 6.0) * 0.34);
/// let (energy, factor) = pair(inverse_r, 4.0 * sigma6 * sigma6, 4.0 * sigma6, 0.0);
/// assert!((energy + 1.0).abs() < 1e-12 && factor.abs() < 1e-9);
/// ```
#[inline(always)]
pub fn pair<L: Lane>(inverse_r: L, a: L, b: L, coulomb: L) -> (L, L) {
    let inverse_square = inverse_r * inverse_r;
    let inverse_sixth = inverse_square * inverse_square * inverse_square;
    let repulsion = a * inverse_sixth * inverse_sixth;
    let attraction = b * inverse_sixth;
    let electrostatic = coulomb * inverse_r;
    let energy = repulsion - attraction + electrostatic;
    let virial =
        L::splat(12.0).mul_add(repulsion, L::splat(-6.0).mul_add(attraction, electrostatic));
    (energy, virial * inverse_square)
}
