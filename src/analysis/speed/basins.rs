//! Which backbone basins a sampler visited, and which of those that others found it missed.

use super::draws::{FOUND_SHARE, SamplerDraws};
use super::residue_basins::{Basin, basin_indicator};
use crate::analysis::observables::observable::{NameKind, feature_names};

/// The basins that cover the (phi, psi) plane without overlap.
const BASINS: [Basin; 4] = [
    Basin::AlphaRight,
    Basin::Extended,
    Basin::AlphaLeft,
    Basin::PhiPositiveExtended,
];

/// A basin of a residue, with the places of its sin phi, cos phi, sin psi and cos psi among the observables.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ResidueBasin {
    /// `alpha_left_2`.
    pub(crate) name: String,
    basin: Basin,
    places: [usize; 4],
}

impl ResidueBasin {
    /// Every basin of every residue that has both phi and psi among observables of these names.
    pub(crate) fn all<S: AsRef<str>>(names: &[S]) -> Vec<Self> {
        let find = |name: String| names.iter().position(|other| other.as_ref() == name);
        let mut found = Vec::new();
        for name in names {
            let NameKind::Sine(phi) = NameKind::of(name.as_ref()) else {
                continue;
            };
            if !phi.contains("phi_") {
                continue;
            }
            let psi = phi.replace("phi_", "psi_");
            let ([sin_phi, cos_phi], [sin_psi, cos_psi]) =
                (feature_names(phi).map(find), feature_names(&psi).map(find));
            let (Some(sin_phi), Some(cos_phi), Some(sin_psi), Some(cos_psi)) =
                (sin_phi, cos_phi, sin_psi, cos_psi)
            else {
                continue;
            };
            found.extend(BASINS.map(|basin| Self {
                name: phi.replace("phi_", &format!("{}_", basin.name())),
                basin,
                places: [sin_phi, cos_phi, sin_psi, cos_psi],
            }));
        }
        found
    }

    /// Every basin of every residue of a run.
    pub(crate) fn of_run(run: &SamplerDraws) -> Vec<Self> {
        let names: Vec<&str> = run.observables.iter().map(|(name, _)| &name[..]).collect();
        Self::all(&names)
    }

    /// Whether a frame is inside, whose observable at a place is `value(place)`.
    pub(crate) fn contains(&self, value: impl Fn(usize) -> f64) -> bool {
        let [sin_phi, cos_phi, sin_psi, cos_psi] = self.places.map(value);
        let (phi, psi) = (sin_phi.atan2(cos_phi), sin_psi.atan2(cos_psi));
        basin_indicator(self.basin, phi, psi) > 0.5
    }

    /// 1 for frames inside, else 0, `[n_chains][n_draws]`.
    pub(crate) fn indicator(&self, run: &SamplerDraws) -> Vec<Vec<f32>> {
        let inside = |chain: usize, draw: usize| {
            let value = |place: usize| f64::from(run.observables[place].1[chain][draw]);
            f32::from(u8::from(self.contains(value)))
        };
        let chains = &run.observables[self.places[0]].1;
        (0..chains.len())
            .map(|chain| {
                (0..chains[chain].len())
                    .map(|draw| inside(chain, draw))
                    .collect()
            })
            .collect()
    }
}

/// Share of the frames in every basin of every residue that has both phi and psi.
pub(super) fn basin_visits(run: &SamplerDraws) -> Vec<(String, f64)> {
    let share = |basin: ResidueBasin| {
        let indicator = basin.indicator(run);
        let frames = || indicator.iter().flatten();
        let inside: f64 = frames().map(|&frame| f64::from(frame)).sum();
        (basin.name, inside / frames().count() as f64)
    };
    ResidueBasin::of_run(run).into_iter().map(share).collect()
}

/// Basins without a frame here, found by any sampler.
pub(crate) fn missed(own: &[(String, f64)], all: &[Vec<(String, f64)>]) -> Vec<String> {
    let found = |index: usize| all.iter().any(|visits| visits[index].1 > FOUND_SHARE);
    let mut names = Vec::new();
    for (index, (name, share)) in own.iter().enumerate() {
        if *share == 0.0 && found(index) {
            names.push(name.clone());
        }
    }
    names
}
