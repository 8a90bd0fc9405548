//! A mixture of joint normal densities, learned from weighted points, of which some coordinates are drawn given the others.
//! Knows no geometry.

use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// Points for every coordinate below which a component is not used.
const POINTS_A_COORDINATE: u64 = 20;
/// Smallest share of a component.
const LEAST_SHARE: f64 = 0.05;
/// Variance added to every coordinate, in the square of its unit, so that rigid ones do no harm.
const RIDGE: f64 = 1e-9;

/// Weighted mean and scatter of points `[n]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Moments {
    n_points: u64,
    weight: f64,
    mean: Vec<f64>,
    /// Sum of weighted products of deviations, `[n, n]`.
    scatter: Vec<f64>,
}

/// One normal density of the drawn coordinates, its mean a linear function of the given ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Normal {
    share: f64,
    /// Of all coordinates.
    mean: Vec<f64>,
    /// How the mean follows the given coordinates, `[n_given, n_drawn]`.
    slopes: Vec<f64>,
    /// Columns of the triangular factor of the covariance, `[n_drawn, n_drawn]`.
    factor: Vec<f64>,
    /// Columns of its inverse.
    inverse: Vec<f64>,
    /// ln of the share over the factor's determinant and the normal's constant.
    log_scale: f64,
}

/// The mixture: q(drawn | given) = sum_k w_k N_k(drawn | given), each N_k a joint normal of (given, drawn) at a width
/// that may be scaled from call to call, as a harmonic well's is by temperature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ConditionalNormal {
    n_given: usize,
    n: usize,
    moments: Vec<Moments>,
    components: Vec<Normal>,
}

impl ConditionalNormal {
    /// No points yet; the first `n_given` of the `n` coordinates will be given.
    pub(super) fn new(n_components: usize, n_given: usize, n: usize) -> Self {
        let moments = Moments {
            n_points: 0,
            weight: 0.0,
            mean: vec![0.0; n],
            scatter: vec![0.0; n * n],
        };
        Self {
            n_given,
            n,
            moments: vec![moments; n_components],
            components: Vec::new(),
        }
    }

    /// Numbers of coordinates given and in all, and of components to learn.
    pub(super) fn sizes(&self) -> [usize; 3] {
        [self.n_given, self.n, self.moments.len()]
    }

    /// Whether there is something to draw from.
    pub(super) fn is_ready(&self) -> bool {
        !self.components.is_empty()
    }

    /// Counts a point `[n]` of a component; its deviations are those of a density `width` times as wide.
    pub(super) fn learn(&mut self, component: usize, point: &[f64], weight: f64, width: f64) {
        let moments = &mut self.moments[component];
        moments.n_points += 1;
        moments.weight += weight;
        let share = weight / moments.weight;
        let off: Vec<f64> = point
            .iter()
            .zip(&moments.mean)
            .map(|(x, m)| x - m)
            .collect();
        let mean = moments.mean.iter_mut().zip(&off);
        mean.for_each(|(mean, off)| *mean += share * off);
        let factor = weight * (1.0 - share) / (width * width);
        let rows = moments.scatter.chunks_exact_mut(self.n);
        for (row, a) in rows.zip(&off) {
            let row = row.iter_mut().zip(&off);
            row.for_each(|(sum, b)| *sum += factor * a * b);
        }
    }

    /// Makes the densities of what was counted so far; components with few points are left out.
    pub(super) fn refresh(&mut self) {
        let least = POINTS_A_COORDINATE * self.n as u64;
        let known: Vec<&Moments> = self
            .moments
            .iter()
            .filter(|m| m.n_points >= least)
            .collect();
        let total: f64 = known.iter().map(|m| m.weight).sum();
        let shares: Vec<f64> = known
            .iter()
            .map(|m| (m.weight / total).max(LEAST_SHARE))
            .collect();
        let sum: f64 = shares.iter().sum();
        let normals = known.iter().zip(&shares);
        self.components = normals
            .filter_map(|(moments, share)| Normal::of(moments, self.n_given, share / sum))
            .collect();
    }

