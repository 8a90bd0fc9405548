//! A mixture of products of von Mises densities on the circle or the torus, from the outputs of a network.
//!
//! Component k of a torus has weight w_k and density VM(a; m1, k1) VM(b; m2 + t sin(a - m1), k2): the mean of the second
//! angle leans on the first, so that a component may lie aslant and is still normalised exactly. The marginal of a is the
//! mixture of VM(a; m1, k1); where b alone is asked for, the lean is left out. A uniform share [`FLOOR`] keeps every
//! state within reach.

use super::bessel::ln_i0_scaled_and_ratio;
use super::sampling::von_mises;
use crate::lane::{Lane, vectorized};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::{PI, TAU};

/// Share of the uniform density.
pub const FLOOR: f64 = 0.004;

/// ln k = LN_CENTRE + LN_RANGE tanh(raw / LN_RANGE): concentrations from 0.1 to 800.
pub const LN_CENTRE: f64 = 2.2;
/// See [`LN_CENTRE`].
pub const LN_RANGE: f64 = 4.5;

/// Which of the two angles a density is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Angles {
    /// Both.
    #[default]
    Both,
    /// The first.
    First,
    /// The second.
    Second,
}

impl Angles {
    /// 1 for an angle that the density is over, 0 for the other.
    #[must_use]
    pub fn wanted(self) -> [f64; 2] {
        match self {
            Self::Both => [1.0, 1.0],
            Self::First => [1.0, 0.0],
            Self::Second => [0.0, 1.0],
        }
    }
}

/// Sizes of a mixture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MixtureShape {
    /// Components.
    pub n_components: usize,
    /// One angle or two; one-dimensional mixtures know [`Angles::First`] only.
    pub n_angles: usize,
}

impl MixtureShape {
    /// Numbers that the network has to yield, `[n_groups, n_components]`: ln weight, mean and ln concentration of the first
    /// angle, then mean, ln concentration and lean of the second.
    #[must_use]
    pub fn n_outputs(self) -> usize {
        self.n_components * if self.n_angles == 1 { 3 } else { 6 }
    }

    /// A bias for the network's last layer that spreads the components over the circle or torus.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "small counts; weights are f32"
    )]
    pub fn spread(self) -> Vec<f32> {
        let n = self.n_components;
        let mut bias = vec![0.0; self.n_outputs()];
        // Steps by the golden ratio and its square fill the torus evenly.
        let place = |index: usize, ratio: f64| {
            (TAU * (((index as f64 + 0.5) * ratio).fract() - 0.5)) as f32
        };
        for k in 0..n {
            bias[n + k] = place(k, 1.0 / n as f64);
            if self.n_angles == 2 {
                bias[3 * n + k] = place(k, 0.618_033_988_749_895);
            }
        }
        bias
    }
}

/// The parameters of as many mixtures as there are lanes.
#[derive(Debug, Clone)]
pub struct Mixture<L> {
    components: Vec<Component<L>>,
}

#[derive(Debug, Clone, Copy)]
struct Component<L> {
    weight: L,
    first: Circle<L>,
    second: Circle<L>,
    lean: L,
}

/// exp(k (cos(x - mean) - 1) - ln_norm).
#[derive(Debug, Clone, Copy)]
struct Circle<L> {
    mean: L,
    cosine: L,
    sine: L,
    k: L,
    ln_norm: L,
}

#[inline(always)]
fn sin_cos<L: Lane>(angle: L) -> (L, L) {
    let turns = angle * L::splat(1.0 / TAU);
    let turns = turns - turns.round();
    let negative = turns.less_than(L::splat(0.0));
    L::select(negative, turns + L::splat(1.0), turns).sin_cos_turns()
}

/// Concentration and its derivative by the raw number.
#[inline(always)]
fn concentration<L: Lane>(raw: L) -> (L, L) {
    let bounded = raw.max(L::splat(-30.0)).min(L::splat(30.0));
    let grown = (bounded * L::splat(2.0 / LN_RANGE)).exp();
    let tanh = L::splat(1.0) - L::splat(2.0) * (grown + L::splat(1.0)).recip();
    let k = tanh.mul_add(L::splat(LN_RANGE), L::splat(LN_CENTRE)).exp();
    (k, k * (L::splat(1.0) - tanh * tanh))
}

