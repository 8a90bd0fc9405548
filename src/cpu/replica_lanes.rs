//! All pairs with one replica per lane: a full register of replicas marches through the pair list together.

use super::Want;
use super::bonded::{bonded, rare_torsions};
use super::parameters::{Parameters, RareTorsions, Solvent};
use crate::forcefield::{generalized_born, nonbonded, surface_area};
use crate::lane::{Lane, ReplicaField, dot, subtract, vectorized};

/// Scratch memory of one group of replicas.
#[derive(Debug, Clone)]
pub(super) struct Scratch<L> {
    integral: Vec<L>,
    born: Vec<L>,
    /// dB/dI, then dE/dI once the pair pass has run.
    chain: Vec<L>,
    energy_slope: Vec<L>,
    /// Derivatives of the two integrals of a pair, divided by r.
    slopes: Vec<[L; 2]>,
}

impl<L: Lane> Scratch<L> {
    pub(super) fn new(parameters: &Parameters<L>) -> Self {
        let (n_atoms, n_pairs) = if parameters.solvent.is_some() {
            (parameters.n_atoms, parameters.pairs.len())
        } else {
            (0, 0)
        };
        let zero = L::splat(0.0);
        Self {
            integral: vec![zero; n_atoms],
            born: vec![zero; n_atoms],
            chain: vec![zero; n_atoms],
            energy_slope: vec![zero; n_atoms],
            slopes: vec![[zero; 2]; n_pairs],
        }
    }
}

/// Potential energies (added to `energies`, one a lane) and forces (overwritten) of a group of replicas.
pub(super) fn evaluate<L: Lane, W: Want>(
    parameters: &Parameters<L>,
    scratch: &mut Scratch<L>,
    position: &mut [[L; 3]],
    force: &mut [[L; 3]],
    energies: &mut [f64],
) {
    bonded_terms::<L, W>(parameters, &mut *position, &mut *force, &mut *energies);
    if let Some(rare) = &parameters.rare {
        rare_terms::<L, W>(rare, &mut *position, &mut *force, &mut *energies);
    }
    let position: &[[L; 3]] = position;
    let Some(solvent) = &parameters.solvent else {
        direct_pairs::<L, W>(parameters, position, force, energies);
        return;
    };
    born_integrals::<L, W>(solvent, &mut *scratch, position);
    born_radii::<L, W>(solvent, &mut *scratch, &mut *energies);
    solvated_pairs::<L, W>(
        parameters,
        solvent,
        &mut *scratch,
        position,
        &mut *force,
        energies,
    );
    if W::FORCES {
        chain_rule::<L>(scratch, position, force);
    }
}

vectorized! {
    /// Bonds, angles, torsions; the first to write the forces.
    fn bonded_terms<L: Lane, W: Want>(
        parameters: &Parameters<L>,
        position: &mut [[L; 3]],
        force: &mut [[L; 3]],
        energies: &mut [f64],
    ) -> () {
        force.fill([L::splat(0.0); 3]);
        let sums = W::ENERGY.then_some(energies);
        bonded::<L, L, _>(
            parameters,
            &ReplicaField(position),
            &mut ReplicaField(force),
            sums,
        );
    }
}

vectorized! {
    /// Harmonic torsions and energy maps.
    fn rare_terms<L: Lane, W: Want>(
        rare: &RareTorsions<L>,
        position: &mut [[L; 3]],
        force: &mut [[L; 3]],
        energies: &mut [f64],
    ) -> () {
        let sums = W::ENERGY.then_some(energies);
        rare_torsions::<L, L, _>(rare, &ReplicaField(position), &mut ReplicaField(force), sums);
    }
}

vectorized! {
    /// Lennard-Jones and Coulomb in vacuum.
    fn direct_pairs<L: Lane, W: Want>(
        parameters: &Parameters<L>,
        position: &[[L; 3]],
        force: &mut [[L; 3]],
        energies: &mut [f64],
    ) -> () {
        let mut rest = parameters.pairs.as_slice();
        for i in 0..parameters.n_atoms {
            let (row, next) = rest.split_at(parameters.n_atoms - i - 1);
            rest = next;
            let (head, tail) = force.split_at_mut(i + 1);
            let (xi, mut on_i, mut energy_i) = (position[i], [L::splat(0.0); 3], L::splat(0.0));
            for ((xj, fj), &[a, b, coulomb]) in position[i + 1..].iter().zip(tail).zip(row) {
                let vector = subtract(*xj, xi);
                let inverse_r = dot(vector, vector).rsqrt();
                let (energy, factor) = nonbonded::pair(
                    inverse_r,
                    L::splat_scalar(a),
                    L::splat_scalar(b),
                    L::splat_scalar(coulomb),
                );
                energy_i += energy;
                if W::FORCES {
                    for axis in 0..3 {
                        let component = vector[axis] * factor;
                        fj[axis] += component;
                        on_i[axis] -= component;
                    }
                }
            }
            finish_row::<L, W>(&mut head[i], on_i, energy_i, energies);
        }
    }
}

