//! Chemical elements that occur in peptides and their standard atomic weights.

/// A chemical element, stored as its atomic number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Element(u8);

/// Atomic number, symbol, standard atomic weight in Da (IUPAC 2021 abridged values).
const ELEMENTS: [(u8, &str, f64); 20] = [
    (1, "H", 1.008),
    (3, "Li", 6.94),
    (5, "B", 10.81),
    (6, "C", 12.011),
    (7, "N", 14.007),
    (8, "O", 15.999),
    (9, "F", 18.998),
    (11, "Na", 22.990),
    (12, "Mg", 24.305),
    (14, "Si", 28.085),
    (15, "P", 30.974),
    (16, "S", 32.06),
    (17, "Cl", 35.45),
    (19, "K", 39.098),
    (20, "Ca", 40.078),
    (26, "Fe", 55.845),
    (30, "Zn", 65.38),
    (34, "Se", 78.971),
    (35, "Br", 79.904),
    (53, "I", 126.90),
];

impl Element {
    /// Hydrogen.
    pub const HYDROGEN: Self = Self(1);
    /// Carbon.
    pub const CARBON: Self = Self(6);
    /// Nitrogen.
    pub const NITROGEN: Self = Self(7);
    /// Oxygen.
    pub const OXYGEN: Self = Self(8);
    /// Phosphorus.
    pub const PHOSPHORUS: Self = Self(15);
    /// Sulfur.
    pub const SULFUR: Self = Self(16);

    /// Element of a symbol in any case: `C`, `Cl`, `CL`.
    #[must_use]
    pub fn from_symbol(symbol: &str) -> Option<Self> {
        ELEMENTS
            .iter()
            .find(|(_, known, _)| known.eq_ignore_ascii_case(symbol))
            .map(|&(number, _, _)| Self(number))
    }

    /// Atomic number.
    #[must_use]
    pub fn atomic_number(self) -> u8 {
        self.0
    }

    /// Symbol with the usual capitals, `Cl`.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        self.entry().1
    }

    /// Standard atomic weight in Da.
    #[must_use]
    pub fn mass_da(self) -> f64 {
        self.entry().2
    }

    fn entry(self) -> (u8, &'static str, f64) {
        *ELEMENTS
            .iter()
            .find(|(number, _, _)| *number == self.0)
            .expect("invariant: only listed elements can be made")
    }
}
