//! Targets whose distribution is known exactly: energies, exact draws, exact moments. No sampler here.

use crate::forcefield::System;
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Draws one configuration.
pub type Source<'a> = Box<dyn Fn(&mut Xoshiro256PlusPlus) -> Vec<f64> + 'a>;

/// A molecule with a distribution exp(-U/kT) that can be drawn from and integrated without a Markov chain.
pub trait Target: Send + Sync {
    /// Masses in Da, `[n_atoms]`.
    fn masses_da(&self) -> Vec<f64>;

    /// Energy in kJ/mol of positions `[n_atoms * 3]`.
    fn energy(&self, positions: &[f64]) -> f64;

    /// Forces by central differences: still a function of the position alone, which is all that exactness asks for.
    fn forces(&self, positions: &[f64]) -> Vec<f64> {
        let step = 1e-6;
        let mut shifted = positions.to_vec();
        let force = |index: usize| {
            shifted[index] = positions[index] + step;
            let up = self.energy(&shifted);
            shifted[index] = positions[index] - step;
            let down = self.energy(&shifted);
            shifted[index] = positions[index];
            (down - up) / (2.0 * step)
        };
        (0..positions.len()).map(force).collect()
    }

    /// The same molecule as force-field terms, for the engines that users run; `None` where it cannot be one.
    fn system(&self) -> Option<System> {
        None
    }

    /// A source of exact, independent draws.
    fn source(&self, kt: f64) -> Source<'_>;

    /// Quantities whose means are known; the first is continuous and orders configurations in rank and flux tests.
    fn observables(&self, positions: &[f64]) -> Vec<f64>;

    /// Their means.
    fn means(&self, kt: f64) -> Vec<f64>;

    /// Quantities whose means are not known; they must not drift from what they are in exact draws.
    fn unknowns(&self, _positions: &[f64]) -> Vec<f64> {
        Vec::new()
    }
}

/// Three atoms in an anisotropic, coupled harmonic well, U = x A x / 2.
pub struct Harmonic {
    matrix: DMatrix<f64>,
    cholesky: Cholesky<f64, Dyn>,
}

impl Harmonic {
    /// The well.
    #[must_use]
    pub fn new() -> Self {
        let stiffness = |index: usize| 100.0 * 1.4_f64.powf(index as f64);
        let matrix = DMatrix::from_fn(9, 9, |i, j| match i.abs_diff(j) {
            0 => stiffness(i),
            1 => 0.4 * (stiffness(i) * stiffness(j)).sqrt(),
            _ => 0.0,
        });
        let cholesky = matrix
            .clone()
            .cholesky()
            .expect("invariant: the matrix is positive definite");
        Self { matrix, cholesky }
    }
}

impl Default for Harmonic {
    fn default() -> Self {
        Self::new()
    }
}

impl Target for Harmonic {
    fn masses_da(&self) -> Vec<f64> {
        vec![12.0, 1.0, 16.0]
    }

    fn energy(&self, positions: &[f64]) -> f64 {
        let x = DVector::from_column_slice(positions);
        0.5 * x.dot(&(&self.matrix * &x))
    }

    fn forces(&self, positions: &[f64]) -> Vec<f64> {
        let forces = &self.matrix * DVector::from_column_slice(positions);
        forces.iter().map(|force| -force).collect()
    }

    fn source(&self, kt: f64) -> Source<'_> {
        let upper = self.cholesky.l().transpose();
        Box::new(move |stream| {
            let normals = DVector::from_fn(9, |_, _| stream.sample::<f64, _>(StandardNormal));
            let x = upper
                .solve_upper_triangular(&normals)
                .expect("invariant: the diagonal is positive");
            x.iter().map(|x| x * kt.sqrt()).collect()
        })
    }

    fn observables(&self, x: &[f64]) -> Vec<f64> {
        vec![self.energy(x), x[0], x[8] * x[8], x[3] * x[4]]
    }

    fn means(&self, kt: f64) -> Vec<f64> {
        let inverse = self.cholesky.inverse();
        vec![4.5 * kt, 0.0, kt * inverse[(8, 8)], kt * inverse[(3, 4)]]
    }
}

/// One density on a fine grid: a table of its distribution function.
pub struct Tabulated {
    start: f64,
    width: f64,
    cumulative: Vec<f64>,
}

const N_CELLS: usize = 20_000;

impl Tabulated {
    /// From a density over a range, which need not be normalised.
    pub fn new(range: [f64; 2], density: impl Fn(f64) -> f64) -> Self {
        let width = (range[1] - range[0]) / N_CELLS as f64;
        let mut total = 0.0;
        let mut cumulative = vec![0.0];
        for cell in 0..N_CELLS {
            total += density(range[0] + (cell as f64 + 0.5) * width);
            cumulative.push(total);
        }
        cumulative.iter_mut().for_each(|value| *value /= total);
        Self {
            start: range[0],
            width,
            cumulative,
        }
    }

    /// One draw.
    pub fn draw(&self, stream: &mut Xoshiro256PlusPlus) -> f64 {
        let uniform: f64 = stream.random();
        let above = self.cumulative.partition_point(|&value| value <= uniform);
        let cell = above.clamp(1, N_CELLS) - 1;
        let share =
            (uniform - self.cumulative[cell]) / (self.cumulative[cell + 1] - self.cumulative[cell]);
        self.start + (cell as f64 + share) * self.width
    }

    /// The mean of a function.
    pub fn mean(&self, function: impl Fn(f64) -> f64) -> f64 {
        let cells = self.cumulative.windows(2).enumerate();
        cells
            .map(|(cell, ends)| {
                let x = self.start + (cell as f64 + 0.5) * self.width;
                (ends[1] - ends[0]) * function(x)
            })
            .sum()
    }
}

/// One atom in an asymmetric double well along x and harmonic wells along y and z.
pub struct DoubleWell;

impl DoubleWell {
    fn profile(x: f64) -> f64 {
        let z = x / 0.1;
        5.0 * (z * z - 1.0).powi(2) + 0.7 * z
    }

    fn table(kt: f64) -> Tabulated {
        Tabulated::new([-0.35, 0.35], |x| (-Self::profile(x) / kt).exp())
    }
}

const WELL_STIFFNESS: f64 = 600.0;

impl Target for DoubleWell {
    fn masses_da(&self) -> Vec<f64> {
        vec![12.0]
    }

    fn energy(&self, x: &[f64]) -> f64 {
        Self::profile(x[0]) + 0.5 * WELL_STIFFNESS * (x[1] * x[1] + x[2] * x[2])
    }

    fn source(&self, kt: f64) -> Source<'_> {
        let width = (kt / WELL_STIFFNESS).sqrt();
        let table = Self::table(kt);
        Box::new(move |stream| {
            let x = table.draw(stream);
            let [y, z]: [f64; 2] = std::array::from_fn(|_| stream.sample(StandardNormal));
            vec![x, width * y, width * z]
        })
    }

    fn observables(&self, x: &[f64]) -> Vec<f64> {
        let right = f64::from(u8::from(x[0] > 0.0));
        vec![x[0], right, x[0] * x[0], x[1] * x[1], self.energy(x)]
    }

    fn means(&self, kt: f64) -> Vec<f64> {
        let table = Self::table(kt);
        vec![
            table.mean(|x| x),
            table.mean(|x| f64::from(u8::from(x > 0.0))),
            table.mean(|x| x * x),
            kt / WELL_STIFFNESS,
            table.mean(Self::profile) + kt,
        ]
    }
}