    /// Forgets what densities were made of.
    pub(super) fn forget_points(&mut self) {
        let empty = Self::new(self.moments.len(), self.n_given, self.n).moments;
        self.moments = empty;
    }

    /// The density of the drawn coordinates at given ones `[n_given]`.
    pub(super) fn at(&self, given: &[f64], width: f64) -> Conditional<'_> {
        let mut means = Vec::with_capacity(self.components.len() * (self.n - self.n_given));
        for component in &self.components {
            let (mean_given, mean) = component.mean.split_at(self.n_given);
            let off = given.iter().zip(mean_given).map(|(x, m)| x - m);
            let start = means.len();
            means.extend_from_slice(mean);
            add_columns(&component.slopes, off, &mut means[start..]);
        }
        Conditional {
            components: &self.components,
            means,
            n_drawn: self.n - self.n_given,
            width,
        }
    }
}

/// A mixture of normal densities over the drawn coordinates alone.
pub(super) struct Conditional<'a> {
    components: &'a [Normal],
    /// `[n_components, n_drawn]`.
    means: Vec<f64>,
    n_drawn: usize,
    width: f64,
}

impl Conditional<'_> {
    /// The drawn coordinates.
    pub(super) fn draw(&self, stream: &mut Xoshiro256PlusPlus) -> Vec<f64> {
        let mut rest = stream.random::<f64>();
        let chosen = self.components.iter().position(|component| {
            rest -= component.share;
            rest < 0.0
        });
        let chosen = chosen.unwrap_or(self.components.len() - 1);
        let start = chosen * self.n_drawn;
        let mut drawn = self.means[start..start + self.n_drawn].to_vec();
        let white = (0..self.n_drawn).map(|_| self.width * stream.sample::<f64, _>(StandardNormal));
        add_columns(&self.components[chosen].factor, white, &mut drawn);
        drawn
    }

    /// ln q of drawn coordinates.
    pub(super) fn log_density(&self, drawn: &[f64]) -> f64 {
        let n = self.n_drawn;
        let mut white = vec![0.0; n];
        let narrowing = 1.0 / self.width;
        let logs: Vec<f64> = self
            .components
            .iter()
            .zip(self.means.chunks_exact(n))
            .map(|(component, means)| {
                let off = drawn
                    .iter()
                    .zip(means)
                    .map(|(x, mean)| (x - mean) * narrowing);
                white.fill(0.0);
                add_columns(&component.inverse, off, &mut white);
                let square: f64 = white.iter().map(|x| x * x).sum();
                component.log_scale - 0.5 * square
            })
            .collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logs.iter().map(|log| (log - largest).exp()).sum();
        #[expect(clippy::cast_precision_loss, reason = "a handful of coordinates")]
        let widened = n as f64 * self.width.ln();
        largest + sum.ln() - widened
    }
}

impl Normal {
    /// The normal density with the moments of all coordinates; `None` where they are no proper covariance.
    fn of(moments: &Moments, n_given: usize, share: f64) -> Option<Self> {
        let n = moments.mean.len();
        let n_drawn = n - n_given;
        let scatter = DMatrix::from_row_slice(n, n, &moments.scatter);
        let covariance = scatter / moments.weight + RIDGE * DMatrix::identity(n, n);
        let given = covariance.view((0, 0), (n_given, n_given)).into_owned();
        let across = covariance
            .view((0, n_given), (n_given, n_drawn))
            .into_owned();
        let drawn = covariance.view((n_given, n_given), (n_drawn, n_drawn));
        let slopes = given.cholesky()?.solve(&across);
        let lower = (drawn - across.tr_mul(&slopes)).cholesky()?.unpack();
        let inverse = lower.solve_lower_triangular(&DMatrix::identity(n_drawn, n_drawn))?;
        let log_determinant: f64 = lower.diagonal().iter().map(|x| x.ln()).sum();
        #[expect(clippy::cast_precision_loss, reason = "a handful of coordinates")]
        let constant = 0.5 * n_drawn as f64 * TAU.ln();
        Some(Self {
            share,
            mean: moments.mean.clone(),
            slopes: slopes.transpose().as_slice().to_vec(),
            factor: lower.as_slice().to_vec(),
            inverse: inverse.as_slice().to_vec(),
            log_scale: share.ln() - log_determinant - constant,
        })
    }
}