#[inline(always)]
fn circle<L: Lane>(mean: L, raw: L) -> Circle<L> {
    let (sine, cosine) = sin_cos(mean);
    let (k, _) = concentration(raw);
    let (ln_i0, _) = ln_i0_scaled_and_ratio(k);
    Circle {
        mean,
        cosine,
        sine,
        k,
        ln_norm: ln_i0 + L::splat(TAU.ln()),
    }
}

/// Weights of a softmax, largest first taken out.
#[inline(always)]
fn softmax<L: Lane>(raw: &[L], weights: &mut [L]) {
    let mut largest = raw[0];
    for &value in raw {
        largest = largest.max(value);
    }
    let mut total = L::splat(0.0);
    for (weight, &value) in weights.iter_mut().zip(raw) {
        *weight = (value - largest).exp();
        total += *weight;
    }
    let scale = total.recip();
    for weight in weights {
        *weight = *weight * scale;
    }
}

impl<L: Lane> Mixture<L> {
    /// From a network's outputs `[n_outputs]`.
    #[must_use]
    pub fn new(shape: MixtureShape, raw: &[L]) -> Self {
        let mut components = Vec::with_capacity(shape.n_components);
        prepare::<L>(shape.n_angles, raw, &mut components);
        Self { components }
    }

    /// ln of the density at points, in rad^-1 or rad^-2; of an angle that is not wanted (see [`Angles::wanted`]), any value will do.
    #[must_use]
    pub fn log_density(&self, wanted: [L; 2], point: [L; 2]) -> L {
        evaluate::<L>(&self.components, wanted, point)
    }

    /// A draw from the mixture of one lane; an angle that is not asked for is 0.
    pub fn draw(&self, angles: Angles, lane: usize, stream: &mut Xoshiro256PlusPlus) -> [f64; 2] {
        let mut rest: f64 = stream.random();
        let mut chosen = None;
        for component in &self.components {
            rest -= (1.0 - FLOOR) * component.weight.lane(lane);
            if rest < 0.0 {
                chosen = Some(component);
                break;
            }
        }
        let mut uniform = || TAU * stream.random::<f64>() - PI;
        let Some(component) = chosen else {
            return match angles {
                Angles::Both => [uniform(), uniform()],
                Angles::First => [uniform(), 0.0],
                Angles::Second => [0.0, uniform()],
            };
        };
        let mut draw = |circle: &Circle<L>, shift: f64| {
            von_mises(circle.mean.lane(lane) + shift, circle.k.lane(lane), stream)
        };
        match angles {
            Angles::First => [draw(&component.first, 0.0), 0.0],
            Angles::Second => [0.0, draw(&component.second, 0.0)],
            Angles::Both => {
                let first = draw(&component.first, 0.0);
                let lean = component.lean.lane(lane);
                let shift = lean * (first - component.first.mean.lane(lane)).sin();
                [first, draw(&component.second, shift)]
            }
        }
    }
}

vectorized! {
    fn prepare<L: Lane>(n_angles: usize, raw: &[L], components: &mut Vec<Component<L>>) -> () {
        let n = raw.len() / if n_angles == 1 { 3 } else { 6 };
        let mut weights = raw[..n].to_vec();
        softmax(&raw[..n], &mut weights);
        for k in 0..n {
            let first = circle(raw[n + k], raw[2 * n + k]);
            components.push(if n_angles == 1 {
                Component { weight: weights[k], first, second: first, lean: L::splat(0.0) }
            } else {
                let second = circle(raw[3 * n + k], raw[4 * n + k]);
                Component { weight: weights[k], first, second, lean: raw[5 * n + k] }
            });
        }
    }

    fn evaluate<L: Lane>(components: &[Component<L>], wanted: [L; 2], point: [L; 2]) -> L {
        let one = L::splat(1.0);
        let (sin_a, cos_a) = sin_cos(point[0]);
        let (sin_b, cos_b) = sin_cos(point[1]);
        let both = wanted[0] * wanted[1];
        let mut sum = L::splat(0.0);
        for Component { weight, first, second, lean } in components {
            let sine = sin_a * first.cosine - cos_a * first.sine;
            let cosine = cos_a.mul_add(first.cosine, sin_a * first.sine);
            let exponent = (first.k * (cosine - one) - first.ln_norm) * wanted[0];
            let (sin_shift, cos_shift) = sin_cos(*lean * sine * both);
            let along = cos_b.mul_add(second.cosine, sin_b * second.sine);
            let across = sin_b * second.cosine - cos_b * second.sine;
            let cosine = along.mul_add(cos_shift, across * sin_shift);
            let exponent = (second.k * (cosine - one) - second.ln_norm).mul_add(wanted[1], exponent);
            sum += *weight * exponent.exp();
        }
        sum.mul_add(L::splat(1.0 - FLOOR), floor_density(wanted)).ln()
    }
}

