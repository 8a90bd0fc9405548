//! Bonds, angles, CHARMM's Urey-Bradley terms and its harmonic impropers. Files have E = k x², without the half.

use super::error::PrmtopError;
use super::pointers::Pointers;
use super::sections::{Expected, Sections};
use crate::forcefield::limits::Limits;
use crate::forcefield::system::{Angle, Bond, HarmonicTorsion};

/// kcal in kJ.
pub(super) const KJ_PER_KCAL: f64 = 4.184;
/// Å in nm.
pub(super) const NM_PER_ANGSTROM: f64 = crate::units::NM_PER_ANGSTROM;
/// From k of E = k x² in kcal/mol and Å to that of E = k/2 x² in kJ/mol and nm.
const BOND_K: f64 = 2.0 * KJ_PER_KCAL / (NM_PER_ANGSTROM * NM_PER_ANGSTROM);
/// From k of E = k x² in kcal/mol to that of E = k/2 x² in kJ/mol.
const ANGLE_K: f64 = 2.0 * KJ_PER_KCAL;

/// Bonds with hydrogen, then those without, as listed.
pub(super) fn bonds(sections: &Sections, pointers: &Pointers) -> Result<Vec<Bond>, PrmtopError> {
    let types = Expected::Exactly(pointers.bond_types, "NUMBND of %FLAG POINTERS");
    let k = sections
        .reals("BOND_FORCE_CONSTANT", types)?
        .all_plausible(BOND_K, &Limits::BOND_K)?;
    let lengths = sections.reals("BOND_EQUIL_VALUE", types)?;
    let mut bonds = Vec::new();
    for (flag, n) in lists(
        ["BONDS_INC_HYDROGEN", "BONDS_WITHOUT_HYDROGEN"],
        pointers.bonds,
    ) {
        let list = sections.integers(
            flag,
            Expected::Exactly(3 * n, "3 for each bond of %FLAG POINTERS"),
        )?;
        for start in (0..3 * n).step_by(3) {
            let kind = list.index(start + 2, pointers.bond_types, "a bond type")?;
            bonds.push(Bond {
                atoms: sorted([
                    list.atom(start, pointers.atoms)?,
                    list.atom(start + 1, pointers.atoms)?,
                ]),
                length_nm: lengths.plausible(kind, NM_PER_ANGSTROM, &Limits::BOND_LENGTH)?,
                k_kj_per_mol_nm2: k[kind],
            });
            let [first, second] = bonds[bonds.len() - 1].atoms;
            if first == second {
                return Err(list.fault(start + 1, "another atom than the first of the bond"));
            }
        }
    }
    Ok(bonds)
}

/// Angles with hydrogen, then those without, as listed.
pub(super) fn angles(sections: &Sections, pointers: &Pointers) -> Result<Vec<Angle>, PrmtopError> {
    let types = Expected::Exactly(pointers.angle_types, "NUMANG of %FLAG POINTERS");
    let k = sections
        .reals("ANGLE_FORCE_CONSTANT", types)?
        .all_plausible(ANGLE_K, &Limits::ANGLE_K)?;
    let equilibria = sections.reals("ANGLE_EQUIL_VALUE", types)?;
    let mut angles = Vec::new();
    let names = ["ANGLES_INC_HYDROGEN", "ANGLES_WITHOUT_HYDROGEN"];
    for (flag, n) in lists(names, pointers.angles) {
        let list = sections.integers(
            flag,
            Expected::Exactly(4 * n, "4 for each angle of %FLAG POINTERS"),
        )?;
        for start in (0..4 * n).step_by(4) {
            let kind = list.index(start + 3, pointers.angle_types, "an angle type")?;
            let mut atoms = [0; 3];
            for (place, atom) in atoms.iter_mut().enumerate() {
                *atom = list.atom(start + place, pointers.atoms)?;
            }
            let angle_rad = equilibria.plausible(kind, 1.0, &Limits::ANGLE)?;
            if k[kind] != 0.0 {
                angles.push(Angle {
                    atoms,
                    angle_rad,
                    k_kj_per_mol_rad2: k[kind],
                });
            }
        }
    }
    Ok(angles)
}