/// Adds what a row of pairs left in registers.
#[inline(always)]
fn finish_row<L: Lane, W: Want>(force: &mut [L; 3], on_i: [L; 3], energy: L, energies: &mut [f64]) {
    if W::FORCES {
        for axis in 0..3 {
            force[axis] += on_i[axis];
        }
    }
    if W::ENERGY {
        energy.accumulate(energies);
    }
}

vectorized! {
    /// First pass: the integral of every atom, and the slopes for the last pass.
    fn born_integrals<L: Lane, W: Want>(
        solvent: &Solvent<L>,
        scratch: &mut Scratch<L>,
        position: &[[L; 3]],
    ) -> () {
        scratch.integral.fill(L::splat(0.0));
        let n_atoms = position.len();
        let mut start = 0;
        for i in 0..n_atoms {
            let n_row = n_atoms - i - 1;
            let slopes = &mut scratch.slopes[start..start + n_row];
            let necks = if !solvent.necks.is_empty() {
                &solvent.necks[start..start + n_row]
            } else {
                &[]
            };
            start += n_row;
            let (head, tail) = scratch.integral.split_at_mut(i + 1);
            let (xi, atom_i) = (position[i], &solvent.atoms[i]);
            let (rho_i, screened_i) = (
                L::splat_scalar(atom_i.rho),
                L::splat_scalar(atom_i.screened),
            );
            let mut integral_i = L::splat(0.0);
            let partners = position[i + 1..]
                .iter()
                .zip(&solvent.atoms[i + 1..])
                .zip(tail)
                .zip(slopes);
            for (index, (((xj, atom_j), integral_j), slope)) in partners.enumerate() {
                let vector = subtract(*xj, xi);
                let square = dot(vector, vector);
                let inverse_r = square.rsqrt();
                let r = square * inverse_r;
                let (rho_j, screened_j) = (
                    L::splat_scalar(atom_j.rho),
                    L::splat_scalar(atom_j.screened),
                );
                let (mut seen_i, mut slope_i) =
                    generalized_born::pair_integral(r, inverse_r, rho_i, screened_j);
                let (mut seen_j, mut slope_j) =
                    generalized_born::pair_integral(r, inverse_r, rho_j, screened_i);
                if let Some(neck) = necks.get(index) {
                    let [by_i, by_j] = neck.map(|neck| neck.map(L::splat_scalar));
                    let neck_i =
                        generalized_born::neck_integral(r, inverse_r, by_i[0], by_i[1], by_i[2]);
                    let neck_j =
                        generalized_born::neck_integral(r, inverse_r, by_j[0], by_j[1], by_j[2]);
                    (seen_i, slope_i) = (seen_i + neck_i.0, slope_i + neck_i.1);
                    (seen_j, slope_j) = (seen_j + neck_j.0, slope_j + neck_j.1);
                }
                integral_i += seen_i;
                *integral_j += seen_j;
                if W::FORCES {
                    *slope = [slope_i, slope_j];
                }
            }
            head[i] += integral_i;
        }
    }
}

vectorized! {
    /// Between the passes: Born radii, self energies, surface area.
    fn born_radii<L: Lane, W: Want>(
        solvent: &Solvent<L>,
        scratch: &mut Scratch<L>,
        energies: &mut [f64],
    ) -> () {
        for (i, atom) in solvent.atoms.iter().enumerate() {
            let (radius, rho) = (L::splat_scalar(atom.radius), L::splat_scalar(atom.rho));
            let [alpha, beta, gamma] = atom.tanh;
 let tanh = [L::splat_scalar(alpha), L::splat_scalar(beta), L::splat_scalar(gamma)];
            let (born, chain) =
                generalized_born::born_radius(solvent.model, scratch.integral[i], radius, rho, tanh);
            let (mut energy, mut slope) =
                generalized_born::self_energy(L::splat_scalar(atom.charge), born, &solvent.dielectric);
            if solvent.surface_area {
                let (area_energy, area_slope) = surface_area::surface_area(radius, born);
                (energy, slope) = (energy + area_energy, slope + area_slope);
            }
            scratch.born[i] = born;
            scratch.chain[i] = chain;
            scratch.energy_slope[i] = slope;
            if W::ENERGY {
                energy.accumulate(energies);
            }
        }
    }
}

