//! `GBSAOBCForce`: OBC model II with the ACE surface-area term.

use super::term::BornTerm;
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::limits::Limits;
use crate::forcefield::openmm_system::attributes::{CUSTOM_METHODS, entries, no_cutoff, refused};
use crate::forcefield::openmm_system::nonbonded::check_count;
use crate::forcefield::openmm_system::reading::Reading;
use crate::forcefield::surface_area::SURFACE_COEFFICIENT;
use crate::forcefield::system::{BornModel, ImplicitSolvent};
use crate::forcefield::xml::element::Element;
use crate::units::{COULOMB_GB_KJ_NM_PER_MOL_E2, COULOMB_KJ_NM_PER_MOL_E2};

/// Adds the solvent of a `GBSAOBCForce`.
///
/// The force has the Coulomb constant of `NonbondedForce`, 2e-7 below that of the `CustomGBForce`s: the permittivities take
/// the difference, so that energies are OpenMM's.
///
/// # Errors
/// A surface tension other than 2.25936 kJ/mol/nm² and 0.
pub(in crate::forcefield::openmm_system) fn read(
    force: &Element,
    reading: &mut Reading,
) -> Result<(), ForceFieldError> {
    no_cutoff(force, &CUSTOM_METHODS)?;
    let (mut charges, mut radii_nm, mut screening) = (Vec::new(), Vec::new(), Vec::new());
    for entry in entries(force, "Particles", "Particle") {
        charges.push(entry.plausible("q", &Limits::NONBONDED[0])?);
        radii_nm.push(entry.plausible("r", &Limits::NONBONDED[1])?);
        screening.push(entry.number("scale")?);
    }
    check_count(force, charges.len(), reading.n_atoms)?;
    let ratio = COULOMB_GB_KJ_NM_PER_MOL_E2 / COULOMB_KJ_NM_PER_MOL_E2;
    let solvent = ImplicitSolvent {
        model: BornModel::Obc2,
        tanh_coefficients: vec![[1.0, 0.8, 4.85]; radii_nm.len()],
        radii_nm,
        screening,
        neck_index: Vec::new(),
        neck_distance_nm: Vec::new(),
        neck_amplitude: Vec::new(),
        solute_dielectric: ratio * dielectric(force, "soluteDielectric")?,
        solvent_dielectric: ratio * dielectric(force, "solventDielectric")?,
        kappa_per_nm: 0.0,
        surface_area: surface_area(force)?,
    };
    BornTerm::set(force, charges, solvent, &mut reading.born)
}

fn dielectric(force: &Element, key: &str) -> Result<f64, ForceFieldError> {
    let value = force.number(key)?;
    match value > 0.0 {
        true => Ok(value),
        false => Err(force.malformed_number(key, &value.to_string(), "a number above 0")),
    }
}

fn surface_area(force: &Element) -> Result<bool, ForceFieldError> {
    let tension = force
        .attribute("surfaceAreaEnergy")
        .map_or(Ok(2.25936), |_| force.number("surfaceAreaEnergy"))?;
    let coefficient = 4.0 * std::f64::consts::PI * tension;
    if tension == 0.0 {
        return Ok(false);
    }
    if (coefficient - SURFACE_COEFFICIENT).abs() < 1e-6 * SURFACE_COEFFICIENT {
        return Ok(true);
    }
    Err(refused(
        force,
        format!("its surface tension is {tension} kJ/mol/nm^2, expected 2.25936, or 0 for none"),
        "write `force.setSurfaceAreaEnergy(2.25936)` or `force.setSurfaceAreaEnergy(0)` before the System is serialized",
    ))
}
