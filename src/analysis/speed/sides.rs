//! The two sides of every 0/1 observable and of every backbone basin, as tests of one frame.

use super::basins::ResidueBasin;
use crate::analysis::observables::observable::{NameKind, basin_indicator_name};

/// The rarer side of something two-valued.
#[derive(Debug, Clone, PartialEq)]
pub struct RareSide {
    /// As in [`Sides::names`].
    pub name: String,
    /// Share of the frames on it, at most 1/2.
    pub share: f64,
}

impl RareSide {
    /// Of an indicator that is 1 in this share of the frames.
    pub(crate) fn of(indicator: &str, share: f64) -> Self {
        if share <= 0.5 {
            let name = indicator.to_owned();
            return Self { name, share };
        }
        Self {
            name: negated(indicator),
            share: 1.0 - share,
        }
    }
}

/// How to tell on which sides a frame is.
#[derive(Debug, Clone, PartialEq)]
pub struct Sides {
    indicators: Vec<(String, Indicator)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Indicator {
    /// An observable, by its place.
    Value(usize),
    Basin(ResidueBasin),
}

impl Sides {
    /// Those that observables of these names tell.
    #[must_use]
    pub fn of(names: &[String]) -> Self {
        let mut indicators = Vec::new();
        for (place, name) in names.iter().enumerate() {
            if NameKind::of(name).is_two_valued() {
                indicators.push((name.clone(), Indicator::Value(place)));
            }
        }
        for basin in ResidueBasin::all(names) {
            indicators.push((basin_indicator_name(&basin.name), Indicator::Basin(basin)));
        }
        Self { indicators }
    }

    /// `phi_2_positive`, `not phi_2_positive`, ..., `basin alpha_left_2`, `not basin alpha_left_2`, ..., `[n_sides]`.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let both = |(name, _): &(String, Indicator)| [name.clone(), negated(name)];
        self.indicators.iter().flat_map(both).collect()
    }

    /// Whether a frame whose observables have these values is on each of the sides, `[n_sides]`.
    #[must_use]
    pub fn inside(&self, values: &[f64]) -> Vec<bool> {
        let both = |(_, indicator): &(String, Indicator)| {
            let inside = match indicator {
                Indicator::Value(place) => values[*place] > 0.5,
                Indicator::Basin(basin) => basin.contains(|place| values[place]),
            };
            [inside, !inside]
        };
        self.indicators.iter().flat_map(both).collect()
    }
}

fn negated(name: &str) -> String {
    format!("not {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_on_one_side_of_everything_and_in_one_basin() {
        let names = [
            "sin_phi_2",
            "cos_phi_2",
            "sin_psi_2",
            "cos_psi_2",
            "phi_2_positive",
        ];
        let sides = Sides::of(&names.map(str::to_owned));
        // phi = 60, psi = 45 degrees.
        let (phi, psi) = (60_f64.to_radians(), 45_f64.to_radians());
        let inside = sides.inside(&[phi.sin(), phi.cos(), psi.sin(), psi.cos(), 1.0]);
        let names = sides.names();
        let found: Vec<&str> = (0..names.len())
            .filter(|&side| inside[side])
            .map(|side| names[side].as_str())
            .collect();
        assert_eq!(
            found,
            [
                "phi_2_positive",
                "not basin alpha_right_2",
                "not basin extended_2",
                "basin alpha_left_2",
                "not basin positive_extended_2"
            ]
        );
    }

    #[test]
    fn the_rarer_side_is_named_after_what_it_is_not() {
        assert_eq!(RareSide::of("x", 0.2).name, "x");
        let other = RareSide::of("x", 0.75);
        assert_eq!((other.name.as_str(), other.share), ("not x", 0.25));
    }
}
