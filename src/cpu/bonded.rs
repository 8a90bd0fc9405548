//! Bonds, angles, torsions and maps of a molecule over a field of atoms. Pairs are elsewhere.

use super::parameters::{MAX_PERIODICITY, Parameters, RareTorsions};
use crate::forcefield::{angle, bond, correction_map, harmonic_torsion, torsion};
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
        add_torsion(force, series.atoms, [f0, f1, f3]);
        totals[2] += energy;
    }
    if let Some(energies) = energies {
        for total in totals {
            total.accumulate(energies);
        }
    }
}

/// Adds harmonic torsions and energy maps, which most molecules have none of, to what [`bonded`] left.
#[inline(always)]
pub(super) fn rare_torsions<L, M, F>(
    rare: &RareTorsions<L>,
    position: &impl Field<M>,
    force: &mut F,
    energies: Option<&mut [f64]>,
) where
    L: Lane,
    M: Lane<Scalar = L::Scalar>,
    F: Field<M>,
{
    let bonds = |[i, j, k, l]: [usize; 4]| {
        let [x0, x1, x2, x3] = [
            position.get(i),
            position.get(j),
            position.get(k),
            position.get(l),
        ];
        [subtract(x1, x0), subtract(x2, x1), subtract(x3, x2)]
    };
    let mut totals = [M::splat(0.0); 2];
    for &(atoms, [theta, stiffness]) in &rare.harmonic_torsions {
        let [b1, b2, b3] = bonds(atoms);
        let (energy, on_atoms) = harmonic_torsion::harmonic_torsion(
            b1,
            b2,
            b3,
            M::splat_scalar(theta),
            M::splat_scalar(stiffness),
        );
        add_torsion(force, atoms, on_atoms);
        totals[0] += energy;
    }
    for term in &rare.mapped_torsions {
        let [first, second] = [bonds(term.atoms[0]), bonds(term.atoms[1])];
        let patches = &rare.correction_maps[term.map];
        let (energy, [on_first, on_second]) =
            correction_map::correction_map(patches, first, second);
        add_torsion(force, term.atoms[0], on_first);
        add_torsion(force, term.atoms[1], on_second);
        totals[1] += energy;
    }
    if let Some(energies) = energies {
        for total in totals {
            total.accumulate(energies);
        }
    }
}

/// Forces on atoms 0, 1, 3 of a torsion, and minus their sum on atom 2.
#[inline(always)]
fn add_torsion<M: Lane>(
    force: &mut impl Field<M>,
    [i, j, k, l]: [usize; 4],
    [f0, f1, f3]: [[M; 3]; 3],
) {
    force.add(i, f0);
    force.add(j, f1);
    force.add(l, f3);
    force.add(k, negate(add(add(f0, f1), f3)));
}

#[inline(always)]
fn add_central<M: Lane>(force: &mut impl Field<M>, [i, j]: [usize; 2], on_j: [M; 3]) {
    force.add(j, on_j);
    force.add(i, negate(on_j));
}
