//! Whether the energy terms of a `CustomGBForce` are those of a generalised Born model, and with which permittivities and salt.

use crate::forcefield::generalized_born::{self, Dielectric};
use crate::forcefield::openmm_system::expression::{Expression, Names};
use crate::forcefield::surface_area;
use crate::forcefield::system::ImplicitSolvent;

use super::roles::Roles;

/// Relative deviation that rounding explains.
const SAME: f64 = 1e-8;
/// Two Coulomb constants are in use, 2e-7 apart; others a little more.
const SAME_COULOMB: f64 = 1e-4;
/// Born radii in nm of a sample.
const RADII_NM: [f64; 4] = [0.12, 0.18, 0.3, 0.9];

/// Sums of the energy terms of a force.
pub(super) struct Terms {
    /// Of single atoms: of B and the parameters.
    pub(super) single: Vec<Expression>,
    /// Of pairs: of r, B1 and the parameters of atom 1, B2 and those of atom 2.
    pub(super) pair: Vec<Expression>,
}

/// Permittivities and salt as the definitions of an expression, or global parameters, name them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Medium {
    solute: f64,
    solvent: f64,
    kappa_per_nm: f64,
}

impl Medium {
    /// `None` where a permittivity is not named.
    pub(super) fn named(text: &str, names: Names<'_>) -> Option<Self> {
        let value = |name: &str| Expression::constant(text, name, names);
        Some(Self {
            solute: value("soluteDielectric")?,
            solvent: value("solventDielectric")?,
            kappa_per_nm: value("kappa").unwrap_or(0.0),
        })
    }
}

impl Terms {
    /// Sets permittivities, salt and surface area of the solvent, if the terms are those of generalised Born in one of these media.
    pub(super) fn complete(
        &self,
        media: &[Medium],
        roles: Roles,
        kinds: &[Vec<f64>],
        solvent: &mut ImplicitSolvent,
    ) -> bool {
        let own = self.unnamed(kinds);
        let media = media.iter().copied().chain(own);
        // Without salt the value of a parameter `kappa` that no term uses has no meaning.
        let media = media.flat_map(|medium| {
            let without_salt = Medium {
                kappa_per_nm: 0.0,
                ..medium
            };
            [medium, without_salt]
        });
        for medium in media {
            let Some(ratio) = self.coulomb_ratio(medium, kinds) else {
                continue;
            };
            solvent.solute_dielectric = medium.solute / ratio;
            solvent.solvent_dielectric = medium.solvent / ratio;
            solvent.kappa_per_nm = medium.kappa_per_nm;
            for surface_area in [false, true] {
                solvent.surface_area = surface_area;
                if self.singles_are_of(solvent, roles, kinds) {
                    return true;
                }
            }
        }
        false
    }

    fn single(&self, born: f64, values: &[f64]) -> f64 {
        let variables = [&[born], values].concat();
        self.single.iter().map(|term| term.value(&variables)).sum()
    }

    fn pair(&self, r: f64, [born_1, born_2]: [f64; 2], values: &[f64]) -> f64 {
        let variables = [&[r, born_1], values, &[born_2], values].concat();
        self.pair.iter().map(|term| term.value(&variables)).sum()
    }

    /// A medium without salt whose factor 1/solute - 1/solvent is that of the pair energy.
    fn unnamed(&self, kinds: &[Vec<f64>]) -> Option<Medium> {
        let values = kinds.first()?;
        let medium = Medium {
            solute: 1.0,
            solvent: f64::INFINITY,
            kappa_per_nm: 0.0,
        };
        let share = self.pair(0.4, [0.2, 0.3], values) / pair_energy(medium, 0.4, [0.2, 0.3]);
        let solvent = 1.0 / (1.0 - share);
        (solvent > 0.0 && solvent.is_finite()).then_some(Medium { solvent, ..medium })
    }

    /// How many times the pair energy of this medium the terms are; `None` where that is not the same everywhere, or not near 1.
    fn coulomb_ratio(&self, medium: Medium, kinds: &[Vec<f64>]) -> Option<f64> {
        let mut ratio: Option<f64> = None;
        for values in kinds.iter().take(4) {
            for born_1 in RADII_NM {
                for born_2 in RADII_NM {
                    for r in [0.1, 0.25, 0.6, 1.7] {
                        let born = [born_1, born_2];
                        let found = self.pair(r, born, values) / pair_energy(medium, r, born);
                        let first = *ratio.get_or_insert(found);
                        if (found - first).abs() > SAME || (found - 1.0).abs() > SAME_COULOMB {
                            return None;
                        }
                    }
                }
            }
        }
        ratio.filter(|ratio| ratio.is_finite())
    }

    fn singles_are_of(&self, solvent: &ImplicitSolvent, roles: Roles, kinds: &[Vec<f64>]) -> bool {
        let dielectric = Dielectric::new(solvent);
        kinds.iter().all(|values| {
            let radius = roles.radius_nm(values, solvent.offset_nm());
            RADII_NM.into_iter().all(|born| {
                let (mut expected, _) =
                    generalized_born::self_energy(roles.charge(values), born, &dielectric);
                if solvent.surface_area {
                    expected += surface_area::surface_area(radius, born).0;
                }
                let found = self.single(born, values);
                (found - expected).abs() <= SAME * (1.0 + expected.abs())
            })
        })
    }
}

/// The charge that all particles of a sample have, in e; see [`super::integral::kinds`].
const CHARGE: f64 = 0.7;

fn pair_energy(medium: Medium, r: f64, [born_1, born_2]: [f64; 2]) -> f64 {
    let coulomb = crate::units::COULOMB_GB_KJ_NM_PER_MOL_E2;
    let product = born_1 * born_2;
    let f = (r * r + product * (-r * r / (4.0 * product)).exp()).sqrt();
    let share = 1.0 / medium.solute - (-medium.kappa_per_nm * f).exp() / medium.solvent;
    -coulomb * share * CHARGE * CHARGE / f
}
