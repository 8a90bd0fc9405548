//! Any molecule as an Einstein crystal: every atom on a spring of its own about its place.
//!
//! Its distribution is normal, so that draws and means are exact, and its atoms, bonds and names are those of the molecule: a
//! proposal that only makes sense for that molecule can be tested on it. Whether a proposal is exact does not depend on the energy.

use super::targets::{Source, Target};
use crate::units::thermal_energy_kj_per_mol;
use rand::RngExt;
use rand_distr::StandardNormal;

/// Temperature at which the width is stated, K.
const KELVIN: f64 = 310.0;

/// Distances of neighbouring atoms that are looked at beside the energy.
const N_DISTANCES: usize = 12;

/// An Einstein crystal, U = k/2 Σ |x - x₀|².
#[derive(Debug, Clone, PartialEq)]
pub struct Crystal {
    places: Vec<f64>,
    stiffness: f64,
    pairs: Vec<[usize; 2]>,
}

impl Crystal {
    /// About `positions` in nm; a coordinate's standard deviation is `width_nm` at 310 K.
    #[must_use]
    pub fn new(positions: &[[f64; 3]], width_nm: f64) -> Self {
        let n_atoms = positions.len();
        let step = (n_atoms / N_DISTANCES).max(1);
        let first = (0..n_atoms).step_by(step);
        Self {
            places: positions.concat(),
            stiffness: thermal_energy_kj_per_mol(KELVIN) / (width_nm * width_nm),
            pairs: first
                .map(|atom| [atom, (atom + n_atoms / 2) % n_atoms])
                .filter(|[i, j]| i != j)
                .collect(),
        }
    }
}

impl Target for Crystal {
    fn masses_da(&self) -> Vec<f64> {
        vec![12.0; self.places.len() / 3]
    }

    fn energy(&self, positions: &[f64]) -> f64 {
        let squares = positions.iter().zip(&self.places);
        0.5 * self.stiffness * squares.map(|(x, place)| (x - place).powi(2)).sum::<f64>()
    }

    fn forces(&self, positions: &[f64]) -> Vec<f64> {
        let differences = positions.iter().zip(&self.places);
        differences
            .map(|(x, place)| -self.stiffness * (x - place))
            .collect()
    }

    fn source(&self, kt: f64) -> Source<'_> {
        let width = (kt / self.stiffness).sqrt();
        Box::new(move |stream| {
            let places = self.places.iter();
            places
                .map(|place| place + width * stream.sample::<f64, _>(StandardNormal))
                .collect()
        })
    }

    fn observables(&self, positions: &[f64]) -> Vec<f64> {
        let squares = self.pairs.iter().map(|&[i, j]| {
            let axes = (0..3).map(|axis| positions[3 * i + axis] - positions[3 * j + axis]);
            axes.map(|difference| difference * difference).sum::<f64>()
        });
        std::iter::once(self.energy(positions))
            .chain(squares)
            .collect()
    }

    fn means(&self, kt: f64) -> Vec<f64> {
        let squares = self.pairs.iter().map(|&[i, j]| {
            let axes = (0..3).map(|axis| self.places[3 * i + axis] - self.places[3 * j + axis]);
            axes.map(|difference| difference * difference).sum::<f64>() + 6.0 * kt / self.stiffness
        });
        let energy = 0.5 * kt * self.places.len() as f64;
        std::iter::once(energy).chain(squares).collect()
    }
}
