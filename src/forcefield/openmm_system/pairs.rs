//! Charges and Lennard-Jones parameters of all nonbonded forces together, as one list with exceptions.

use super::attributes::refused;
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::nonbonded::{PairParameters, pair_index, pair_table};
use crate::forcefield::system::{Nonbonded, NonbondedException};
use crate::forcefield::xml::element::Element;
use crate::forcefield::xml::error::{Location, XmlFault};
use crate::units::COULOMB_KJ_NM_PER_MOL_E2;

/// A Lennard-Jones pair, E = a/r¹² - b/r⁶ in kJ/mol and nm.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct LennardJones {
    pub(super) a: f64,
    pub(super) b: f64,
}

/// How near two values are that are the same but for rounding.
const SAME: f64 = 1e-10;

impl LennardJones {
    pub(super) fn is_near(&self, other: &Self) -> bool {
        near(self.a, other.a) && near(self.b, other.b)
    }

    /// sigma in nm and epsilon in kJ/mol; `None` where the pair only repels, or only attracts.
    fn sigma_epsilon(&self) -> Option<[f64; 2]> {
        if self.a == 0.0 && self.b == 0.0 {
            return Some([0.0, 0.0]);
        }
        let is_pair = self.a > 0.0 && self.b > 0.0;
        is_pair.then(|| {
            [
                (self.a / self.b).powf(1.0 / 6.0),
                self.b * self.b / (4.0 * self.a),
            ]
        })
    }
}

fn near(x: f64, y: f64) -> bool {
    (x - y).abs() <= SAME * x.abs().max(y.abs())
}

/// The Lennard-Jones pair that an energy is, if it is one.
pub(super) fn fit(energy: impl Fn(f64) -> f64) -> Option<LennardJones> {
    // e r^6 = a / r^6 - b is a line in 1 / r^6.
    let scaled = |r: f64| energy(r) * r.powi(6);
    let inverse = |r: f64| r.powi(-6);
    let (near_nm, far_nm) = (0.05, 0.5);
    let a = (scaled(near_nm) - scaled(far_nm)) / (inverse(near_nm) - inverse(far_nm));
    let b = a * inverse(far_nm) - scaled(far_nm);
    let [a, b] = [a, b].map(|x| if x.abs() < 1e-30 { 0.0 } else { x });
    let is_pair = [0.12, 0.2, 0.35, 0.8, 2.0].into_iter().all(|r| {
        let (repulsion, attraction) = (a * inverse(r) * inverse(r), b * inverse(r));
        let deviation = (energy(r) - (repulsion - attraction)).abs();
        deviation <= 1e-9 * (repulsion.abs() + attraction.abs())
    });
    is_pair.then_some(LennardJones { a, b })
}

/// Everything that acts between pairs of atoms.
#[derive(Default)]
pub(super) struct Pairs {
    /// With the place of the force.
    plain: Vec<(Location, Nonbonded)>,
    /// Pairs of other forces, and what they have for an atom with itself.
    tables: Vec<(Vec<LennardJones>, Vec<LennardJones>)>,
    single: Vec<([usize; 2], LennardJones)>,
}

fn has_charges(nonbonded: &Nonbonded) -> bool {
    let mut exceptions = nonbonded.exceptions.iter();
    nonbonded.charges.iter().any(|&q| q != 0.0) || exceptions.any(|e| e.charge_product != 0.0)
}

fn has_depths(nonbonded: &Nonbonded) -> bool {
    nonbonded
        .epsilons_kj_per_mol
        .iter()
        .any(|&epsilon| epsilon != 0.0)
}

impl Pairs {
    /// Adds a `NonbondedForce`.
    ///
    /// # Errors
    /// A second one with charges, or with Lennard-Jones parameters: their sums are no product of charges and no mean of radii.
    pub(super) fn add_nonbonded(
        &mut self,
        force: &Element,
        nonbonded: Nonbonded,
    ) -> Result<(), ForceFieldError> {
        let others = || self.plain.iter().map(|(_, other)| other);
        let clash = if has_charges(&nonbonded) && others().any(has_charges) {
            "it has charges, as another NonbondedForce before it"
        } else if has_depths(&nonbonded) && others().any(has_depths) {
            "it has Lennard-Jones parameters, as another NonbondedForce before it"
        } else {
            self.plain.push((force.location.clone(), nonbonded));
            return Ok(());
        };
        let remedy = "keep one NonbondedForce for the charges, and one for the Lennard-Jones parameters (it may be the same)";
        Err(refused(force, clash, remedy))
    }

    /// Adds a table of all pairs, and the parameters of an atom with itself.
    pub(super) fn add_lennard_jones(
        &mut self,
        pairs: &[LennardJones],
        of_atoms: Vec<LennardJones>,
    ) {
        self.tables.push((pairs.to_vec(), of_atoms));
    }

    /// Adds one pair.
    pub(super) fn add_pair(&mut self, atoms: [usize; 2], pair: LennardJones) {
        self.single.push((atoms, pair));
    }

