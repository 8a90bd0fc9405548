//! Chemical elements that occur in peptides and what binds to them, and their standard atomic weights.

/// A chemical element, stored as its atomic number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Element(u8);

/// Atomic number, symbol, standard atomic weight in Da (IUPAC 2021 abridged values), covalent radius in nm (doi:10.1039/b801115j).
const ELEMENTS: [(u8, &str, f64, f64); 24] = [
    (1, "H", 1.008, 0.031),
    (3, "Li", 6.94, 0.128),
    (5, "B", 10.81, 0.084),
    (6, "C", 12.011, 0.076),
    (7, "N", 14.007, 0.071),
    (8, "O", 15.999, 0.066),
    (9, "F", 18.998, 0.057),
    (11, "Na", 22.990, 0.166),
    (12, "Mg", 24.305, 0.141),
    (14, "Si", 28.085, 0.111),
    (15, "P", 30.974, 0.107),
    (16, "S", 32.06, 0.105),
    (17, "Cl", 35.45, 0.102),
    (19, "K", 39.098, 0.203),
    (20, "Ca", 40.078, 0.176),
    (25, "Mn", 54.938, 0.139),
    (26, "Fe", 55.845, 0.132),
    (27, "Co", 58.933, 0.126),
    (28, "Ni", 58.693, 0.124),
    (29, "Cu", 63.546, 0.132),
    (30, "Zn", 65.38, 0.122),
    (34, "Se", 78.971, 0.120),
    (35, "Br", 79.904, 0.120),
    (53, "I", 126.90, 0.139),
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
            .find(|(_, known, _, _)| known.eq_ignore_ascii_case(symbol))
            .map(|&(number, ..)| Self(number))
    }

    /// Element of an atomic number.
    #[must_use]
    pub fn from_number(atomic_number: u8) -> Option<Self> {
        Self::all().find(|element| element.0 == atomic_number)
    }

    /// All elements that are known, by atomic number.
    pub fn all() -> impl Iterator<Item = Self> {
        ELEMENTS.iter().map(|&(number, ..)| Self(number))
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

    /// Radius of its single bonds in nm.
    pub(crate) fn covalent_radius_nm(self) -> f64 {
        self.entry().3
    }

    fn entry(self) -> (u8, &'static str, f64, f64) {
        *ELEMENTS
            .iter()
            .find(|(number, ..)| *number == self.0)
            .expect("invariant: only listed elements can be made")
    }
}