/// Adds a matrix, column after column, times a vector.
fn add_columns(columns: &[f64], factors: impl Iterator<Item = f64>, sums: &mut [f64]) {
    for (column, factor) in columns.chunks_exact(sums.len()).zip(factors) {
        let terms = sums.iter_mut().zip(column);
        terms.for_each(|(sum, x)| *sum += factor * x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;

    /// Two wells of (x, y, z) where y and z follow x.
    fn learned() -> ConditionalNormal {
        let mut mixture = ConditionalNormal::new(2, 1, 3);
        let mut stream = rng::streams(3, 1).remove(0);
        for number in 0..40_000 {
            let component = usize::from(number % 4 == 0);
            let [a, b, c]: [f64; 3] = std::array::from_fn(|_| stream.sample(StandardNormal));
            let x = 2.0 + 0.5 * a;
            let y = [-1.0, 3.0][component] + x + 0.2 * b;
            mixture.learn(component, &[x, y, -y + 0.1 * c], 1.0, 1.0);
        }
        mixture.refresh();
        mixture
    }

    #[test]
    fn draws_have_the_conditional_moments() {
        let mixture = learned();
        let mut stream = rng::streams(4, 1).remove(0);
        let draws: Vec<Vec<f64>> = (0..40_000)
            .map(|_| mixture.at(&[1.0], 2.0).draw(&mut stream))
            .collect();
        let high: Vec<f64> = draws.iter().map(|d| d[0]).filter(|&y| y > 2.0).collect();
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let (n, all) = (high.len() as f64, draws.len() as f64);
        let mean = high.iter().sum::<f64>() / n;
        let variance = high.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / n;
        assert!((n / all - 0.25).abs() < 0.01, "{n}");
        assert!((mean - 4.0).abs() < 0.02, "{mean}");
        assert!((variance - 0.16).abs() < 0.01, "{variance}");
    }

    /// The mean of f / q over draws of q is the integral of f, here of a normal density.
    #[test]
    fn densities_are_those_of_the_draws() {
        let mixture = learned();
        let density = mixture.at(&[1.0], 1.0);
        let mut stream = rng::streams(5, 1).remove(0);
        let target = |y: f64, z: f64| -> f64 {
            let off = [(y + 0.1) / 0.15, (z + y) / 0.08];
            (-0.5 * (off[0] * off[0] + off[1] * off[1])).exp() / (TAU * 0.15 * 0.08)
        };
        let n = 40_000;
        let sum: f64 = (0..n)
            .map(|_| {
                let drawn = density.draw(&mut stream);
                target(drawn[0], drawn[1]) / density.log_density(&drawn).exp()
            })
            .sum();
        let integral = sum / f64::from(n);
        assert!((integral - 1.0).abs() < 0.02, "{integral}");
    }

    #[test]
    fn a_component_with_few_points_is_left_out() {
        let mut mixture = ConditionalNormal::new(2, 1, 2);
        for number in 0..60 {
            let x = f64::from(number);
            mixture.learn(0, &[x.sin(), x.cos()], 1.0, 1.0);
        }
        mixture.learn(1, &[0.0, 0.0], 1.0, 1.0);
        assert!(!mixture.is_ready());
        mixture.refresh();
        assert_eq!(mixture.components.len(), 1);
        assert!((mixture.components[0].share - 1.0).abs() < 1e-12);
    }
}
