//! Regions of the (phi, psi) plane whose populations are published.

/// A region by the boundaries of Best, Buchete and Hummer 2008, doi:10.1529/biophysj.108.132696; of a D residue its mirror image.
///
/// The four do not overlap; what is in none of them lies on the barriers between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    /// -160 < phi < -20, -120 < psi < 50 degrees: right-handed helix.
    Alpha,
    /// -180 <= phi < -90, 50 <= psi < 240 degrees, and 160 < phi <= 180, 110 < psi <= 180: sheet.
    Beta,
    /// -90 <= phi < -20, 50 <= psi < 240 degrees: polyproline II.
    Ppii,
    /// 0 < phi < 160 degrees: left-handed helix and C7ax.
    Left,
}

impl Region {
    /// Every region.
    pub const ALL: [Self; 4] = [Self::Alpha, Self::Beta, Self::Ppii, Self::Left];

    /// Name of the region; the observable of residue 2 is `population alpha_2`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Alpha => "alpha",
            Self::Beta => "beta",
            Self::Ppii => "ppii",
            Self::Left => "left",
        }
    }

    /// Whether angles in rad, each in [-pi, pi], lie in it.
    ///
    /// ```
    /// use saltus::analysis::Region;
    /// let [phi, psi] = [-75.0_f64, 150.0].map(f64::to_radians);
    /// assert!(Region::Ppii.contains(phi, psi) && !Region::Beta.contains(phi, psi));
    /// ```
    #[must_use]
    pub fn contains(self, phi_rad: f64, psi_rad: f64) -> bool {
        let (phi, psi) = (phi_rad.to_degrees(), psi_rad.to_degrees());
        let is_extended = !(-120.0..50.0).contains(&psi);
        match self {
            Self::Alpha => phi > -160.0 && phi < -20.0 && psi > -120.0 && psi < 50.0,
            Self::Beta => (phi < -90.0 && is_extended) || (phi > 160.0 && psi > 110.0),
            Self::Ppii => (-90.0..-20.0).contains(&phi) && is_extended,
            Self::Left => phi > 0.0 && phi < 160.0,
        }
    }
}
