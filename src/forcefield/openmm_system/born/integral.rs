//! Whether the computed values of a `CustomGBForce` are the pair integral and the Born radius of a model: by their values.

use crate::forcefield::assign::neck;
use crate::forcefield::generalized_born::{self, INTEGRAL_SCALE};
use crate::forcefield::openmm_system::expression::Expression;
use crate::forcefield::system::{BornModel, ImplicitSolvent};

use super::roles::Roles;

/// Particles with parameters that differ, at most so many, are compared pair by pair.
const MOST_KINDS: usize = 60;
/// Distances in nm: necks end below 1.1 nm.
const DISTANCES_NM: [f64; 12] = [
    0.097, 0.11, 0.13, 0.152, 0.18, 0.22, 0.27, 0.35, 0.48, 0.71, 1.03, 2.3,
];
/// Relative deviation that rounding explains.
const SAME: f64 = 1e-8;

/// The two computed values of a force, `[I, B]`.
pub(super) struct Computed<'a> {
    /// Of r, the parameters of atom 1, those of atom 2.
    pub(super) integral: &'a Expression,
    /// Of I and the parameters.
    pub(super) radius: &'a Expression,
}

/// Parameters of particles that differ in more than their charge.
pub(super) fn kinds(particles: &[Vec<f64>], charge_place: usize) -> Vec<Vec<f64>> {
    let mut kinds: Vec<Vec<f64>> = Vec::new();
    for values in particles {
        let mut values = values.clone();
        values[charge_place] = 0.7;
        if kinds.len() < MOST_KINDS && !kinds.contains(&values) {
            kinds.push(values);
        }
    }
    kinds
}

/// The solvent of these particles as this model has it; `None` where its neck tables do not cover a radius, or parameters lack.
pub(super) fn candidate(
    model: BornModel,
    roles: Roles,
    particles: &[Vec<f64>],
) -> Option<ImplicitSolvent> {
    let mut solvent = ImplicitSolvent {
        model,
        radii_nm: Vec::new(),
        screening: Vec::new(),
        tanh_coefficients: Vec::new(),
        neck_index: Vec::new(),
        neck_distance_nm: Vec::new(),
        neck_amplitude: Vec::new(),
        solute_dielectric: 1.0,
        solvent_dielectric: 1.0,
        kappa_per_nm: 0.0,
        surface_area: false,
    };
    let offset_nm = solvent.offset_nm();
    for values in particles {
        solvent.radii_nm.push(roles.radius_nm(values, offset_nm));
        solvent.screening.push(roles.screening(values, offset_nm));
        let coefficients = roles.tanh_coefficients(model, values)?;
        solvent.tanh_coefficients.push(coefficients);
    }
    let is_positive = solvent.radii_nm.iter().all(|&radius| radius > offset_nm);
    if matches!(model, BornModel::Gbn | BornModel::Gbn2) {
        if neck::uncovered(&solvent).is_some() {
            return None;
        }
        neck::fill(&mut solvent);
    }
    is_positive.then_some(solvent)
}

impl Computed<'_> {
    /// Whether the values are those of the model, for all pairs of these particles.
    pub(super) fn are_of(&self, solvent: &ImplicitSolvent, kinds: &[Vec<f64>]) -> bool {
        let numbers = 0..kinds.len();
        numbers
            .clone()
            .all(|i| self.radius_is_of(solvent, i, &kinds[i]))
            && numbers.clone().all(|i| {
                numbers
                    .clone()
                    .all(|j| self.integral_is_of(solvent, [i, j], kinds))
            })
    }

    fn integral_is_of(
        &self,
        solvent: &ImplicitSolvent,
        [i, j]: [usize; 2],
        kinds: &[Vec<f64>],
    ) -> bool {
        let (rho, screened) = (solvent.rho_nm(i), solvent.screened_nm(j));
        // Nearer than this one atom lies within the other, and files have one of two forms.
        let clash = screened - rho + 0.01;
        let neck_end = solvent.radii_nm[i] + solvent.radii_nm[j] + generalized_born::NECK_CUTOFF_NM;
        DISTANCES_NM.into_iter().all(|r| {
            let at_an_edge = (r - neck_end).abs() < 1e-6 || (r + screened - rho).abs() < 1e-6;
            if r < clash || at_an_edge {
                return true;
            }
            let (plain, _) = generalized_born::pair_integral(r, 1.0 / r, rho, screened);
            let expected = (plain + neck(solvent, [i, j], r)) / INTEGRAL_SCALE;
            let found = self
                .integral
                .value(&[&[r], &kinds[i][..], &kinds[j][..]].concat());
            (found - expected).abs() <= SAME * (1.0 + expected.abs())
        })
    }

    fn radius_is_of(&self, solvent: &ImplicitSolvent, i: usize, values: &[f64]) -> bool {
        let radius = solvent.radii_nm[i];
        let rho = solvent.rho_nm(i);
        // Parts of 1/rho that neighbours take; all of it would leave no radius in HCT.
        [0.0, 0.1, 0.25, 0.5, 0.8].into_iter().all(|part| {
            let integral = part / rho;
            let (expected, _) = generalized_born::born_radius(
                solvent.model,
                INTEGRAL_SCALE * integral,
                radius,
                rho,
                solvent.tanh_coefficients[i],
            );
            let found = self.radius.value(&[&[integral], values].concat());
            (found - expected).abs() <= SAME * expected.abs()
        })
    }
}

/// Eight times the neck integral; 0 for models without.
fn neck(solvent: &ImplicitSolvent, pair: [usize; 2], r: f64) -> f64 {
    solvent.neck(pair).map_or(0.0, |neck| neck.integral(r).0)
}
