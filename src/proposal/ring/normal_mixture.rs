//! Mixtures of conditional normal densities, one component a lane: means, draws, densities.

use crate::lane::{Lane, on_widest_registers, vectorized};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// Components that a mixture has room for: the lanes of the widest register.
pub(super) const MAX_COMPONENTS: usize = 16;
/// Coordinates that a draw has room for.
pub(super) const MAX_DRAWN: usize = 12;
/// Stands for the logarithm of nothing.
const NEVER: f32 = -1e30;

/// One component: N(drawn; mean + slopesᵀ (given - mean of the given), factor factorᵀ).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Normal {
    pub(crate) share: f64,
    pub(super) mean_given: DVector<f64>,
    pub(super) mean_drawn: DVector<f64>,
    /// How the mean follows the given coordinates, `[n_given, n_drawn]`.
    pub(crate) slopes: DMatrix<f64>,
    /// Triangular factor of the covariance, `[n_drawn, n_drawn]`.
    pub(crate) factor: DMatrix<f64>,
}

/// q(drawn | given) = sum_k w_k N_k(drawn | given), rounded to f32: q is exactly the density of what is drawn, up to the
/// rounding of its logarithm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct NormalMixture {
    n_drawn: usize,
    /// Origins of the given and of the drawn coordinates, about which rounding is finest.
    given_origin: Vec<f64>,
    drawn_origin: Vec<f64>,
    /// Means where the given coordinates are at their origin, `[n_drawn, MAX_COMPONENTS]`.
    base: Vec<f32>,
    /// `[n_given, n_drawn, MAX_COMPONENTS]`.
    slopes: Vec<f32>,
    /// Inverse of the factor, `[n_drawn columns, rows from the diagonal on, MAX_COMPONENTS]`.
    inverse: Vec<f32>,
    /// -ln of the factor's determinant and of the normal's constant, `[MAX_COMPONENTS]`.
    log_scale: Vec<f32>,
    /// Columns of the factor, `[n_components][n_drawn, n_drawn]`.
    factors: Vec<Vec<f64>>,
}

/// Weights of a mixture's components, which sum to one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shares {
    weights: Vec<f64>,
    logs: Vec<f32>,
}

impl Shares {
    /// Of weights that need not sum to one.
    pub(crate) fn of(weights: &[f64]) -> Self {
        let sum: f64 = weights.iter().sum();
        let weights: Vec<f64> = weights.iter().map(|w| w / sum).collect();
        let mut logs = vec![NEVER; MAX_COMPONENTS];
        for (log, weight) in logs.iter_mut().zip(&weights) {
            *log = single(weight.ln()).max(NEVER);
        }
        Self { weights, logs }
    }
}

impl NormalMixture {
    /// `None` without a component, or where a factor has no inverse.
    ///
    /// # Panics
    /// With more than [`MAX_COMPONENTS`] or more than [`MAX_DRAWN`] coordinates to draw.
    pub(crate) fn new(normals: &[Normal]) -> Option<Self> {
        assert!(normals.len() <= MAX_COMPONENTS, "one component a lane");
        let first = normals.first()?;
        let (n_given, n_drawn) = first.slopes.shape();
        assert!(
            n_drawn <= MAX_DRAWN,
            "there is room for {MAX_DRAWN} coordinates"
        );
        let total: f64 = normals.iter().map(|normal| normal.share).sum();
        let origin = |mean: &dyn Fn(&Normal) -> DVector<f64>| -> DVector<f64> {
            let terms = normals.iter().map(|normal| mean(normal) * normal.share);
            terms.sum::<DVector<f64>>() / total
        };
        let given_origin = origin(&|normal| normal.mean_given.clone());
        let drawn_origin = origin(&|normal| normal.mean_drawn.clone());
        let mut mixture = Self {
            n_drawn,
            base: vec![0.0; n_drawn * MAX_COMPONENTS],
            slopes: vec![0.0; n_given * n_drawn * MAX_COMPONENTS],
            inverse: vec![0.0; n_drawn * (n_drawn + 1) / 2 * MAX_COMPONENTS],
            log_scale: vec![NEVER; MAX_COMPONENTS],
            factors: Vec::with_capacity(normals.len()),
            given_origin: given_origin.as_slice().to_vec(),
            drawn_origin: drawn_origin.as_slice().to_vec(),
        };
        let constant = 0.5 * n_drawn as f64 * TAU.ln();
        for (lane, normal) in normals.iter().enumerate() {
            let base = &normal.mean_drawn - &drawn_origin
                + normal.slopes.tr_mul(&(&given_origin - &normal.mean_given));
            let inverse = normal
                .factor
                .solve_lower_triangular(&DMatrix::identity(n_drawn, n_drawn))?;
            let columns = (0..n_drawn).flat_map(|j| (j..n_drawn).map(move |i| (i, j)));
            let every = |target: &mut [f32], values: &mut dyn Iterator<Item = f64>| {
                let places = target.iter_mut().skip(lane).step_by(MAX_COMPONENTS);
                places
                    .zip(values)
                    .for_each(|(place, value)| *place = single(value));
            };
            every(&mut mixture.base, &mut base.iter().copied());
            every(
                &mut mixture.slopes,
                &mut normal.slopes.transpose().iter().copied(),
            );
            every(&mut mixture.inverse, &mut columns.map(|at| inverse[at]));
            let log_determinant: f64 = normal.factor.diagonal().iter().map(|x| x.ln()).sum();
            mixture.log_scale[lane] = single(-log_determinant - constant);
            mixture.factors.push(normal.factor.as_slice().to_vec());
        }
        Some(mixture)
    }

