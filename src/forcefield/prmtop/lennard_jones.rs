//! Lennard-Jones coefficients A and B of every pair of types: E = A/r¹² - B/r⁶ in kcal/mol and Å.

use super::bonded::{KJ_PER_KCAL, NM_PER_ANGSTROM};
use super::error::PrmtopError;
use super::pointers::Pointers;
use super::sections::{Entries, Expected, Sections};
use crate::forcefield::limits::Limits;

/// Sigma of a pair without attraction and repulsion, nm: any will do.
const NO_SIGMA_NM: f64 = 0.1;

/// Relative difference from the combination rule up to which a coefficient is rounded, not chosen; OpenMM has the same.
const ROUNDED: f64 = 1e-6;

/// Sigma in nm and epsilon in kJ/mol.
pub(super) type Well = [f64; 2];

/// The table of types of a file.
#[derive(Debug)]
pub(super) struct LennardJones<'a> {
    n_types: usize,
    /// Type of each atom, from 0.
    pub(super) types: Vec<usize>,
    /// NONBONDED_PARM_INDEX, from 1; negative are 10-12 pairs, which are zero where they are taken.
    index: Entries<'a, i64>,
    coefficients: [Entries<'a, f64>; 2],
    /// Those of 1-4 pairs, in CHAMBER's files.
    one_four: Option<[Entries<'a, f64>; 2]>,
}

impl<'a> LennardJones<'a> {
    pub(super) fn read(sections: &'a Sections, pointers: &Pointers) -> Result<Self, PrmtopError> {
        let n = pointers.types;
        let atom_types = sections.integers("ATOM_TYPE_INDEX", pointers.of_atoms())?;
        let types: Result<Vec<usize>, PrmtopError> = (0..pointers.atoms)
            .map(|entry| atom_types.index(entry, n, "a Lennard-Jones type"))
            .collect();
        let squared = Expected::Exactly(n * n, "NTYPES of %FLAG POINTERS, squared");
        let pairs = n * (n + 1) / 2;
        let of_pairs = Expected::Exactly(pairs, "the pairs of NTYPES of %FLAG POINTERS");
        let index = sections.integers("NONBONDED_PARM_INDEX", squared)?;
        for entry in 0..n * n {
            if index.values[entry] >= 0 {
                index.index(entry, pairs, "a pair of types")?;
            }
        }
        let both = |flags: [&'a str; 2]| -> Result<[Entries<'a, f64>; 2], PrmtopError> {
            Ok([
                sections.reals(flags[0], of_pairs)?,
                sections.reals(flags[1], of_pairs)?,
            ])
        };
        Ok(Self {
            n_types: n,
            types: types?,
            index,
            coefficients: both(["LENNARD_JONES_ACOEF", "LENNARD_JONES_BCOEF"])?,
            one_four: match sections.has("CTITLE") || sections.has("LENNARD_JONES_14_ACOEF") {
                true => Some(both(["LENNARD_JONES_14_ACOEF", "LENNARD_JONES_14_BCOEF"])?),
                false => None,
            },
        })
    }

    /// The well of each type with itself.
    pub(super) fn own_wells(&self) -> Result<Vec<Well>, PrmtopError> {
        (0..self.n_types)
            .map(|kind| self.well(&self.coefficients, [kind, kind]))
            .collect()
    }

    /// The well of a 1-4 pair of types.
    pub(super) fn one_four_well(&self, kinds: [usize; 2]) -> Result<Well, PrmtopError> {
        self.well(self.one_four.as_ref().unwrap_or(&self.coefficients), kinds)
    }

    /// The well of a pair of types if it is not what Lorentz and Berthelot's rules make of the wells of the two.
    pub(super) fn modified_well(
        &self,
        own: &[Well],
        kinds: [usize; 2],
    ) -> Result<Option<Well>, PrmtopError> {
        let well = self.well(&self.coefficients, kinds)?;
        let [first, second] = kinds.map(|kind| own[kind]);
        let combined = [0.5 * (first[0] + second[0]), (first[1] * second[1]).sqrt()];
        let coefficients = |[sigma, epsilon]: Well| {
            let b = 4.0 * epsilon * sigma.powi(6);
            [b * sigma.powi(6), b]
        };
        let same = |(a, b): (f64, f64)| (a - b).abs() <= ROUNDED * a.abs().max(b.abs());
        let [expected, got] = [combined, well].map(coefficients);
        let is_combined = expected.into_iter().zip(got).all(same);
        Ok((!is_combined).then_some(well))
    }

    fn well(
        &self,
        [a, b]: &[Entries<'_, f64>; 2],
        [first, second]: [usize; 2],
    ) -> Result<Well, PrmtopError> {
        let index = self.index.values[self.n_types * first + second];
        let Ok(entry) = usize::try_from(index - 1) else {
            return Ok([NO_SIGMA_NM, 0.0]);
        };
        match (a.values[entry], b.values[entry]) {
            (0.0, 0.0) => Ok([NO_SIGMA_NM, 0.0]),
            (repulsion, attraction) if repulsion > 0.0 && attraction > 0.0 => {
                let sigma_nm = (repulsion / attraction).powf(1.0 / 6.0) * NM_PER_ANGSTROM;
                let epsilon = attraction * attraction / (4.0 * repulsion) * KJ_PER_KCAL;
                for (value, limits) in [sigma_nm, epsilon].iter().zip(&Limits::NONBONDED[1..]) {
                    if *value > limits.most {
                        let expected = format!("coefficients of {}", limits.expected);
                        return Err(a.fault(entry, expected));
                    }
                }
                Ok([sigma_nm, epsilon])
            }
            (repulsion, _) if repulsion > 0.0 => Err(b.fault(
                entry,
                "a positive number beside a positive A: repulsion alone is not supported,",
            )),
            _ => Err(a.fault(entry, "a positive number beside a B that is not zero")),
        }
    }
}
