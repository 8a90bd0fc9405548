//! Joint normal densities of the parts of a set of points, learned from weighted points.
//!
//! A point has coordinates of three kinds, in this order: the given ones, the followers, and those that will be drawn.
//! Followers do not stay what they are when others are drawn anew: they keep f - A (d - c), what is left when the linear
//! dependence on the drawn coordinates d is taken away. A and c are those of all points together.

use super::normal_mixture::{Normal, NormalMixture, Shares};
use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

/// Points for every coordinate below which a part is not used.
const POINTS_A_COORDINATE: u64 = 20;
/// Smallest share of a part, before shares are scaled to sum to one.
const LEAST_SHARE: f64 = 0.01;
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

/// Numbers of coordinates of a point, and of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sizes {
    pub(super) n_given: usize,
    pub(super) n_followers: usize,
    pub(super) n_drawn: usize,
    pub(crate) n_parts: usize,
}

impl Sizes {
    /// Coordinates in all.
    fn n(&self) -> usize {
        self.n_given + self.n_followers + self.n_drawn
    }
}

/// Moments of every part's points, and the densities that were last made of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConditionalNormal {
    sizes: Sizes,
    moments: Vec<Moments>,
    densities: Option<Densities>,
}

/// One joint normal a part, and how the followers follow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Densities {
    /// A, `[n_drawn, n_followers]`.
    following: Vec<f64>,
    /// c.
    drawn_centre: Vec<f64>,
    /// Of the drawn coordinates; given are the given ones and what is left of the followers.
    pub(crate) mixture: NormalMixture,
    /// Shares of the mixture's components.
    shares: Vec<f64>,
    /// Part of each component.
    parts: Vec<usize>,
}

impl ConditionalNormal {
    /// No points yet.
    pub(crate) fn new(sizes: Sizes) -> Self {
        let n = sizes.n();
        let moments = Moments {
            n_points: 0,
            weight: 0.0,
            mean: vec![0.0; n],
            scatter: vec![0.0; n * n],
        };
        Self {
            sizes,
            moments: vec![moments; sizes.n_parts],
            densities: None,
        }
    }

    /// Numbers of coordinates and parts.
    pub(crate) fn sizes(&self) -> Sizes {
        self.sizes
    }

    /// What there is to draw from.
    pub(crate) fn densities(&self) -> Option<&Densities> {
        self.densities.as_ref()
    }

    /// Counts a point `[n]` of a part; its deviations are those of a density `width` times as wide.
    pub(crate) fn learn(&mut self, part: usize, point: &[f64], weight: f64, width: f64) {
        let moments = &mut self.moments[part];
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
        let rows = moments.scatter.chunks_exact_mut(off.len());
        for (row, a) in rows.zip(&off) {
            let row = row.iter_mut().zip(&off);
            row.for_each(|(sum, b)| *sum += factor * a * b);
        }
    }

    /// Makes the densities of what was counted so far; parts with few points are left out.
    pub(crate) fn refresh(&mut self) {
        let least = POINTS_A_COORDINATE * self.sizes.n() as u64;
        let parts = self.moments.iter().enumerate();
        let known: Vec<(usize, &Moments)> = parts.filter(|(_, m)| m.n_points >= least).collect();
        self.densities = Densities::of(&known, self.sizes);
    }

    /// Forgets what densities were made of.
    pub(super) fn forget_points(&mut self) {
        self.moments = Self::new(self.sizes).moments;
    }
}

impl Densities {
    /// `None` without parts, or where no part has a proper covariance.
    fn of(known: &[(usize, &Moments)], sizes: Sizes) -> Option<Self> {
        let pooled = Pooled::of(known.iter().map(|(_, moments)| *moments), sizes.n())?;
        let (following, drawn_centre) = pooled.following(sizes)?;
        let mut parts = Vec::with_capacity(known.len());
        let mut normals = Vec::with_capacity(known.len());
        for &(part, moments) in known {
            let mut own = Pooled::of(std::iter::once(moments), sizes.n())?;
            own.take_away(&following, &drawn_centre, sizes);
            let share = (moments.weight / pooled.weight).max(LEAST_SHARE);
            if let Some(normal) = own.normal(sizes, share) {
                normals.push(normal);
                parts.push(part);
            }
        }
        Some(Self {
            following: following.as_slice().to_vec(),
            drawn_centre: drawn_centre.as_slice().to_vec(),
            mixture: NormalMixture::new(&normals)?,
            shares: normals.iter().map(|normal| normal.share).collect(),
            parts,
        })
    }

    /// How far the followers are taken along at drawn coordinates: A (d - c).
    pub(super) fn following(&self, drawn: &[f64]) -> Vec<f64> {
        let n_followers = self.following.len() / drawn.len();
        let mut sums = vec![0.0; n_followers];
        let off = drawn.iter().zip(&self.drawn_centre).map(|(x, c)| x - c);
        for (column, off) in self.following.chunks_exact(n_followers.max(1)).zip(off) {
            let terms = sums.iter_mut().zip(column);
            terms.for_each(|(sum, slope)| *sum += slope * off);
        }
        sums
    }