vectorized! {
    /// Second pass: Lennard-Jones, Coulomb and generalised Born at fixed Born radii.
    fn solvated_pairs<L: Lane, W: Want>(
        parameters: &Parameters<L>,
        solvent: &Solvent<L>,
        scratch: &mut Scratch<L>,
        position: &[[L; 3]],
        force: &mut [[L; 3]],
        energies: &mut [f64],
    ) -> () {
        let mut rest = parameters.pairs.as_slice();
        for i in 0..parameters.n_atoms {
            let (row, next) = rest.split_at(parameters.n_atoms - i - 1);
            rest = next;
            let (head, tail) = force.split_at_mut(i + 1);
            let (slope_head, slope_tail) = scratch.energy_slope.split_at_mut(i + 1);
            let (xi, born_i, charge_i) = (
                position[i],
                scratch.born[i],
                L::splat_scalar(solvent.atoms[i].charge),
            );
            let (mut on_i, mut energy_i, mut slope_i) =
                ([L::splat(0.0); 3], L::splat(0.0), L::splat(0.0));
            let atoms = solvent.atoms[i + 1..]
                .iter()
                .zip(&scratch.born[i + 1..])
                .zip(slope_tail);
            let partners = position[i + 1..].iter().zip(tail).zip(row).zip(atoms);
            for (((xj, fj), &[a, b, coulomb]), ((atom_j, &born_j), slope_j)) in partners {
                let vector = subtract(*xj, xi);
                let square = dot(vector, vector);
                let (direct, along_direct) = nonbonded::pair(
                    square.rsqrt(),
                    L::splat_scalar(a),
                    L::splat_scalar(b),
                    L::splat_scalar(coulomb),
                );
                let charges = charge_i * L::splat_scalar(atom_j.charge);
                let (screened, along_screened, along_born) =
                    generalized_born::pair(square, charges, born_i, born_j, &solvent.dielectric);
                energy_i += direct + screened;
                if W::FORCES {
                    slope_i = along_born.mul_add(born_j, slope_i);
                    *slope_j = along_born.mul_add(born_i, *slope_j);
                    let factor = along_direct + along_screened;
                    for axis in 0..3 {
                        let component = vector[axis] * factor;
                        fj[axis] += component;
                        on_i[axis] -= component;
                    }
                }
            }
            slope_head[i] += slope_i;
            finish_row::<L, W>(&mut head[i], on_i, energy_i, energies);
        }
    }
}

vectorized! {
    /// Last pass: the forces that come from the dependence of the Born radii on the positions.
    fn chain_rule<L: Lane>(
        scratch: &mut Scratch<L>,
        position: &[[L; 3]],
        force: &mut [[L; 3]],
    ) -> () {
        for (chain, slope) in scratch.chain.iter_mut().zip(&scratch.energy_slope) {
            *chain = *chain * *slope;
        }
        let n_atoms = position.len();
        let mut rest = scratch.slopes.as_slice();
        for i in 0..n_atoms {
            let (row, next) = rest.split_at(n_atoms - i - 1);
            rest = next;
            let (head, tail) = force.split_at_mut(i + 1);
            let (xi, chain_i, mut on_i) = (position[i], scratch.chain[i], [L::splat(0.0); 3]);
            let partners = position[i + 1..]
                .iter()
                .zip(tail)
                .zip(row)
                .zip(&scratch.chain[i + 1..]);
            for (((xj, fj), &[slope_i, slope_j]), &chain_j) in partners {
                let factor = -chain_i.mul_add(slope_i, chain_j * slope_j);
                for axis in 0..3 {
                    let component = (xj[axis] - xi[axis]) * factor;
                    fj[axis] += component;
                    on_i[axis] -= component;
                }
            }
            for axis in 0..3 {
                head[i][axis] += on_i[axis];
            }
        }
    }
}
