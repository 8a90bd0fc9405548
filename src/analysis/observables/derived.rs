//! What follows from the mean of an observable and its error.

use serde::Serialize;

use super::observable::NameKind;
use crate::units::thermal_energy_kj_per_mol;

/// A quantity with its standard error, by propagation to first order.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Derived {
    /// Of a state with population p: its free energy less that of everything else, -kT ln(p / (1 - p)), error kT δp / (p (1 - p)).
    FreeEnergy {
        /// In kJ/mol.
        free_energy_kj_per_mol: f64,
        /// In kJ/mol.
        free_energy_error_kj_per_mol: f64,
    },
    /// Of r⁻⁶ with mean m: the distance that an NOE shows, m^(-1/6), error δm / (6 m) of it.
    NoeDistance {
        /// In nm.
        noe_distance_nm: f64,
        /// In nm.
        noe_distance_error_nm: f64,
    },
}

impl Derived {
    /// What follows for an observable of this name; free energies need a temperature, and a state that is neither always nor never there.
    ///
    /// ```
    /// use saltus::analysis::Derived;
    /// let Some(Derived::NoeDistance { noe_distance_nm, .. }) = Derived::of("noe_ALA1-HA_ALA3-H", 64.0, 1.0, None) else {
    ///     unreachable!()
    /// };
    /// assert!((noe_distance_nm - 0.5).abs() < 1e-12);
    /// ```
    #[must_use]
    pub fn of(name: &str, mean: f64, error: f64, kelvin: Option<f64>) -> Option<Self> {
        let kind = NameKind::of(name);
        if kind.is_two_valued() && mean > 0.0 && mean < 1.0 {
            let kt = thermal_energy_kj_per_mol(kelvin?);
            return Some(Self::FreeEnergy {
                free_energy_kj_per_mol: -kt * (mean / (1.0 - mean)).ln(),
                free_energy_error_kj_per_mol: kt * error / (mean * (1.0 - mean)),
            });
        }
        (matches!(kind, NameKind::Noe(_)) && mean > 0.0).then(|| {
            let distance = mean.powf(-1.0 / 6.0);
            Self::NoeDistance {
                noe_distance_nm: distance,
                noe_distance_error_nm: distance * error / (6.0 * mean),
            }
        })
    }
}
