//! A `NonbondedForce` without cutoff: charges, Lennard-Jones parameters, exceptions.

use super::attributes::{atoms, entries, no_cutoff, refused};
use super::reading::Reading;
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::limits::Limits;
use crate::forcefield::system::{Nonbonded, NonbondedException};
use crate::forcefield::xml::element::Element;

const METHODS: [&str; 6] = [
    "NoCutoff",
    "CutoffNonPeriodic",
    "CutoffPeriodic",
    "Ewald",
    "PME",
    "LJPME",
];

/// Adds the pairs of a `NonbondedForce`.
pub(super) fn read(force: &Element, reading: &mut Reading) -> Result<(), ForceFieldError> {
    no_cutoff(force, &METHODS)?;
    without_offsets(force)?;
    let mut nonbonded = Nonbonded::default();
    let [charge, sigma, epsilon] = &Limits::NONBONDED;
    for entry in entries(force, "Particles", "Particle") {
        nonbonded.charges.push(entry.plausible("q", charge)?);
        nonbonded.sigmas_nm.push(entry.plausible("sig", sigma)?);
        nonbonded
            .epsilons_kj_per_mol
            .push(entry.plausible("eps", epsilon)?);
    }
    check_count(force, nonbonded.charges.len(), reading.n_atoms)?;
    for entry in entries(force, "Exceptions", "Exception") {
        let mut atoms = atoms(entry, ["p1", "p2"], reading.n_atoms)?;
        atoms.sort_unstable();
        nonbonded.exceptions.push(NonbondedException {
            atoms,
            charge_product: entry.number("q")?,
            sigma_nm: entry.plausible("sig", sigma)?,
            epsilon_kj_per_mol: entry.plausible("eps", epsilon)?,
        });
    }
    nonbonded
        .exceptions
        .sort_by_key(|exception| exception.atoms);
    let twice = nonbonded
        .exceptions
        .windows(2)
        .find(|two| two[0].atoms == two[1].atoms);
    if let Some([first, _]) = twice {
        let [i, j] = first.atoms;
        return Err(force.malformed(format!(
            "there are two exceptions for the particles {i} and {j}, expected one"
        )));
    }
    reading.pairs.add_nonbonded(force, nonbonded)
}

/// Every force of all particles has as many entries as there are particles.
pub(super) fn check_count(
    force: &Element,
    found: usize,
    n_atoms: usize,
) -> Result<(), ForceFieldError> {
    match found == n_atoms {
        true => Ok(()),
        false => Err(force.malformed(format!(
            "the force has {found} particles, but the System has {n_atoms}: expected one entry for each; OpenMM refuses such a System too"
        ))),
    }
}

/// Offsets make parameters depend on global ones, which only a Context knows.
fn without_offsets(force: &Element) -> Result<(), ForceFieldError> {
    for (section, tag) in [
        ("ParticleOffsets", "Offset"),
        ("ExceptionOffsets", "Offset"),
    ] {
        let n_offsets = entries(force, section, tag).count();
        if n_offsets > 0 {
            return Err(refused(
                force,
                format!("it has offsets of its parameters ({n_offsets} in <{section}>)"),
                "set the parameters to what they are at the values of the global parameters that you want, and serialize the System without offsets",
            ));
        }
    }
    Ok(())
}
