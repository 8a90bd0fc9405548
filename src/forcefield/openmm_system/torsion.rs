//! Periodic torsions, and Ryckaert-Bellemans torsions as the Fourier series that they are.

use std::f64::consts::PI;

use super::attributes::{atoms, entries, not_periodic};
use super::reading::Reading;
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::limits::Limits;
use crate::forcefield::system::Torsion;
use crate::forcefield::xml::element::Element;

/// The four atoms of a torsion.
pub(super) const FOUR: [&str; 4] = ["p1", "p2", "p3", "p4"];

/// Adds the torsions of a `PeriodicTorsionForce`.
pub(super) fn periodic(force: &Element, reading: &mut Reading) -> Result<(), ForceFieldError> {
    not_periodic(force)?;
    for entry in entries(force, "Torsions", "Torsion") {
        let atoms = atoms(entry, FOUR, reading.n_atoms)?;
        let periodicity = entry.integer("periodicity")?;
        let phase_rad = entry.number("phase")?;
        let k_kj_per_mol = entry.plausible("k", &Limits::TORSION_K)?;
        let torsions = &mut reading.system.torsions;
        if k_kj_per_mol == 0.0 {
            continue;
        }
        if periodicity == 0 {
            add_constant(torsions, atoms, k_kj_per_mol * (1.0 + phase_rad.cos()));
            continue;
        }
        torsions.push(Torsion {
            atoms,
            periodicity,
            phase_rad,
            k_kj_per_mol,
        });
    }
    Ok(())
}

/// Adds the torsions of an `RBTorsionForce`, E = sum of c_n cos^n(phi - pi) for n = 0 to 5.
///
/// Ryckaert, Bellemans, doi:10.1039/DC9786600095.
pub(super) fn ryckaert_bellemans(
    force: &Element,
    reading: &mut Reading,
) -> Result<(), ForceFieldError> {
    not_periodic(force)?;
    for entry in entries(force, "Torsions", "Torsion") {
        let atoms = atoms(entry, FOUR, reading.n_atoms)?;
        let mut powers = [0.0; 6];
        for (key, power) in ["c0", "c1", "c2", "c3", "c4", "c5"]
            .into_iter()
            .zip(&mut powers)
        {
            *power = entry.plausible(key, &Limits::TORSION_K)?;
        }
        let [constant, cosines @ ..] = multiples(powers);
        // E = k (1 + cos n phi) brings its k along, which the constant gives back.
        let torsions = &mut reading.system.torsions;
        for (periodicity, k_kj_per_mol) in (1..).zip(cosines) {
            if k_kj_per_mol != 0.0 {
                torsions.push(Torsion {
                    atoms,
                    periodicity,
                    phase_rad: 0.0,
                    k_kj_per_mol,
                });
            }
        }
        add_constant(torsions, atoms, constant - cosines.iter().sum::<f64>());
    }
    Ok(())
}

/// Coefficients of 1, cos phi, cos 2 phi, ..., cos 5 phi of a polynomial in cos(phi - pi) = -cos phi.
fn multiples([c0, c1, c2, c3, c4, c5]: [f64; 6]) -> [f64; 6] {
    let (c1, c3, c5) = (-c1, -c3, -c5);
    [
        c0 + c2 / 2.0 + 3.0 * c4 / 8.0,
        c1 + 3.0 * c3 / 4.0 + 5.0 * c5 / 8.0,
        (c2 + c4) / 2.0,
        c3 / 4.0 + 5.0 * c5 / 16.0,
        c4 / 8.0,
        c5 / 16.0,
    ]
}

/// A constant energy: two terms whose cosines cancel.
fn add_constant(torsions: &mut Vec<Torsion>, atoms: [usize; 4], constant: f64) {
    if constant == 0.0 {
        return;
    }
    torsions.extend([0.0, PI].map(|phase_rad| Torsion {
        atoms,
        periodicity: 1,
        phase_rad,
        k_kj_per_mol: constant / 2.0,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_a_cosine_are_cosines_of_multiples() {
        let powers = [1.5, -2.0, 3.0, 0.7, -1.1, 2.3];
        let series = multiples(powers);
        for step in 0..12 {
            let phi = 0.6 * f64::from(step) - PI;
            let direct: f64 = (0..)
                .zip(powers)
                .map(|(n, c)| c * (phi - PI).cos().powi(n))
                .sum();
            let multiple: f64 = (0..6_u8)
                .zip(series)
                .map(|(n, a)| a * (f64::from(n) * phi).cos())
                .sum();
            assert!(
                (direct - multiple).abs() < 1e-12,
                "{phi}: {direct} {multiple}"
            );
        }
    }
}
