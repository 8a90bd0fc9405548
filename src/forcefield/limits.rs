//! Between which values a parameter makes physical sense: outside, it is a typing error or has the wrong unit.

use std::f64::consts::{PI, TAU};

/// Files round pi, and some round it up.
const ROUNDING_RAD: f64 = 1e-4;

/// Least and greatest value of a parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limits {
    /// Least value that is taken.
    pub(crate) least: f64,
    /// Greatest value that is taken.
    pub(crate) most: f64,
    /// Both in words, with the unit.
    pub(crate) expected: &'static str,
}

impl Limits {
    /// Mass of an atom. A mass of zero is a site that others carry, which is not supported.
    pub(crate) const MASS: Self = Self {
        least: 0.1,
        most: 1000.0,
        expected: "a mass from 0.1 to 1000 Da",
    };
    /// Equilibrium length of a bond.
    pub(crate) const BOND_LENGTH: Self = Self {
        least: 0.01,
        most: 10.0,
        expected: "a length from 0.01 to 10 nm",
    };
    /// Force constant of a bond.
    pub(crate) const BOND_K: Self = Self {
        least: 0.0,
        most: 1e9,
        expected: "a force constant from 0 to 1e9 kJ/mol/nm^2",
    };
    /// Equilibrium angle.
    pub(crate) const ANGLE: Self = Self {
        least: 0.0,
        most: PI + ROUNDING_RAD,
        expected: "an angle from 0 to 3.1416 rad (not in degrees)",
    };
    /// Force constant of an angle.
    pub(crate) const ANGLE_K: Self = Self {
        least: 0.0,
        most: 1e7,
        expected: "a force constant from 0 to 1e7 kJ/mol/rad^2",
    };
    /// Phase of a torsion's Fourier term.
    pub(crate) const PHASE: Self = Self {
        // GLYCAM has phases a little beyond a whole turn.
        least: -2.0 * TAU,
        most: 2.0 * TAU,
        expected: "a phase from -12.566 to 12.566 rad (not in degrees)",
    };
    /// Amplitude of a torsion's Fourier term.
    pub(crate) const TORSION_K: Self = Self {
        least: -1e6,
        most: 1e6,
        expected: "an amplitude from -1e6 to 1e6 kJ/mol",
    };
    /// Point of an energy map.
    pub(super) const MAP_ENERGY: Self = Self {
        least: -1e6,
        most: 1e6,
        expected: "an energy from -1e6 to 1e6 kJ/mol",
    };
    /// Charge, Lennard-Jones radius and depth, in the order of `NONBONDED_PARAMETERS`.
    pub(crate) const NONBONDED: [Self; 3] = [
        Self {
            least: -100.0,
            most: 100.0,
            expected: "a charge from -100 to 100 e",
        },
        Self {
            least: 0.0,
            most: 10.0,
            expected: "a radius from 0 to 10 nm",
        },
        Self {
            least: 0.0,
            most: 1e4,
            expected: "a depth from 0 to 1e4 kJ/mol",
        },
    ];
    /// Intrinsic Born radius: below the offset of 0.009 nm a sphere has no inside.
    pub(crate) const BORN_RADIUS: Self = Self {
        least: 0.05,
        most: 0.5,
        expected: "a Born radius from 0.5 to 5 angstrom",
    };
    /// Screening factor of the Born models; GBn2's for sulfur is negative.
    pub(crate) const SCREENING: Self = Self {
        least: -2.0,
        most: 2.0,
        expected: "a screening factor from -2 to 2",
    };
    /// Factor of an interaction between atoms three bonds apart.
    pub(crate) const ONE_FOUR_SCALE: Self = Self {
        least: 0.0,
        most: 10.0,
        expected: "a factor from 0 to 10",
    };
}
