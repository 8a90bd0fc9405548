//! Unit attributes of trajectory files turned into factors to internal units. Knows only what MDTraj and H5MD files say.

use crate::units::NM_PER_ANGSTROM;

const KJ_PER_KCAL: f64 = 4.184;

/// What a dataset measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantity {
    Length,
    Time,
    Velocity,
    Energy,
    Temperature,
}

impl Quantity {
    /// Factor from the named unit to the internal one, `None` if the name is unknown.
    pub(crate) fn factor(self, unit: &str) -> Option<f64> {
        match self {
            Self::Length => length(unit),
            Self::Time => time(unit),
            Self::Velocity => velocity(unit),
            Self::Energy => energy(unit),
            Self::Temperature => matches!(unit, "K" | "kelvin" | "Kelvin").then_some(1.0),
        }
    }

    /// Units understood, for messages.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Length => "nanometers, angstroms or picometers (nm, Angstrom, pm)",
            Self::Time => "picoseconds, femtoseconds or nanoseconds (ps, fs, ns)",
            Self::Velocity => "a length over a time, such as nm ps-1 or nanometers/picosecond",
            Self::Energy => "kJ mol-1 or kcal mol-1 (kilojoules_per_mole, kilocalories_per_mole)",
            Self::Temperature => "kelvin (K)",
        }
    }
}

fn length(unit: &str) -> Option<f64> {
    match unit {
        "nm" | "nanometer" | "nanometers" => Some(1.0),
        "A" | "Å" | "Angstrom" | "angstrom" | "angstroms" | "Angstroms" => Some(NM_PER_ANGSTROM),
        "pm" | "picometer" | "picometers" => Some(1e-3),
        _ => None,
    }
}

fn time(unit: &str) -> Option<f64> {
    match unit {
        "ps" | "picosecond" | "picoseconds" => Some(1.0),
        "fs" | "femtosecond" | "femtoseconds" => Some(1e-3),
        "ns" | "nanosecond" | "nanoseconds" => Some(1e3),
        _ => None,
    }
}

/// `nm ps-1` (H5MD) or `nanometers/picosecond` (MDTraj).
fn velocity(unit: &str) -> Option<f64> {
    let (over, under) = match unit.split_once('/') {
        Some(halves) => halves,
        None => unit.strip_suffix("-1")?.split_once(' ')?,
    };
    Some(length(over.trim())? / time(under.trim())?)
}

fn energy(unit: &str) -> Option<f64> {
    match unit {
        "kJ mol-1" | "kJ/mol" | "kilojoules_per_mole" | "kilojoule/mole" | "kilojoules/mole" => {
            Some(1.0)
        }
        "kcal mol-1"
        | "kcal/mol"
        | "kilocalories_per_mole"
        | "kilocalorie/mole"
        | "kilocalories/mole" => Some(KJ_PER_KCAL),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    #[test]
    fn names_of_both_conventions_are_understood() {
        assert_eq!(Quantity::Length.factor("angstroms"), Some(0.1));
        assert_eq!(Quantity::Velocity.factor("Angstrom ps-1"), Some(0.1));
        assert_eq!(
            Quantity::Velocity.factor("nanometers/picosecond"),
            Some(1.0)
        );
        assert_eq!(Quantity::Velocity.factor("nm fs-1"), Some(1e3));
        assert_eq!(Quantity::Energy.factor("kcal mol-1"), Some(4.184));
        assert_eq!(Quantity::Time.factor("parsec"), None);
        assert_eq!(Quantity::Length.factor("ps"), None);
    }
}