/// CHARMM's springs between the ends of an angle; they are no bonds. None where the file is not CHAMBER's.
pub(super) fn urey_bradley(
    sections: &Sections,
    pointers: &Pointers,
) -> Result<Vec<Bond>, PrmtopError> {
    if !sections.has("CHARMM_UREY_BRADLEY") {
        return Ok(Vec::new());
    }
    let reason = "number of terms and of types";
    let count = sections.integers("CHARMM_UREY_BRADLEY_COUNT", Expected::Exactly(2, reason))?;
    let (n, n_types) = (count.count(0)?, count.count(1)?);
    let types = Expected::Exactly(n_types, "%FLAG CHARMM_UREY_BRADLEY_COUNT");
    let k = sections.reals("CHARMM_UREY_BRADLEY_FORCE_CONSTANT", types)?;
    let lengths = sections.reals("CHARMM_UREY_BRADLEY_EQUIL_VALUE", types)?;
    let terms = Expected::Exactly(3 * n, "3 for each term of %FLAG CHARMM_UREY_BRADLEY_COUNT");
    let list = sections.integers("CHARMM_UREY_BRADLEY", terms)?;
    let mut springs = Vec::with_capacity(n);
    for start in (0..3 * n).step_by(3) {
        let kind = list.index(start + 2, n_types, "a Urey-Bradley type")?;
        let k_kj_per_mol_nm2 = k.plausible(kind, BOND_K, &Limits::BOND_K)?;
        if k_kj_per_mol_nm2 != 0.0 {
            springs.push(Bond {
                atoms: sorted([
                    list.index(start, pointers.atoms, "an atom")?,
                    list.index(start + 1, pointers.atoms, "an atom")?,
                ]),
                length_nm: lengths.plausible(kind, NM_PER_ANGSTROM, &Limits::BOND_LENGTH)?,
                k_kj_per_mol_nm2,
            });
        }
    }
    Ok(springs)
}

/// CHARMM's impropers, E = k (theta - theta0)². None where the file is not CHAMBER's.
pub(super) fn harmonic_impropers(
    sections: &Sections,
    pointers: &Pointers,
) -> Result<Vec<HarmonicTorsion>, PrmtopError> {
    if !sections.has("CHARMM_IMPROPERS") {
        return Ok(Vec::new());
    }
    let one = Expected::Exactly(1, "a count");
    let n = sections.integers("CHARMM_NUM_IMPROPERS", one)?.count(0)?;
    let n_types = sections.integers("CHARMM_NUM_IMPR_TYPES", one)?.count(0)?;
    let types = Expected::Exactly(n_types, "%FLAG CHARMM_NUM_IMPR_TYPES");
    let k = sections.reals("CHARMM_IMPROPER_FORCE_CONSTANT", types)?;
    let equilibria = sections.reals("CHARMM_IMPROPER_PHASE", types)?;
    let terms = Expected::Exactly(5 * n, "5 for each of %FLAG CHARMM_NUM_IMPROPERS");
    let list = sections.integers("CHARMM_IMPROPERS", terms)?;
    let mut torsions = Vec::with_capacity(n);
    for start in (0..5 * n).step_by(5) {
        let kind = list.index(start + 4, n_types, "an improper type")?;
        let mut atoms = [0; 4];
        for (place, atom) in atoms.iter_mut().enumerate() {
            *atom = list.index(start + place, pointers.atoms, "an atom")?;
        }
        let k_kj_per_mol_rad2 = k.plausible(kind, ANGLE_K, &Limits::ANGLE_K)?;
        let angle_rad = equilibria.plausible(kind, 1.0, &Limits::PHASE)?;
        if k_kj_per_mol_rad2 != 0.0 {
            torsions.push(HarmonicTorsion {
                atoms,
                angle_rad,
                k_kj_per_mol_rad2,
            });
        }
    }
    Ok(torsions)
}

/// The two lists of a term, with hydrogen and without, and their lengths.
pub(super) fn lists(
    flags: [&'static str; 2],
    counts: [usize; 2],
) -> impl Iterator<Item = (&'static str, usize)> {
    flags.into_iter().zip(counts)
}

/// Two atoms, the first the lower.
pub(super) fn sorted([first, second]: [usize; 2]) -> [usize; 2] {
    [first.min(second), first.max(second)]
}
