//! A `CustomBondForce` that is a Lennard-Jones pair (CHARMM's 1-4 pairs) or a harmonic bond, recognised by values.

use crate::forcefield::error::ForceFieldError;
use crate::forcefield::limits::Limits;
use crate::forcefield::openmm_system::attributes::{
    Scope, atoms, entries, expression, not_periodic, parameters, refused_at,
};
use crate::forcefield::openmm_system::pairs::{LennardJones, fit};
use crate::forcefield::openmm_system::reading::{BondedPair, Reading};
use crate::forcefield::system::Bond;
use crate::forcefield::xml::element::Element;

/// Adds the pairs of a `CustomBondForce`.
///
/// # Errors
/// An expression that is neither a/r¹² - b/r⁶ nor k/2 (r - r0)².
pub(in crate::forcefield::openmm_system) fn read(
    force: &Element,
    reading: &mut Reading,
) -> Result<(), ForceFieldError> {
    not_periodic(force)?;
    let scope = Scope::of(force, "PerBondParameters")?;
    let text = force.required("energy")?;
    let mut variables = vec!["r".to_owned()];
    variables.extend(scope.parameters.iter().cloned());
    let energy = expression(force, text, scope.names(&variables))?;
    for entry in entries(force, "Bonds", "Bond") {
        let mut atoms = atoms(entry, ["p1", "p2"], reading.n_atoms)?;
        atoms.sort_unstable();
        let values = parameters(entry, scope.parameters.len())?;
        let value = |r: f64| energy.value(&[&[r], &values[..]].concat());
        if let Some(pair) = fit(value) {
            if pair != LennardJones::default() {
                reading.pairs.add_pair(atoms, pair);
            }
            continue;
        }
        let Some([length_nm, k_kj_per_mol_nm2]) = harmonic(value) else {
            let content = format!("`{text}` is neither a/r^12 - b/r^6 nor k (r - r0)^2");
            let remedy = "remove it before the System is serialized if it is a restraint; anharmonic bonds are not computed";
            return Err(refused_at(force, entry, content, remedy));
        };
        reading.bonded_pairs.push(BondedPair { atoms, length_nm });
        reading.system.bonds.push(Bond {
            atoms,
            length_nm,
            k_kj_per_mol_nm2,
        });
    }
    Ok(())
}

/// r0 and k of a parabola with its minimum at energy 0.
fn harmonic(energy: impl Fn(f64) -> f64) -> Option<[f64; 2]> {
    let (middle, step) = (0.3, 0.1);
    let [below, at, above] = [middle - step, middle, middle + step].map(&energy);
    let k = (above - 2.0 * at + below) / (step * step);
    let length_nm = middle - (above - below) / (2.0 * step) / k;
    let is_parabola = [0.08, 0.15, 0.45, 1.0].into_iter().all(|r| {
        let expected = 0.5 * k * (r - length_nm) * (r - length_nm);
        (energy(r) - expected).abs() <= 1e-9 * k * (1.0 + expected / k)
    });
    let (length, constant) = (Limits::BOND_LENGTH, Limits::BOND_K);
    let is_plausible = (length.least..=length.most).contains(&length_nm)
        && (constant.least..=constant.most).contains(&k);
    (is_parabola && is_plausible).then_some([length_nm, k])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;

    #[test]
    fn parabolas_are_harmonic_and_others_are_not() {
        let [length_nm, k] = harmonic(|r| 500.0 * (r - 0.21) * (r - 0.21)).unwrap();
        assert!((length_nm - 0.21).abs() < 1e-9 && (k - 1000.0).abs() < 1e-6);
        assert!(harmonic(|r| 500.0 * (r - 0.21).powi(2) + 1.0).is_none());
        assert!(harmonic(|r| 500.0 * (r - 0.21).powi(4)).is_none());
        assert!(harmonic(|r| 500.0 * (1.0 - (-20.0 * (r - 0.15)).exp()).powi(2)).is_none());
    }
}
