//! Charges, Lennard-Jones parameters of atoms, and the pairs that are excluded, scaled, or have a well of their own.

use std::collections::BTreeMap;

use super::dihedrals::OneFour;
use super::error::{PrmtopError, PrmtopFault};
use super::lennard_jones::{LennardJones, Well};
use super::pointers::Pointers;
use super::sections::{Expected, Sections};
use crate::forcefield::limits::Limits;
use crate::forcefield::system::{Nonbonded, NonbondedException};
use crate::topology::Topology;

/// AMBER stores charges times the square root of its Coulomb constant in kcal Å mol⁻¹ e⁻².
const CHARGE_UNIT: f64 = 18.2223;

/// Everything of the nonbonded interaction; an off-diagonal coefficient becomes an exception of every pair of its types.
pub(super) fn read(
    sections: &Sections,
    pointers: &Pointers,
    topology: &Topology,
    one_fours: &[OneFour],
) -> Result<Nonbonded, PrmtopError> {
    let table = LennardJones::read(sections, pointers)?;
    let own = table.own_wells()?;
    let charges = sections
        .reals("CHARGE", pointers.of_atoms())?
        .all_plausible(1.0 / CHARGE_UNIT, &Limits::NONBONDED[0])?;
    let mut exceptions = exclusions(sections, pointers)?;
    for one_four in one_fours {
        let well = table.one_four_well(one_four.atoms.map(|atom| table.types[atom]))?;
        let exception = scaled(one_four, well, &charges);
        let earlier = exceptions.insert(one_four.atoms, exception);
        let what = match earlier {
            Some(pair) if is_exclusion(&pair) => continue,
            Some(pair) if pair == exception => continue,
            Some(_) => "several dihedrals scale it differently",
            None => "%FLAG EXCLUDED_ATOMS_LIST does not hold it",
        };
        let [first, last] = one_four.atoms.map(|atom| topology.label(atom));
        let fault = PrmtopFault::Unsupported {
            what: format!("the 1-4 pair of {first} and {last} would count twice: {what}"),
            remedy: "make the third atom of the dihedral that should not scale the pair negative, or write the file anew with ParmEd (`outparm`)".to_owned(),
        };
        return Err(sections.fault(sections.line("EXCLUDED_ATOMS_LIST"), fault));
    }
    add_modified(&table, &own, &charges, &mut exceptions)?;
    let atoms = || table.types.iter().map(|&kind| own[kind]);
    Ok(Nonbonded {
        sigmas_nm: atoms().map(|[sigma, _]| sigma).collect(),
        epsilons_kj_per_mol: atoms().map(|[_, epsilon]| epsilon).collect(),
        charges,
        exceptions: exceptions.into_values().collect(),
    })
}

/// A pair without interaction.
fn exclusion(atoms: [usize; 2]) -> NonbondedException {
    NonbondedException {
        atoms,
        charge_product: 0.0,
        sigma_nm: 0.1,
        epsilon_kj_per_mol: 0.0,
    }
}

fn is_exclusion(pair: &NonbondedException) -> bool {
    *pair == exclusion(pair.atoms)
}

fn scaled(one_four: &OneFour, [sigma_nm, epsilon]: Well, charges: &[f64]) -> NonbondedException {
    let [first, last] = one_four.atoms;
    let [charge_divisor, well_divisor] = one_four.divisors;
    NonbondedException {
        atoms: one_four.atoms,
        charge_product: charges[first] * charges[last] / charge_divisor,
        sigma_nm,
        epsilon_kj_per_mol: epsilon / well_divisor,
    }
}

/// `EXCLUDED_ATOMS_LIST`: for every atom those after it that it does not see; a lone 0 says none.
fn exclusions(
    sections: &Sections,
    pointers: &Pointers,
) -> Result<BTreeMap<[usize; 2], NonbondedException>, PrmtopError> {
    let counts = sections.integers("NUMBER_EXCLUDED_ATOMS", pointers.of_atoms())?;
    let all = Expected::Exactly(pointers.exclusions, "NNB of %FLAG POINTERS");
    let list = sections.integers("EXCLUDED_ATOMS_LIST", all)?;
    let mut pairs = BTreeMap::new();
    let mut next = 0;
    for atom in 0..pointers.atoms {
        let end = next + counts.count(atom)?;
        if end > list.values.len() {
            return Err(counts.fault(atom, "no more than %FLAG EXCLUDED_ATOMS_LIST has left"));
        }
        for entry in next..end {
            if list.values[entry] == 0 {
                continue;
            }
            let other = list.index(entry, pointers.atoms, "an atom")?;
            if other <= atom {
                let expected = format!("an atom after atom {}", atom + 1);
                return Err(list.fault(entry, expected));
            }
            pairs.insert([atom, other], exclusion([atom, other]));
        }
        next = end;
    }
    if next < list.values.len() {
        return Err(list.fault(
            next,
            "the end of the list, as %FLAG NUMBER_EXCLUDED_ATOMS counts,",
        ));
    }
    Ok(pairs)
}

/// An exception for every pair of types whose coefficients are not combined from those of the two.
fn add_modified(
    table: &LennardJones<'_>,
    own: &[Well],
    charges: &[f64],
    exceptions: &mut BTreeMap<[usize; 2], NonbondedException>,
) -> Result<(), PrmtopError> {
    let n_types = own.len();
    let mut modified: Vec<Option<Well>> = vec![None; n_types * n_types];
    for first in 0..n_types {
        for second in (0..n_types).filter(|&second| second != first) {
            modified[first * n_types + second] = table.modified_well(own, [first, second])?;
        }
    }
    if modified.iter().all(Option::is_none) {
        return Ok(());
    }
    for (first, &kind) in table.types.iter().enumerate() {
        for (second, &other) in table.types.iter().enumerate().skip(first + 1) {
            let Some([sigma_nm, epsilon_kj_per_mol]) = modified[kind * n_types + other] else {
                continue;
            };
            let atoms = [first, second];
            exceptions.entry(atoms).or_insert(NonbondedException {
                atoms,
                charge_product: charges[first] * charges[second],
                sigma_nm,
                epsilon_kj_per_mol,
            });
        }
    }
    Ok(())
}
