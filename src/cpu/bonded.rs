//! Bonds, angles and torsions of a molecule over a field of atoms. Pairs are elsewhere.

use super::parameters::{MAX_PERIODICITY, Parameters};
use crate::forcefield::{angle, bond, torsion};
use crate::lane::{Field, Lane, scale, subtract};

/// Adds the bonded forces to `force` and returns the bonded energy.
///
/// Sums are kept per term in the lanes and widened by `add_energy`, which is called once for every few terms.
#[inline(always)]
pub(super) fn bonded<L, M, F>(
    parameters: &Parameters<L>,
    position: &impl Field<M>,
    force: &mut F,
    mut add_energy: impl FnMut(M),
) where
    L: Lane,
    M: Lane<Scalar = L::Scalar>,
    F: Field<M>,
{
    for &([i, j], [length, k]) in &parameters.bonds {
        let vector = subtract(position.get(j), position.get(i));
        let (energy, factor) = bond::bond(vector, M::splat_scalar(length), M::splat_scalar(k));
        add_central(force, [i, j], scale(vector, factor));
        add_energy(energy);
    }
    for &([i, j, k], [theta, stiffness]) in &parameters.angles {
        let vertex = position.get(j);
        let (a, b) = (
            subtract(position.get(i), vertex),
            subtract(position.get(k), vertex),
        );
        let (energy, first, last) =
            angle::angle(a, b, M::splat_scalar(theta), M::splat_scalar(stiffness));
        force.add(i, first);
        force.add(k, last);
        force.add(j, std::array::from_fn(|axis| -(first[axis] + last[axis])));
        add_energy(energy);
    }
    for series in &parameters.torsions {
        let [x0, x1, x2, x3] = series.atoms.map(|atom| position.get(atom));
        let mut coefficients = [[M::splat(0.0); 2]; MAX_PERIODICITY];
        for (target, source) in coefficients
            .iter_mut()
            .zip(&series.coefficients[..series.n_orders])
        {
            *target = source.map(M::splat_scalar);
        }
        let (energy, f0, f1, f3) = torsion::torsion(
            subtract(x1, x0),
            subtract(x2, x1),
            subtract(x3, x2),
            M::splat_scalar(series.constant),
            &coefficients[..series.n_orders],
        );
        let [i, j, k, l] = series.atoms;
        force.add(i, f0);
        force.add(j, f1);
        force.add(l, f3);
        force.add(
            k,
            std::array::from_fn(|axis| -(f0[axis] + f1[axis] + f3[axis])),
        );
        add_energy(energy);
    }
}

#[inline(always)]
fn add_central<M: Lane>(force: &mut impl Field<M>, [i, j]: [usize; 2], on_j: [M; 3]) {
    force.add(j, on_j);
    force.add(i, [-on_j[0], -on_j[1], -on_j[2]]);
}
