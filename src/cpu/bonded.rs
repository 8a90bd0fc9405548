//! Bonds, angles and torsions of a molecule over a field of atoms. Pairs are elsewhere.

use super::parameters::{MAX_PERIODICITY, Parameters};
use crate::forcefield::{angle, bond, torsion};
use crate::lane::{Field, Lane, add, negate, scale, subtract};

/// Adds the bonded forces to `force` and, where asked for, the bonded energies.
///
/// Energies are summed in the lanes and added, widened, to `energies` after each kind of term.
#[inline(always)]
pub(super) fn bonded<L, M, F>(
    parameters: &Parameters<L>,
    position: &impl Field<M>,
    force: &mut F,
    energies: Option<&mut [f64]>,
) where
    L: Lane,
    M: Lane<Scalar = L::Scalar>,
    F: Field<M>,
{
    let mut totals = [M::splat(0.0); 3];
    for &([i, j], [length, k]) in &parameters.bonds {
        let vector = subtract(position.get(j), position.get(i));
        let (energy, factor) = bond::bond(vector, M::splat_scalar(length), M::splat_scalar(k));
        add_central(force, [i, j], scale(vector, factor));
        totals[0] += energy;
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
        force.add(j, negate(add(first, last)));
        totals[1] += energy;
    }
    for series in &parameters.torsions {
        let [i, j, k, l] = series.atoms;
        let (x0, x1, x2, x3) = (
            position.get(i),
            position.get(j),
            position.get(k),
            position.get(l),
        );
        let mut coefficients = [[M::splat(0.0); 2]; MAX_PERIODICITY];
        for (target, source) in coefficients
            .iter_mut()
            .zip(&series.coefficients[..series.n_orders])
        {
            *target = [M::splat_scalar(source[0]), M::splat_scalar(source[1])];
        }
        let (energy, f0, f1, f3) = torsion::torsion(
            subtract(x1, x0),
            subtract(x2, x1),
            subtract(x3, x2),
            M::splat_scalar(series.constant),
            &coefficients[..series.n_orders],
        );
        force.add(i, f0);
        force.add(j, f1);
        force.add(l, f3);
        force.add(k, negate(add(add(f0, f1), f3)));
        totals[2] += energy;
    }
    if let Some(energies) = energies {
        for total in totals {
            total.accumulate(energies);
        }
    }
}

#[inline(always)]
fn add_central<M: Lane>(force: &mut impl Field<M>, [i, j]: [usize; 2], on_j: [M; 3]) {
    force.add(j, on_j);
    force.add(i, negate(on_j));
}
