//! Harmonic bonds and angles.

use super::attributes::{atoms, entries, not_periodic};
use super::reading::{BondedPair, Reading};
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::limits::Limits;
use crate::forcefield::system::{Angle, Bond};
use crate::forcefield::xml::element::Element;

/// Adds the bonds of a `HarmonicBondForce`; those without a force constant join their atoms all the same.
pub(super) fn bonds(force: &Element, reading: &mut Reading) -> Result<(), ForceFieldError> {
    not_periodic(force)?;
    for entry in entries(force, "Bonds", "Bond") {
        let mut atoms = atoms(entry, ["p1", "p2"], reading.n_atoms)?;
        atoms.sort_unstable();
        let length_nm = entry.plausible("d", &Limits::BOND_LENGTH)?;
        let k_kj_per_mol_nm2 = entry.plausible("k", &Limits::BOND_K)?;
        reading.bonded_pairs.push(BondedPair { atoms, length_nm });
        if k_kj_per_mol_nm2 != 0.0 {
            reading.system.bonds.push(Bond {
                atoms,
                length_nm,
                k_kj_per_mol_nm2,
            });
        }
    }
    Ok(())
}

/// Adds the angles of a `HarmonicAngleForce`.
pub(super) fn angles(force: &Element, reading: &mut Reading) -> Result<(), ForceFieldError> {
    not_periodic(force)?;
    for entry in entries(force, "Angles", "Angle") {
        let atoms = atoms(entry, ["p1", "p2", "p3"], reading.n_atoms)?;
        let angle_rad = entry.plausible("a", &Limits::ANGLE)?;
        let k_kj_per_mol_rad2 = entry.plausible("k", &Limits::ANGLE_K)?;
        if k_kj_per_mol_rad2 != 0.0 {
            reading.system.angles.push(Angle {
                atoms,
                angle_rad,
                k_kj_per_mol_rad2,
            });
        }
    }
    Ok(())
}
