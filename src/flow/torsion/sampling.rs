//! Draws from von Mises distributions.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::{PI, TAU};

/// Below this concentration the distribution is uniform to double precision's eye, and the wrapped Cauchy envelope degenerates.
const FLATTEST: f64 = 1e-6;

/// A draw of the density exp(k cos(x - mean)) / (2 pi I0(k)), in [-pi, pi] around no particular point.
///
/// Rejection from a wrapped Cauchy distribution (Best and Fisher, doi:10.2307/2346732); acceptance above 0.65 for all k.
pub fn von_mises(mean_rad: f64, concentration: f64, stream: &mut Xoshiro256PlusPlus) -> f64 {
    if concentration.is_nan() || concentration < FLATTEST {
        return TAU * stream.random::<f64>() - PI;
    }
    let tau = 1.0 + (1.0 + 4.0 * concentration * concentration).sqrt();
    let rho = (tau - (2.0 * tau).sqrt()) / (2.0 * concentration);
    let r = (1.0 + rho * rho) / (2.0 * rho);
    loop {
        let z = (PI * stream.random::<f64>()).cos();
        let f = (1.0 + r * z) / (r + z);
        let c = concentration * (r - f);
        let u: f64 = 1.0 - stream.random::<f64>();
        if c * (2.0 - c) > u || (c / u).ln() + 1.0 >= c {
            let angle = f.clamp(-1.0, 1.0).acos();
            let signed = if stream.random::<bool>() {
                angle
            } else {
                -angle
            };
            let moved = mean_rad + signed;
            return moved - TAU * (moved / TAU).round();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;

    /// Mean resultant length I1/I0 and a chi-square over 24 cells, flat to sharp.
    #[test]
    #[expect(clippy::cast_possible_truncation, reason = "cells")]
    fn draws_follow_the_density() {
        let n_cells = 24;
        for (number, concentration) in [0.01, 0.7, 5.0, 60.0].into_iter().enumerate() {
            let mut stream = rng::stream(20 + number as u64);
            let n = 100_000;
            let mut counts = vec![0.0; n_cells];
            for _ in 0..n {
                let x = von_mises(0.4, concentration, &mut stream);
                counts[(((x + PI) / TAU * n_cells as f64) as usize).min(n_cells - 1)] += 1.0;
            }
            let fine = 200;
            let mass = |cell: usize| -> f64 {
                (0..fine)
                    .map(|i| {
                        let x = TAU * (cell as f64 + (f64::from(i) + 0.5) / f64::from(fine))
                            / n_cells as f64
                            - PI;
                        (concentration * ((x - 0.4).cos() - 1.0)).exp()
                    })
                    .sum()
            };
            let masses: Vec<f64> = (0..n_cells).map(mass).collect();
            let total: f64 = masses.iter().sum();
            let mut chi_square = 0.0;
            for (count, mass) in counts.iter().zip(&masses) {
                let expected = mass / total * f64::from(n);
                if expected > 5.0 {
                    chi_square += (count - expected).powi(2) / expected;
                }
            }
            // Up to 23 degrees of freedom: exceeded by chance once in a million.
            assert!(chi_square < 72.0, "{concentration}: {chi_square}");
        }
    }
}