    /// Shares of the components as often as their parts were counted.
    pub(super) fn counted_shares(&self) -> Shares {
        Shares::of(&self.shares)
    }

    /// Shares of the components where those of some parts have a given probability together, and the others the rest.
    pub(super) fn shares_with(
        &self,
        preferred: impl Fn(usize) -> bool,
        probability: f64,
    ) -> Shares {
        let sum = |of: bool| -> f64 {
            let all = self.parts.iter().zip(&self.shares);
            let chosen = all.filter(|(part, _)| preferred(**part) == of);
            chosen.map(|(_, share)| share).sum()
        };
        let sums = [sum(false), sum(true)];
        let scaled = self.parts.iter().zip(&self.shares).map(|(&part, share)| {
            let of = preferred(part);
            let whole = if of { probability } else { 1.0 - probability };
            share * whole / sums[usize::from(of)]
        });
        if sums.contains(&0.0) {
            return self.counted_shares();
        }
        Shares::of(&scaled.collect::<Vec<f64>>())
    }
}

/// Mean and covariance of the points of some parts together.
struct Pooled {
    weight: f64,
    mean: DVector<f64>,
    covariance: DMatrix<f64>,
}

impl Pooled {
    /// `None` without points.
    fn of<'a>(all: impl Iterator<Item = &'a Moments> + Clone, n: usize) -> Option<Self> {
        let weight: f64 = all.clone().map(|moments| moments.weight).sum();
        if weight <= 0.0 {
            return None;
        }
        let mut mean = DVector::zeros(n);
        for moments in all.clone() {
            mean += DVector::from_column_slice(&moments.mean) * (moments.weight / weight);
        }
        let mut covariance = RIDGE * DMatrix::identity(n, n);
        for moments in all {
            let off = DVector::from_column_slice(&moments.mean) - &mean;
            covariance += DMatrix::from_row_slice(n, n, &moments.scatter) / weight;
            covariance += &off * off.transpose() * (moments.weight / weight);
        }
        Some(Self {
            weight,
            mean,
            covariance,
        })
    }

    /// A `[n_followers, n_drawn]` by least squares, and c.
    fn following(&self, sizes: Sizes) -> Option<(DMatrix<f64>, DVector<f64>)> {
        let first_drawn = sizes.n_given + sizes.n_followers;
        let square = |start: [usize; 2], shape: [usize; 2]| {
            let view = self
                .covariance
                .view((start[0], start[1]), (shape[0], shape[1]));
            view.into_owned()
        };
        let drawn = square([first_drawn; 2], [sizes.n_drawn; 2]);
        let across = square(
            [first_drawn, sizes.n_given],
            [sizes.n_drawn, sizes.n_followers],
        );
        let slopes = drawn.cholesky()?.solve(&across);
        let centre = self.mean.rows(first_drawn, sizes.n_drawn).into_owned();
        Some((slopes.transpose(), centre))
    }

    /// Followers less what they follow, in the place of the followers.
    fn take_away(&mut self, following: &DMatrix<f64>, drawn_centre: &DVector<f64>, sizes: Sizes) {
        let first_drawn = sizes.n_given + sizes.n_followers;
        let n = self.mean.len();
        let off = self.mean.rows(first_drawn, sizes.n_drawn) - drawn_centre;
        let mut followers = self.mean.rows_mut(sizes.n_given, sizes.n_followers);
        followers -= following * off;
        let mut map = DMatrix::identity(n, n);
        let mut block = map.view_mut(
            (sizes.n_given, first_drawn),
            (sizes.n_followers, sizes.n_drawn),
        );
        block -= following;
        self.covariance = &map * &self.covariance * map.transpose();
    }

    /// The normal density of the drawn coordinates given the others; `None` where the covariance is no proper one.
    fn normal(&self, sizes: Sizes, share: f64) -> Option<Normal> {
        let n_given = sizes.n_given + sizes.n_followers;
        let n_drawn = sizes.n_drawn;
        let block = |start: (usize, usize), shape: (usize, usize)| {
            self.covariance.view(start, shape).into_owned()
        };
        let given = block((0, 0), (n_given, n_given));
        let across = block((0, n_given), (n_given, n_drawn));
        let drawn = block((n_given, n_given), (n_drawn, n_drawn));
        let slopes = given.cholesky()?.solve(&across);
        let factor = (drawn - across.tr_mul(&slopes)).cholesky()?.unpack();
        Some(Normal {
            share,
            mean_given: self.mean.rows(0, n_given).into_owned(),
            mean_drawn: self.mean.rows(n_given, n_drawn).into_owned(),
            slopes,
            factor,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use rand::RngExt;
    use rand_distr::StandardNormal;
    use std::f64::consts::TAU;

    const SIZES: Sizes = Sizes {
        n_given: 1,
        n_followers: 1,
        n_drawn: 2,
        n_parts: 2,
    };

    /// Two wells of (x, f, y, z) where y and z follow x, and f follows y by 0.5.
    fn learned() -> ConditionalNormal {
        let mut mixture = ConditionalNormal::new(SIZES);
        let mut stream = rng::stream(3);
        for number in 0..40_000 {
            let part = usize::from(number % 4 == 0);
            let [a, b, c, d]: [f64; 4] = std::array::from_fn(|_| stream.sample(StandardNormal));
            let x = 2.0 + 0.5 * a;
            let y = [-1.0, 3.0][part] + x + 0.2 * b;
            let point = [x, 7.0 + 0.5 * y + 0.3 * d, y, -y + 0.1 * c];
            mixture.learn(part, &point, 1.0, 1.0);
        }
        mixture.refresh();
        mixture
    }

    #[test]
    fn followers_follow_all_parts_together() {
        let mixture = learned();
        let densities = mixture.densities().unwrap();
        let [low, high] = [[0.0, 0.0], [4.0, -4.0]].map(|drawn| densities.following(&drawn)[0]);
        assert!((high - low - 2.0).abs() < 0.02, "{low} {high}");
        let all = [[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]];
        let [a, b, c, d] = all.map(|drawn| densities.following(&drawn)[0]);
        assert!((a + d - b - c).abs() < 1e-12);
    }

    #[test]
    fn draws_have_the_conditional_moments() {
        let mixture = learned();
        let densities = mixture.densities().unwrap();
        let mut stream = rng::stream(4);
        let shares = densities.counted_shares();
        // What is left of the follower says nothing of y.
        let given = [1.0, 7.0];
        let draws: Vec<Vec<f64>> = (0..40_000)
            .map(|_| densities.mixture.at(&given, 2.0).draw(&shares, &mut stream))
            .collect();
        let high: Vec<f64> = draws.iter().map(|d| d[0]).filter(|&y| y > 2.0).collect();
        let (n, all) = (high.len() as f64, draws.len() as f64);
        let mean = high.iter().sum::<f64>() / n;
        let variance = high.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / n;
        assert!((n / all - 0.25).abs() < 0.01, "{n}");
        assert!((mean - 4.0).abs() < 0.02, "{mean}");
        assert!((variance - 0.16).abs() < 0.01, "{variance}");
    }

    /// The mean of f / q over draws of q is the integral of f, here of a normal density.
    #[test]
    fn densities_are_those_of_the_draws_whatever_the_shares() {
        let mixture = learned();
        let densities = mixture.densities().unwrap();
        let target = |y: f64, z: f64| -> f64 {
            let off = [(y + 0.1) / 0.15, (z + y) / 0.08];
            (-0.5 * (off[0] * off[0] + off[1] * off[1])).exp() / (TAU * 0.15 * 0.08)
        };
        for (probability, width) in [(0.1, 1.0), (0.25, 1.0), (0.9, 1.0), (0.25, 1.5)] {
            let conditional = densities.mixture.at(&[1.0, 7.0], width);
            let shares = densities.shares_with(|part| part == 1, probability);
            let mut stream = rng::stream(5);
            let n = 40_000;
            let sum: f64 = (0..n)
                .map(|_| {
                    let drawn = conditional.draw(&shares, &mut stream);
                    let log_q = conditional.log_density(&shares, &drawn);
                    target(drawn[0], drawn[1]) / log_q.exp()
                })
                .sum();
            let integral = sum / f64::from(n);
            assert!(
                (integral - 1.0).abs() < 0.05,
                "{probability}, {width}: {integral}"
            );
        }
    }

    #[test]
    fn a_part_that_is_preferred_is_drawn_as_often_as_asked_for() {
        let mixture = learned();
        let densities = mixture.densities().unwrap();
        let conditional = densities.mixture.at(&[1.0, 7.0], 1.0);
        let shares = densities.shares_with(|part| part == 1, 0.8);
        let mut stream = rng::stream(6);
        let high = (0..10_000).filter(|_| conditional.draw(&shares, &mut stream)[0] > 2.0);
        assert!(high.count().abs_diff(8000) < 200);
        assert_eq!(
            densities.shares_with(|_| true, 0.8),
            densities.counted_shares()
        );
    }

    #[test]
    fn a_part_with_few_points_is_left_out() {
        let sizes = Sizes {
            n_followers: 0,
            n_drawn: 1,
            ..SIZES
        };
        let mut mixture = ConditionalNormal::new(sizes);
        for number in 0..60 {
            let x = f64::from(number);
            mixture.learn(0, &[x.sin(), x.cos()], 1.0, 1.0);
        }
        mixture.learn(1, &[0.0, 0.0], 1.0, 1.0);
        assert_eq!(mixture.densities(), None);
        mixture.refresh();
        assert_eq!(mixture.densities().unwrap().parts, [0]);
    }
}
