//! A free molecule held to the origin by a spring at its first atom, so that its place has a distribution too.
//!
//! A molecule that is free to drift has none: draws of it stand somewhere, and a move that is exact but does not carry the whole
//! molecule along, such as a scaling about the origin, would seem to change their distribution.

use super::targets::{Source, Target};
use rand::RngExt;
use rand_distr::StandardNormal;

/// Force constant of the spring in kJ/mol/nm²: 0.06 nm at 310 K.
const STIFFNESS: f64 = 700.0;

/// A target with a spring.
pub(super) struct Tethered<T>(pub(super) T);

impl<T: Target> Target for Tethered<T> {
    fn masses_da(&self) -> Vec<f64> {
        self.0.masses_da()
    }

    fn energy(&self, positions: &[f64]) -> f64 {
        let squares = positions[..3].iter().map(|x| x * x).sum::<f64>();
        self.0.energy(positions) + 0.5 * STIFFNESS * squares
    }

    /// The molecule's place about its first atom does not matter, so that a draw may be moved until that atom is where the spring
    /// has it.
    fn source(&self, kt: f64) -> Source<'_> {
        let inner = self.0.source(kt);
        let width = (kt / STIFFNESS).sqrt();
        Box::new(move |stream| {
            let mut positions = inner(stream);
            let shift: [f64; 3] = std::array::from_fn(|axis| {
                width * stream.sample::<f64, _>(StandardNormal) - positions[axis]
            });
            for atom in positions.chunks_exact_mut(3) {
                atom.iter_mut().zip(shift).for_each(|(x, by)| *x += by);
            }
            positions
        })
    }

    fn observables(&self, positions: &[f64]) -> Vec<f64> {
        self.0.observables(positions)
    }

    fn means(&self, kt: f64) -> Vec<f64> {
        self.0.means(kt)
    }

    fn unknowns(&self, positions: &[f64]) -> Vec<f64> {
        self.0.unknowns(positions)
    }
}
