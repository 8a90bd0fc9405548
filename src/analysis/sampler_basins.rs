//! Which backbone basins a sampler visited, and which of those that others found it missed. Estimates no free energy.

use super::basins::{Basin, basin_indicator};
use super::sampler_comparison::{FOUND_SHARE, SamplerDraws};

/// The basins that cover the (phi, psi) plane without overlap.
const BASINS: [Basin; 4] = [
    Basin::AlphaRight,
    Basin::Extended,
    Basin::AlphaLeft,
    Basin::PhiPositiveExtended,
];

/// A basin of a residue, with the places of its sin phi, cos phi, sin psi and cos psi among the observables.
pub(super) struct ResidueBasin {
    /// `alpha_left_2`.
    pub(super) name: String,
    basin: Basin,
    places: [usize; 4],
}

impl ResidueBasin {
    /// Every basin of every residue that has both phi and psi.
    pub(super) fn all(run: &SamplerDraws) -> Vec<Self> {
        let find = |name: String| run.observables.iter().position(|(other, _)| *other == name);
        let mut found = Vec::new();
        for (name, _) in &run.observables {
            let label = name.strip_prefix("sin_");
            let Some(phi) = label.filter(|label| label.contains("phi_")) else {
                continue;
            };
            let psi = phi.replace("phi_", "psi_");
            let [Some(sin_phi), Some(cos_phi), Some(sin_psi), Some(cos_psi)] = [
                format!("sin_{phi}"),
                format!("cos_{phi}"),
                format!("sin_{psi}"),
                format!("cos_{psi}"),
            ]
            .map(find) else {
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

    /// 1 for frames inside, else 0, `[n_chains][n_draws]`.
    pub(super) fn indicator(&self, run: &SamplerDraws) -> Vec<Vec<f32>> {
        let [sin_phi, cos_phi, sin_psi, cos_psi] =
            self.places.map(|place| &run.observables[place].1);
        let inside = |chain: usize, draw: usize| {
            let angle = |sines: &[Vec<f32>], cosines: &[Vec<f32>]| {
                f64::from(sines[chain][draw]).atan2(f64::from(cosines[chain][draw]))
            };
            let is_inside =
                basin_indicator(self.basin, angle(sin_phi, cos_phi), angle(sin_psi, cos_psi)) > 0.5;
            f32::from(u8::from(is_inside))
        };
        (0..sin_phi.len())
            .map(|chain| {
                (0..sin_phi[chain].len())
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
    ResidueBasin::all(run).into_iter().map(share).collect()
}

/// Basins without a frame here, found by any sampler.
pub(super) fn missed(own: &[(String, f64)], all: &[Vec<(String, f64)>]) -> Vec<String> {
    let found = |index: usize| all.iter().any(|visits| visits[index].1 > FOUND_SHARE);
    let mut names = Vec::new();
    for (index, (name, share)) in own.iter().enumerate() {
        if *share == 0.0 && found(index) {
            names.push(name.clone());
        }
    }
    names
}
