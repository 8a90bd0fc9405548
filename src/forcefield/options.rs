//! What beside the force field decides a system: solvent, salt, constraints, hydrogen mass. Checks ranges only.

use super::error::ForceFieldError;
use super::system::BornModel;

/// Hydrogen mass in Da that leaves every mass as the force field has it.
pub const HYDROGEN_MASS_DA: f64 = 1.008;

/// Options of [`ForceField::assign`](super::ForceField::assign).
#[derive(Debug, Clone, PartialEq)]
pub struct SystemOptions {
    /// Implicit solvent; `None` is vacuum.
    pub solvent: Option<BornModel>,
    /// Whether implicit solvent has its surface-area term.
    pub surface_area: bool,
    /// Concentration of a monovalent salt in mol/L.
    pub ionic_strength_molar: f64,
    /// Temperature in K; only the screening by salt depends on it.
    pub temperature_kelvin: f64,
    /// Relative permittivity of the solute.
    pub solute_dielectric: f64,
    /// Relative permittivity of the solvent.
    pub solvent_dielectric: f64,
    /// Whether bonds with hydrogen are rigid.
    pub constrain_hydrogen_bonds: bool,
    /// Mass of every hydrogen in Da, taken from the atom it is bonded to; [`HYDROGEN_MASS_DA`] changes nothing.
    pub hydrogen_mass_da: f64,
}

impl Default for SystemOptions {
    /// Vacuum at 300 K, no constraints, masses of the force field; permittivities 1 and 78.5.
    fn default() -> Self {
        Self {
            solvent: None,
            surface_area: true,
            ionic_strength_molar: 0.0,
            temperature_kelvin: 300.0,
            solute_dielectric: 1.0,
            solvent_dielectric: 78.5,
            constrain_hydrogen_bonds: false,
            hydrogen_mass_da: HYDROGEN_MASS_DA,
        }
    }
}

impl SystemOptions {
    pub(super) fn check(&self) -> Result<(), ForceFieldError> {
        let positive = "a number above 0";
        let checks = [
            (
                "ionic_strength_molar",
                self.ionic_strength_molar,
                self.ionic_strength_molar >= 0.0,
                "a number from 0",
            ),
            (
                "temperature_kelvin",
                self.temperature_kelvin,
                self.temperature_kelvin > 0.0,
                positive,
            ),
            (
                "solute_dielectric",
                self.solute_dielectric,
                self.solute_dielectric > 0.0,
                positive,
            ),
            (
                "solvent_dielectric",
                self.solvent_dielectric,
                self.solvent_dielectric > 0.0,
                positive,
            ),
            (
                "hydrogen_mass_da",
                self.hydrogen_mass_da,
                self.hydrogen_mass_da > 0.0,
                positive,
            ),
        ];
        for (option, value, in_range, expected) in checks {
            if !(in_range && value.is_finite()) {
                return Err(ForceFieldError::InvalidOption {
                    option,
                    value,
                    expected,
                });
            }
        }
        Ok(())
    }

    /// Debye-Hueckel screening parameter in nm⁻¹: 0.73 * 503.3355 sqrt(c / (eps T)), c in mol/L.
    ///
    /// The constant is AMBER's, 50.33355 Å⁻¹; AMBER's factor 0.73 accounts for the volume that ions cannot enter
    /// (doi:10.1007/s002140050460). OpenMM takes the same numbers for the salt concentration of AMBER files.
    #[must_use]
    pub fn kappa_per_nm(&self) -> f64 {
        let ratio = self.ionic_strength_molar / self.solvent_dielectric / self.temperature_kelvin;
        7.3 * 50.33355 * ratio.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kappa_is_the_debye_length_of_a_hundred_millimolar_salt() {
        let options = SystemOptions {
            ionic_strength_molar: 0.1,
            temperature_kelvin: 298.15,
            ..SystemOptions::default()
        };
        let debye_length_nm = 0.73 / options.kappa_per_nm();
        assert!((debye_length_nm - 0.961).abs() < 0.005, "{debye_length_nm}");
    }

    #[test]
    fn options_out_of_range_are_named() {
        let options = SystemOptions {
            temperature_kelvin: -1.0,
            ..SystemOptions::default()
        };
        let message = options.check().unwrap_err().to_string();
        assert_eq!(
            message,
            "temperature_kelvin is -1, expected a number above 0"
        );
    }
}
