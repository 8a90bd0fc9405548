//! Mean energies and the heat capacity from their fluctuations.

use thiserror::Error;

use crate::analysis::convergence::chains::{mean, sample_variance};
use crate::units::BOLTZMANN_KJ_PER_MOL_K;

/// Why energies give no mean or fluctuation.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum FluctuationError {
    /// Not enough frames.
    #[error("got {got} energies, but at least {needed} are needed: run longer")]
    TooFewEnergies {
        /// Number got.
        got: usize,
        /// Number needed.
        needed: usize,
    },
    /// A NaN or infinite energy.
    #[error(
        "energy {index} is {value} kJ/mol, expected a finite number: remove or repair that frame"
    )]
    NotFinite {
        /// Which, from 0.
        index: usize,
        /// The value.
        value: f64,
    },
    /// No such temperature.
    #[error("temperature is {got} K, expected a positive number")]
    BadTemperature {
        /// The temperature.
        got: f64,
    },
}

fn check(energies_kj_per_mol: &[f64], needed: usize) -> Result<(), FluctuationError> {
    if energies_kj_per_mol.len() < needed {
        return Err(FluctuationError::TooFewEnergies {
            got: energies_kj_per_mol.len(),
            needed,
        });
    }
    match energies_kj_per_mol.iter().position(|e| !e.is_finite()) {
        Some(index) => Err(FluctuationError::NotFinite {
            index,
            value: energies_kj_per_mol[index],
        }),
        None => Ok(()),
    }
}

/// Mean energy in kJ/mol, every frame of equal weight.
///
/// # Errors
/// [`FluctuationError`] for no or non-finite energies.
pub fn mean_energy(energies_kj_per_mol: &[f64]) -> Result<f64, FluctuationError> {
    check(energies_kj_per_mol, 1)?;
    Ok(mean(energies_kj_per_mol))
}

/// Heat capacity at constant volume in kJ mol⁻¹ K⁻¹ by fluctuations, C = Var(E) / (k T^2), divisor n - 1.
///
/// From potential energies this is the configurational part; classical momenta add n_degrees_of_freedom k / 2.
///
/// ```
/// let capacity = saltus::analysis::configurational_heat_capacity(&[-1.0, 1.0], 300.0)?;
/// assert!((capacity - 2.0 / (8.314_462_618_153_24e-3 * 9e4)).abs() < 1e-15);
/// # Ok::<(), saltus::analysis::FluctuationError>(())
/// ```
///
/// # Errors
/// [`FluctuationError`] for fewer than two or non-finite energies or a temperature that is not positive.
pub fn configurational_heat_capacity(
    energies_kj_per_mol: &[f64],
    temperature_kelvin: f64,
) -> Result<f64, FluctuationError> {
    check(energies_kj_per_mol, 2)?;
    if !(temperature_kelvin.is_finite() && temperature_kelvin > 0.0) {
        return Err(FluctuationError::BadTemperature {
            got: temperature_kelvin,
        });
    }
    let variance = sample_variance(energies_kj_per_mol);
    Ok(variance / (BOLTZMANN_KJ_PER_MOL_K * temperature_kelvin * temperature_kelvin))
}
