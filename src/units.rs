//! Internal units and physical constants: nm, ps, Da, kJ/mol, K, rad, elementary charges.
//!
//! Energy in these units is Da nm² ps⁻² = kJ/mol, so no conversion factor appears in the equations of motion.

/// Molar gas constant, kJ mol⁻¹ K⁻¹ (CODATA 2018, exact: N_A k_B), the value OpenMM uses.
pub const BOLTZMANN_KJ_PER_MOL_K: f64 = 8.314_462_618_153_24e-3;

/// Coulomb constant 1/(4 pi eps0) in kJ mol⁻¹ nm e⁻² as OpenMM's `NonbondedForce` uses it.
pub const COULOMB_KJ_NM_PER_MOL_E2: f64 = 138.935_457_644_381_98;

/// Coulomb constant in the generalised Born expressions of OpenMM's `customgbforces.py`, kJ mol⁻¹ nm e⁻².
pub const COULOMB_GB_KJ_NM_PER_MOL_E2: f64 = 138.935_485;

/// Femtoseconds in a picosecond.
pub const FS_PER_PS: f64 = 1000.0;

/// Nanometres in an angstrom.
pub const NM_PER_ANGSTROM: f64 = 0.1;

/// Thermal energy kT in kJ/mol at a temperature in K.
///
/// ```
/// assert!((saltus::units::thermal_energy_kj_per_mol(300.0) - 2.494_338_785).abs() < 1e-6);
/// ```
#[must_use]
pub fn thermal_energy_kj_per_mol(temperature_kelvin: f64) -> f64 {
    BOLTZMANN_KJ_PER_MOL_K * temperature_kelvin
}

/// A number in as few characters as tell it.
#[must_use]
pub fn plain(value: f64) -> String {
    let size = value.abs();
    match size == 0.0 || !size.is_finite() || (1e-4..1e15).contains(&size) {
        true => value.to_string(),
        false => format!("{value:e}"),
    }
}
