//! Karplus equations: three-bond scalar couplings of NMR from phi.

/// A coupling across the bond N-CA, with the fit that gives it.
///
/// J = A cos²(phi + s) + B cos(phi + s) + C in Hz; of a D residue with -phi in place of phi.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Karplus {
    /// H-N-CA-HA: Vögeli, Ying, Grishaev and Bax 2007, doi:10.1021/ja070324o.
    HnHaBax2007,
    /// H-N-CA-HA: Schmidt, Blümel, Löhr and Rüterjans, J. Biomol. NMR 14 (1999) 1.
    HnHaRuterjans1999,
    /// H-N-CA-HA: Hu and Bax 1997, doi:10.1021/ja970067v.
    HnHaBax1997,
    /// H-N-CA-C: Vögeli and others 2007.
    HnCBax2007,
    /// H-N-CA-CB: Vögeli and others 2007.
    HnCbBax2007,
}

impl Karplus {
    /// Every fit, the first of each coupling being the one meant where none is named.
    pub const ALL: [Self; 5] = [
        Self::HnHaBax2007,
        Self::HnHaRuterjans1999,
        Self::HnHaBax1997,
        Self::HnCBax2007,
        Self::HnCbBax2007,
    ];

    /// Name of the coupling, that of the observable of residue 2 being `j3_hn_ha_2`.
    #[must_use]
    pub fn coupling(self) -> &'static str {
        match self {
            Self::HnHaBax2007 | Self::HnHaRuterjans1999 | Self::HnHaBax1997 => "j3_hn_ha",
            Self::HnCBax2007 => "j3_hn_c",
            Self::HnCbBax2007 => "j3_hn_cb",
        }
    }

    /// Name of the fit.
    #[must_use]
    pub fn set(self) -> &'static str {
        match self {
            Self::HnHaBax2007 | Self::HnCBax2007 | Self::HnCbBax2007 => "bax2007",
            Self::HnHaRuterjans1999 => "ruterjans1999",
            Self::HnHaBax1997 => "bax1997",
        }
    }

    /// The atom at the other end than the amide hydrogen, which a residue must have.
    pub(super) fn partner(self) -> &'static str {
        match self {
            Self::HnHaBax2007 | Self::HnHaRuterjans1999 | Self::HnHaBax1997 => "HA",
            Self::HnCBax2007 => "C",
            Self::HnCbBax2007 => "CB",
        }
    }

    /// J in Hz at an angle phi in rad of an L residue.
    ///
    /// ```
    /// use saltus::analysis::Karplus;
    /// let extended = Karplus::HnHaBax2007.hertz((-120_f64).to_radians());
    /// assert!((extended - (8.4 + 1.36 + 0.33)).abs() < 1e-12);
    /// ```
    #[must_use]
    pub fn hertz(self, phi_rad: f64) -> f64 {
        let ([a, b, c], shift_degrees) = match self {
            Self::HnHaBax2007 => ([8.4, -1.36, 0.33], -60.0_f64),
            Self::HnHaRuterjans1999 => ([7.90, -1.05, 0.65], -60.0),
            Self::HnHaBax1997 => ([7.09, -1.42, 1.55], -60.0),
            Self::HnCBax2007 => ([4.36, -1.08, -0.01], 180.0),
            Self::HnCbBax2007 => ([3.71, -0.59, 0.08], 60.0),
        };
        let cosine = (phi_rad + shift_degrees.to_radians()).cos();
        a * cosine * cosine + b * cosine + c
    }
}
