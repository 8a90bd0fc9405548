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

/// Share of the frames in every basin of every residue that has both phi and psi.
pub(super) fn basin_visits(run: &SamplerDraws) -> Vec<(String, f64)> {
    let find = |name: &str| {
        let mut observables = run.observables.iter();
        observables
            .find(|(other, _)| other == name)
            .map(|(_, chains)| chains)
    };
    let mut visits = Vec::new();
    for (name, _) in &run.observables {
        let Some(label) = name
            .strip_prefix("sin_")
            .filter(|rest| rest.contains("phi_"))
        else {
            continue;
        };
        let psi = label.replace("phi_", "psi_");
        let names = [label, psi.as_str()]
            .map(|torsion| [format!("sin_{torsion}"), format!("cos_{torsion}")]);
        let [
            [Some(sin_phi), Some(cos_phi)],
            [Some(sin_psi), Some(cos_psi)],
        ] = names.map(|pair| pair.map(|name| find(&name)))
        else {
            continue;
        };
        let angles = |sines: &[Vec<f32>], cosines: &[Vec<f32>]| -> Vec<f64> {
            let pairs = sines.iter().flatten().zip(cosines.iter().flatten());
            pairs
                .map(|(&sine, &cosine)| f64::from(sine).atan2(f64::from(cosine)))
                .collect()
        };
        let (phi, psi) = (angles(sin_phi, cos_phi), angles(sin_psi, cos_psi));
        for basin in BASINS {
            let inside: f64 = phi
                .iter()
                .zip(&psi)
                .map(|(&phi, &psi)| basin_indicator(basin, phi, psi))
                .sum();
            let name = label.replace("phi_", &format!("{}_", basin.name()));
            visits.push((name, inside / phi.len() as f64));
        }
    }
    visits
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
