//! Masses of the particles, and constraints between them.

use super::attributes::{atoms, entries};
use super::reading::{BondedPair, Reading};
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::limits::Limits;
use crate::forcefield::system::DistanceConstraint;
use crate::forcefield::xml::element::Element;

/// Masses in Da of all particles.
///
/// # Errors
/// No particles, virtual sites, masses that no atom has.
pub(super) fn masses(root: &Element) -> Result<Vec<f64>, ForceFieldError> {
    let masses: Vec<f64> = entries(root, "Particles", "Particle")
        .enumerate()
        .map(mass)
        .collect::<Result<_, _>>()?;
    match masses.is_empty() {
        true => Err(root.malformed("the System has no particles, expected those of a molecule")),
        false => Ok(masses),
    }
}

fn mass((index, particle): (usize, &Element)) -> Result<f64, ForceFieldError> {
    if let Some(site) = particle.children.first() {
        return Err(particle.malformed(format!(
            "particle {index} is a virtual site ({}), which saltus does not move with its parents; parametrise the molecule with a force field without extra points",
            site.tag
        )));
    }
    let mass_da = particle.number("mass")?;
    if mass_da == 0.0 {
        return Err(particle.malformed(format!(
            "particle {index} has a mass of 0, which OpenMM holds fixed; every atom moves here: give it its mass (`system.setParticleMass({index}, ...)`), or leave it out of the System"
        )));
    }
    let Limits {
        least,
        most,
        expected,
    } = Limits::MASS;
    match (least..=most).contains(&mass_da) {
        true => Ok(mass_da),
        false => Err(particle.malformed(format!(
            "particle {index} has a mass of {mass_da} Da, expected {expected}"
        ))),
    }
}

/// Adds the constraints.
pub(super) fn constraints(root: &Element, reading: &mut Reading) -> Result<(), ForceFieldError> {
    for entry in entries(root, "Constraints", "Constraint") {
        let mut atoms = atoms(entry, ["p1", "p2"], reading.n_atoms)?;
        atoms.sort_unstable();
        let distance_nm = entry.plausible("d", &Limits::BOND_LENGTH)?;
        reading
            .system
            .constraints
            .push(DistanceConstraint { atoms, distance_nm });
        reading.bonded_pairs.push(BondedPair {
            atoms,
            length_nm: distance_nm,
        });
    }
    Ok(())
}