    /// The density of the drawn coordinates at given ones `[n_given]`.
    pub(crate) fn at(&self, given: &[f64], width: f64) -> Conditional<'_> {
        let mut means = self.base.clone();
        let off: Vec<f64> = given
            .iter()
            .zip(&self.given_origin)
            .map(|(x, origin)| x - origin)
            .collect();
        on_widest_registers!(add_rows(&self.slopes, &off, &mut means));
        Conditional {
            mixture: self,
            means,
            width,
        }
    }
}

/// A mixture of normal densities over the drawn coordinates alone.
pub(crate) struct Conditional<'a> {
    mixture: &'a NormalMixture,
    /// `[n_drawn, MAX_COMPONENTS]`, from the origin.
    means: Vec<f32>,
    /// How many times as wide as learned.
    width: f64,
}

impl Conditional<'_> {
    /// The drawn coordinates.
    pub(crate) fn draw(&self, shares: &Shares, stream: &mut Xoshiro256PlusPlus) -> Vec<f64> {
        let mut rest = stream.random::<f64>();
        let chosen = shares.weights.iter().position(|weight| {
            rest -= weight;
            rest < 0.0
        });
        let likeliest = || {
            let all = shares.weights.iter().enumerate();
            all.max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(k, _)| k)
        };
        // Rounding may leave nothing chosen.
        let chosen = chosen.unwrap_or_else(likeliest);
        let means = self.means.iter().skip(chosen).step_by(MAX_COMPONENTS);
        let origins = &self.mixture.drawn_origin;
        let mut drawn: Vec<f64> = means
            .zip(origins)
            .map(|(&mean, origin)| origin + f64::from(mean))
            .collect();
        let columns = self.mixture.factors[chosen].chunks_exact(drawn.len());
        for column in columns {
            let white = self.width * stream.sample::<f64, _>(StandardNormal);
            let terms = drawn.iter_mut().zip(column);
            terms.for_each(|(sum, x)| *sum += white * x);
        }
        drawn
    }

    /// ln q of drawn coordinates.
    pub(crate) fn log_density(&self, shares: &Shares, drawn: &[f64]) -> f64 {
        let mixture = self.mixture;
        let origins = &mixture.drawn_origin;
        let off: Vec<f64> = drawn.iter().zip(origins).map(|(x, o)| x - o).collect();
        let narrowing = 1.0 / self.width;
        let log_sum = on_widest_registers!(log_density(
            &self.means,
            &mixture.inverse,
            [&mixture.log_scale, &shares.logs],
            &off,
            narrowing,
        ));
        let widened = mixture.n_drawn as f64 * self.width.ln();
        log_sum - widened
    }
}

vectorized! {
    /// Adds rows times factors to the sums.
    fn add_rows<L: Lane>(rows: &[L::Scalar], factors: &[f64], sums: &mut [L::Scalar]) -> () {
        for (row, &factor) in rows.chunks_exact(sums.len()).zip(factors) {
            let factor = L::splat(factor);
            let terms = sums.chunks_exact_mut(L::LANES).zip(row.chunks_exact(L::LANES));
            for (sum, x) in terms {
                let term = [L::load(x).mul_add(factor, L::load(sum))];
                sum.copy_from_slice(L::scalars(&term));
            }
        }
    }

    /// ln of the sum of all components' densities at `off`, of a width of one over `narrowing`.
    fn log_density<L: Lane>(
        means: &[L::Scalar],
        inverse: &[L::Scalar],
        log_scales: [&[L::Scalar]; 2],
        off: &[f64],
        narrowing: f64,
    ) -> f64 {
        let mut logs = [L::splat(f64::from(NEVER)); MAX_COMPONENTS];
        let n_registers = MAX_COMPONENTS / L::LANES;
        for (register, log) in logs[..n_registers].iter_mut().enumerate() {
            let start = register * L::LANES;
            let mut white = [L::splat(0.0); MAX_DRAWN];
            let mut entries = inverse.chunks_exact(MAX_COMPONENTS);
            for (first, (mean, &off)) in means.chunks_exact(MAX_COMPONENTS).zip(off).enumerate() {
                let off = (L::splat(off) - L::load(&mean[start..])) * L::splat(narrowing);
                let rows = white[first..means.len() / MAX_COMPONENTS].iter_mut();
                for (sum, entry) in rows.zip(&mut entries) {
                    *sum = L::load(&entry[start..]).mul_add(off, *sum);
                }
            }
            let square = white.iter().fold(L::splat(0.0), |sum, x| x.mul_add(*x, sum));
            let scale = L::load(&log_scales[0][start..]) + L::load(&log_scales[1][start..]);
            *log = L::splat(-0.5).mul_add(square, scale);
        }
        let largest = logs[..n_registers].iter().fold(f64::NEG_INFINITY, |largest, log| {
            (0..L::LANES).fold(largest, |largest, lane| largest.max(log.lane(lane)))
        });
        let sum: f64 = logs[..n_registers]
            .iter()
            .map(|log| (*log - L::splat(largest)).max(L::splat(-80.0)).exp().sum())
            .sum();
        largest + sum.ln()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the model is approximate; draws and densities share its rounded values"
)]
fn single(value: f64) -> f32 {
    value as f32
}
