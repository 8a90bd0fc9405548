//! Named regions of the (phi, psi) plane as 0/1 indicators.

/// Backbone regions of one residue. Conventional boundaries at barriers of the Ramachandran plot, not fitted to anything;
/// the four basins besides [`Basin::PhiPositive`] do not overlap and cover the plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basin {
    /// 0 < phi <= 180 degrees, any psi: the side across the slow barrier.
    PhiPositive,
    /// phi <= 0, -120 < psi <= 50 degrees: right-handed helix.
    AlphaRight,
    /// phi <= 0, the other psi: sheet, polyproline II, C5, C7eq.
    Extended,
    /// phi > 0, -60 < psi <= 100 degrees: left-handed helix, C7ax.
    AlphaLeft,
    /// phi > 0, the other psi.
    PhiPositiveExtended,
}

impl Basin {
    /// Every basin, in the order of their declaration.
    pub const ALL: [Self; 5] = [
        Self::PhiPositive,
        Self::AlphaRight,
        Self::Extended,
        Self::AlphaLeft,
        Self::PhiPositiveExtended,
    ];

    /// Name used in observables: `positive` completes `phi_2_positive`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PhiPositive => "positive",
            Self::AlphaRight => "alpha_right",
            Self::Extended => "extended",
            Self::AlphaLeft => "alpha_left",
            Self::PhiPositiveExtended => "positive_extended",
        }
    }
}

/// 1 if the angles in rad, each in [-pi, pi], lie in the basin, else 0.
///
/// ```
/// use saltus::analysis::{Basin, basin_indicator};
/// assert_eq!(basin_indicator(Basin::AlphaRight, -1.05, -0.79), 1.0);
/// assert_eq!(basin_indicator(Basin::PhiPositive, -1.05, -0.79), 0.0);
/// ```
#[must_use]
pub fn basin_indicator(basin: Basin, phi_rad: f64, psi_rad: f64) -> f64 {
    let psi_degrees = psi_rad.to_degrees();
    let positive = phi_rad > 0.0;
    let right = psi_degrees > -120.0 && psi_degrees <= 50.0;
    let left = psi_degrees > -60.0 && psi_degrees <= 100.0;
    f64::from(u8::from(match basin {
        Basin::PhiPositive => positive,
        Basin::AlphaRight => !positive && right,
        Basin::Extended => !positive && !right,
        Basin::AlphaLeft => positive && left,
        Basin::PhiPositiveExtended => positive && !left,
    }))
}