    /// One list of charges and Lennard-Jones parameters with exceptions.
    ///
    /// # Errors
    /// Pairs that only repel, which no sigma and epsilon describe.
    pub(super) fn finish(mut self, n_atoms: usize) -> Result<Nonbonded, ForceFieldError> {
        if self.plain.len() == 1 && self.tables.is_empty() && self.single.is_empty() {
            return Ok(self.plain.remove(0).1);
        }
        let place = self.plain.first().map(|(place, _)| place.clone());
        let mut nonbonded = self.of_atoms(n_atoms);
        let table = self.sum(n_atoms);
        let regular = pair_table(&nonbonded);
        for (i, j) in (0..n_atoms).flat_map(|i| (i + 1..n_atoms).map(move |j| (i, j))) {
            let index = pair_index(n_atoms, i, j);
            let (pair, usual) = (table[index], regular[index]);
            if near(pair.a, usual.a) && near(pair.b, usual.b) && near(pair.coulomb, usual.coulomb) {
                continue;
            }
            let lennard_jones = LennardJones {
                a: pair.a,
                b: pair.b,
            };
            let Some([sigma_nm, epsilon_kj_per_mol]) = lennard_jones.sigma_epsilon() else {
                let message = format!(
                    "the particles {i} and {j} have {} / r^12 - {} / r^6 kJ/mol together, expected both positive or both zero: sigma and epsilon describe no other pair",
                    pair.a, pair.b
                );
                let place = place.unwrap_or(Location {
                    file: "the System".to_owned(),
                    line: 0,
                });
                return Err(XmlFault::Malformed(message).at(&place));
            };
            nonbonded.exceptions.push(NonbondedException {
                atoms: [i, j],
                charge_product: pair.coulomb / COULOMB_KJ_NM_PER_MOL_E2,
                sigma_nm,
                epsilon_kj_per_mol,
            });
        }
        Ok(nonbonded)
    }

    /// Charges, and Lennard-Jones parameters of the force that has them, without exceptions.
    fn of_atoms(&self, n_atoms: usize) -> Nonbonded {
        let mut nonbonded = Nonbonded {
            charges: vec![0.0; n_atoms],
            sigmas_nm: vec![0.0; n_atoms],
            epsilons_kj_per_mol: vec![0.0; n_atoms],
            exceptions: Vec::new(),
        };
        for (_, plain) in &self.plain {
            if has_charges(plain) {
                nonbonded.charges.clone_from(&plain.charges);
            }
            if has_depths(plain) {
                nonbonded.sigmas_nm.clone_from(&plain.sigmas_nm);
                nonbonded
                    .epsilons_kj_per_mol
                    .clone_from(&plain.epsilons_kj_per_mol);
            }
        }
        if nonbonded
            .epsilons_kj_per_mol
            .iter()
            .any(|&epsilon| epsilon != 0.0)
        {
            return nonbonded;
        }
        for (_, of_atoms) in &self.tables {
            for (atom, pair) in of_atoms.iter().enumerate() {
                if let Some([sigma, epsilon]) = pair.sigma_epsilon().filter(|[_, e]| *e != 0.0) {
                    nonbonded.sigmas_nm[atom] = sigma;
                    nonbonded.epsilons_kj_per_mol[atom] = epsilon;
                }
            }
        }
        nonbonded
    }

    /// Sum of all forces, for every pair.
    fn sum(&self, n_atoms: usize) -> Vec<PairParameters> {
        let n_pairs = n_atoms * n_atoms.saturating_sub(1) / 2;
        let mut sum = vec![PairParameters::default(); n_pairs];
        for (_, plain) in &self.plain {
            for (total, pair) in sum.iter_mut().zip(pair_table(plain)) {
                total.a += pair.a;
                total.b += pair.b;
                total.coulomb += pair.coulomb;
            }
        }
        let mut add = |index: usize, pair: &LennardJones| {
            let total: &mut PairParameters = &mut sum[index];
            total.a += pair.a;
            total.b += pair.b;
        };
        for (pairs, _) in &self.tables {
            pairs
                .iter()
                .enumerate()
                .for_each(|(index, pair)| add(index, pair));
        }
        for ([i, j], pair) in &self.single {
            add(pair_index(n_atoms, *i, *j), pair);
        }
        sum
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;

    #[test]
    fn lennard_jones_pairs_are_fitted_and_others_refused() {
        let [sigma, epsilon]: [f64; 2] = [0.31, 0.7];
        let energy = |r: f64| 4.0 * epsilon * ((sigma / r).powi(12) - (sigma / r).powi(6));
        let found = fit(energy).unwrap().sigma_epsilon().unwrap();
        assert!((found[0] - sigma).abs() < 1e-12 && (found[1] - epsilon).abs() < 1e-12);
        assert_eq!(fit(|_| 0.0), Some(LennardJones::default()));
        assert_eq!(fit(|r| energy(r) + 1e-3 / r), None);
        assert_eq!(fit(|r| (-r).exp()), None);
        let repulsion = fit(|r| r.powi(-12)).unwrap();
        assert!(repulsion.sigma_epsilon().is_none() || repulsion.b.abs() < 1e-9);
    }
}