/// The uniform share of the density of as many angles as are wanted.
#[inline(always)]
fn floor_density<L: Lane>(wanted: [L; 2]) -> L {
    let one = L::splat(1.0);
    let [a, b] = wanted.map(|wanted| wanted.mul_add(L::splat(1.0 / TAU - 1.0), one));
    L::splat(FLOOR) * a * b
}

vectorized! {
    /// ln of the density at a point, and `scale` times its derivatives by the raw outputs, added to `slopes`.
    pub fn add_slopes<L: Lane>(
        n_angles: usize,
        raw: &[L],
        wanted: [L; 2],
        point: [L; 2],
        scale: L,
        slopes: &mut [L],
    ) -> L {
        let one = L::splat(1.0);
        let zero = L::splat(0.0);
        let two = n_angles == 2;
        let n = raw.len() / if two { 6 } else { 3 };
        let ln_tau = L::splat(TAU.ln());
        let mut weights = raw[..n].to_vec();
        softmax(&raw[..n], &mut weights);
        // Per component: sine and cosine from the mean, concentration, its derivative and I1/I0, for either angle.
        let mut parts = vec![[[zero; 5]; 2]; n];
        let mut shares = weights.clone();
        let mut sum = zero;
        for k in 0..n {
            let (sine, cosine) = sin_cos(point[0] - raw[n + k]);
            let (strength, by_raw) = concentration(raw[2 * n + k]);
            let (ln_i0, ratio) = ln_i0_scaled_and_ratio(strength);
            let mut exponent = (strength * (cosine - one) - ln_i0 - ln_tau) * wanted[0];
            parts[k][0] = [sine, cosine, strength, by_raw, ratio];
            if two {
                let shift = raw[5 * n + k] * sine * wanted[0] * wanted[1];
                let (sine, cosine) = sin_cos(point[1] - raw[3 * n + k] - shift);
                let (strength, by_raw) = concentration(raw[4 * n + k]);
                let (ln_i0, ratio) = ln_i0_scaled_and_ratio(strength);
                exponent += (strength * (cosine - one) - ln_i0 - ln_tau) * wanted[1];
                parts[k][1] = [sine, cosine, strength, by_raw, ratio];
            }
            shares[k] = weights[k] * exponent.exp();
            sum += shares[k];
        }
        let density = sum.mul_add(L::splat(1.0 - FLOOR), floor_density(wanted));
        let by_density = L::splat(1.0 - FLOOR) * density.recip();
        let total = sum * by_density;
        for k in 0..n {
            let share = shares[k] * by_density;
            slopes[k] += scale * (share - weights[k] * total);
            let first_share = share * scale * wanted[0];
            let [sin_first, cos_first, strength, by_raw, ratio] = parts[k][0];
            slopes[n + k] += first_share * strength * sin_first;
            slopes[2 * n + k] += first_share * by_raw * (cos_first - ratio);
            if two {
                let second_share = share * scale * wanted[1];
                let [sine, cosine, strength, by_raw, ratio] = parts[k][1];
                let pull = second_share * strength * sine;
                slopes[3 * n + k] += pull;
                slopes[4 * n + k] += second_share * by_raw * (cosine - ratio);
                slopes[5 * n + k] += pull * wanted[0] * sin_first;
                slopes[n + k] += -(pull * wanted[0] * raw[5 * n + k] * cos_first);
            }
        }
        density.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use rand_distr::StandardNormal;

    const TORUS: MixtureShape = MixtureShape {
        n_components: 5,
        n_angles: 2,
    };
    const CIRCLE: MixtureShape = MixtureShape {
        n_components: 4,
        n_angles: 1,
    };

    fn raw(shape: MixtureShape, seed: u64) -> Vec<f64> {
        let mut stream = rng::stream(seed);
        let spread = shape.spread();
        spread
            .iter()
            .map(|&bias| f64::from(bias) + 0.8 * stream.sample::<f64, _>(StandardNormal))
            .collect()
    }

    fn density(mixture: &Mixture<f64>, angles: Angles, a: f64, b: f64) -> f64 {
        mixture.log_density(angles.wanted(), [a, b]).exp()
    }

    #[test]
    fn densities_integrate_to_one() {
        let n = 400;
        let at = |i: u32| TAU * f64::from(i) / f64::from(n) - PI;
        for seed in 0..4 {
            let torus = Mixture::new(TORUS, &raw(TORUS, seed));
            let circle = Mixture::new(CIRCLE, &raw(CIRCLE, seed));
            let cell = TAU / f64::from(n);
            let line = |mixture, angles: Angles| -> f64 {
                (0..n)
                    .map(|i| density(mixture, angles, at(i), at(i)))
                    .sum::<f64>()
                    * cell
            };
            assert!((line(&circle, Angles::First) - 1.0).abs() < 1e-5);
            assert!((line(&torus, Angles::First) - 1.0).abs() < 1e-5);
            assert!((line(&torus, Angles::Second) - 1.0).abs() < 1e-5);
            let mut total = 0.0;
            for i in 0..n {
                let mut marginal = 0.0;
                for j in 0..n {
                    marginal += density(&torus, Angles::Both, at(i), at(j)) * cell;
                }
                let expected = density(&torus, Angles::First, at(i), 0.0);
                assert!((marginal - expected).abs() < 1e-5 * (1.0 + expected));
                total += marginal * cell;
            }
            assert!((total - 1.0).abs() < 1e-5, "{total}");
        }
    }

    #[test]
    fn densities_are_periodic() {
        let mixture = Mixture::new(TORUS, &raw(TORUS, 9));
        for turn in [-1.0, 1.0, 2.0] {
            let here = mixture.log_density([1.0; 2], [PI - 1e-9, 0.3]);
            let there = mixture.log_density([1.0; 2], [-PI + 1e-9 + turn * TAU, 0.3 + turn * TAU]);
            assert!((here - there).abs() < 1e-6);
        }
    }

    #[test]
    #[expect(clippy::cast_possible_truncation, reason = "cells")]
    fn draws_follow_the_density() {
        let n_cells = 12_u32;
        let cell =
            |x: f64| (((x + PI) / TAU * f64::from(n_cells)) as u32).min(n_cells - 1) as usize;
        let mixture = Mixture::new(TORUS, &raw(TORUS, 3));
        let n_draws = 200_000;
        let mut counts = vec![0.0; (n_cells * n_cells) as usize];
        let mut stream = rng::stream(4);
        for _ in 0..n_draws {
            let [a, b] = mixture.draw(Angles::Both, 0, &mut stream);
            counts[cell(a) * n_cells as usize + cell(b)] += 1.0;
        }
        let fine = 16;
        let n = n_cells * fine;
        let at = |i: u32| TAU * (f64::from(i) + 0.5) / f64::from(n) - PI;
        let mut expected = vec![0.0; counts.len()];
        for i in 0..n {
            for j in 0..n {
                let mass =
                    density(&mixture, Angles::Both, at(i), at(j)) * (TAU / f64::from(n)).powi(2);
                expected[cell(at(i)) * n_cells as usize + cell(at(j))] += mass * f64::from(n_draws);
            }
        }
        let chi_square: f64 = counts
            .iter()
            .zip(&expected)
            .map(|(c, e): (&f64, &f64)| (c - e).powi(2) / e)
            .sum();
        // 143 degrees of freedom, standard deviation 17.
        assert!(chi_square < 143.0 + 5.0 * 17.0, "{chi_square}");
    }

    #[test]
    fn slopes_agree_with_finite_differences() {
        for (shape, angles) in [
            (TORUS, Angles::Both),
            (TORUS, Angles::First),
            (TORUS, Angles::Second),
            (CIRCLE, Angles::First),
        ] {
            let raw = raw(shape, 11);
            let point = [0.7, -2.1];
            let mut slopes = vec![0.0; raw.len()];
            let value = add_slopes::<f64>(
                shape.n_angles,
                &raw,
                angles.wanted(),
                point,
                2.0,
                &mut slopes,
            );
            assert!(
                (value - Mixture::new(shape, &raw).log_density(angles.wanted(), point)).abs()
                    < 1e-6
            );
            for index in 0..raw.len() {
                let moved = |by: f64| {
                    let mut raw = raw.clone();
                    raw[index] += by;
                    Mixture::new(shape, &raw).log_density(angles.wanted(), point)
                };
                let numeric = (moved(1e-4) - moved(-1e-4)) / 1e-4;
                // The polynomials of the Bessel functions are good to 3e-7 each, not derivatives of each other.
                assert!(
                    (slopes[index] - numeric).abs() < 2e-4,
                    "{angles:?} {index}: {} {numeric}",
                    slopes[index]
                );
            }
        }
    }
}
