//! The density of one torsion, by itself or given another, as the map that makes it normal: a histogram, then a quantile.

use crate::vector::wrap_half_open;
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

/// Smallest share of a tail that a quantile is taken of.
const LEAST_TAIL: f64 = 1e-300;

/// g(ω) = Φ⁻¹(F(ω)), F the share of the turn [center - π/fold, center + π/fold) up to ω, linear within each bin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TorsionDensity {
    /// Which atom the torsion places.
    pub atom: usize,
    /// In how many equal parts the turn is cut: 3 for a methyl, whose torsion stays in the part that x is in.
    pub fold: u32,
    /// Another torsion with a density, earlier in the list, by the atom that it places; shares are interpolated between the
    /// middles of its bins, the first of which begins at -π.
    pub given: Option<usize>,
    /// Share of every bin of the turn for every bin of the other torsion, one without another; each row all over 0, 1 together.
    pub shares: Vec<Vec<f64>>,
}

/// The two rows that a density given another torsion lies between, and how far it is from the first.
type Between<'a> = (&'a [f64], &'a [f64], f64);

impl TorsionDensity {
    /// Number of bins of a fitted density.
    const N_BINS: usize = 72;
    /// Number of bins of the torsion that one depends on.
    const N_GIVEN: usize = 24;
    /// Counts that every row has of the distribution of all.
    const COMMON: f64 = 5.0;

    /// From angles around the middle of the turn, and those of the other torsion. No bin stays empty.
    #[must_use]
    pub(crate) fn fit(
        atom: usize,
        fold: u32,
        center: f64,
        angles: &[f64],
        given: Option<(usize, &[f64])>,
    ) -> Self {
        let n_rows = if given.is_some() { Self::N_GIVEN } else { 1 };
        let mut density = Self {
            atom,
            fold,
            given: given.map(|(other, _)| other),
            shares: vec![vec![0.0; Self::N_BINS]; n_rows],
        };
        for (index, &angle) in angles.iter().enumerate() {
            let other = given.map_or(0.0, |(_, angles)| angles[index]);
            let ([low, high], part) = rows_beside(other, n_rows);
            let (bin, _) = place(density.turn(center, angle), Self::N_BINS);
            // Each angle is spread over its own bin and the two beside it.
            for (shift, share) in [(Self::N_BINS - 1, 0.25), (0, 0.5), (1, 0.25)] {
                let bin = (bin + shift) % Self::N_BINS;
                density.shares[low][bin] += share * (1.0 - part);
                density.shares[high][bin] += share * part;
            }
        }
        let common: Vec<f64> = (0..Self::N_BINS)
            .map(|bin| 1.0 + density.shares.iter().map(|row| row[bin]).sum::<f64>())
            .collect();
        let total: f64 = common.iter().sum();
        for row in &mut density.shares {
            if n_rows == 1 {
                row.clone_from(&common);
            } else {
                for (share, common) in row.iter_mut().zip(&common) {
                    *share += Self::COMMON * common / total;
                }
            }
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|share| *share /= sum);
        }
        density
    }

    /// g and ln g' of an angle in the turn; ln g' is that of no density, -∞, beyond it.
    pub(crate) fn flatten(&self, center: f64, angle: f64, given: f64) -> (f64, f64) {
        let row = self.between(given);
        let (turn, n_bins) = (self.turn(center, angle), row.0.len());
        let (bin, part) = place(turn, n_bins);
        let own = share(row, bin);
        let before: f64 = (0..bin).map(|bin| share(row, bin)).sum();
        let after: f64 = (bin + 1..n_bins).map(|bin| share(row, bin)).sum();
        let (below, above) = (before + part * own, after + (1.0 - part) * own);
        let value = if below < above {
            lower_quantile(below)
        } else {
            -lower_quantile(above)
        };
        if !(0.0..=1.0).contains(&turn) {
            return (value, f64::NEG_INFINITY);
        }
        let density = own * n_bins as f64 * f64::from(self.fold) / TAU;
        let log_normal = -0.5 * (value * value + TAU.ln());
        (value, density.ln() - log_normal)
    }

    /// The angle that [`TorsionDensity::flatten`] makes this of.
    pub(crate) fn raise(&self, center: f64, value: f64, given: f64) -> f64 {
        let row = self.between(given);
        let n_bins = row.0.len();
        let from_below = value < 0.0;
        // The share of the nearer end, which keeps its digits.
        let tail = 0.5 * libm::erfc(value.abs() * FRAC_1_SQRT_2);
        let at = |step: usize| share(row, if from_below { step } else { n_bins - 1 - step });
        let (mut passed, mut step) = (0.0, 0);
        while step + 1 < n_bins && passed + at(step) < tail {
            passed += at(step);
            step += 1;
        }
        let part = ((tail - passed) / at(step)).clamp(0.0, 1.0);
        let way = (step as f64 + part) / n_bins as f64;
        let turn = if from_below { way } else { 1.0 - way };
        center + (turn - 0.5) * TAU / f64::from(self.fold)
    }

    /// Whether there is a density for every row, of all numbers over 0 that make 1 together.
    pub(crate) fn is_sound(&self) -> bool {
        let is_density = |row: &Vec<f64>| {
            let sum: f64 = row.iter().sum();
            row.len() == self.shares[0].len()
                && row.iter().all(|&share| share > 0.0)
                && (sum - 1.0).abs() < 1e-9
        };
        let has_rows = if self.given.is_some() {
            !self.shares.is_empty()
        } else {
            self.shares.len() == 1
        };
        self.fold > 0 && has_rows && self.shares.iter().all(is_density)
    }

    /// Which part of the turn an angle has reached.
    fn turn(&self, center: f64, angle: f64) -> f64 {
        (angle - center) * f64::from(self.fold) / TAU + 0.5
    }

    fn between(&self, given: f64) -> Between<'_> {
        let ([low, high], part) = rows_beside(given, self.shares.len());
        (&self.shares[low], &self.shares[high], part)
    }
}

/// Share of a bin between two rows.
fn share((low, high, part): Between<'_>, bin: usize) -> f64 {
    low[bin] + part * (high[bin] - low[bin])
}

/// The rows whose middles an angle lies between, and how far it is from the first.
fn rows_beside(angle: f64, n_rows: usize) -> ([usize; 2], f64) {
    if n_rows == 1 {
        return ([0, 0], 0.0);
    }
    let (bin, part) = place((wrap_half_open(angle) + PI) / TAU, n_rows);
    if part < 0.5 {
        ([(bin + n_rows - 1) % n_rows, bin], part + 0.5)
    } else {
        ([bin, (bin + 1) % n_rows], part - 0.5)
    }
}

/// Bin of a share of the turn, and how far within.
#[expect(
    clippy::cast_possible_truncation,
    reason = "between 0 and the number of bins"
)]
fn place(turn: f64, n_bins: usize) -> (usize, f64) {
    let at = turn.clamp(0.0, 1.0) * n_bins as f64;
    let bin = (at as usize).min(n_bins - 1);
    (bin, at - bin as f64)
}

/// Φ⁻¹ of at most a half: Abramowitz and Stegun 26.2.22, then two of Halley's steps, which leave rounding alone.
fn lower_quantile(tail: f64) -> f64 {
    let tail = tail.max(LEAST_TAIL);
    let t = (-2.0 * tail.ln()).sqrt();
    let mut value = (2.30753 + 0.27061 * t) / (1.0 + t * (0.99229 + 0.04481 * t)) - t;
    for _ in 0..2 {
        let error = 0.5 * libm::erfc(-value * FRAC_1_SQRT_2) - tail;
        let step = error * TAU.sqrt() * (0.5 * value * value).exp();
        value -= step / (1.0 + 0.5 * value * step);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn angles(scale: f64) -> Vec<f64> {
        (0..900)
            .map(|i| scale * (f64::from(i) * 0.37).sin())
            .collect()
    }

    #[test]
    fn the_map_has_its_inverse_and_slope() {
        let center = 0.7;
        let own: Vec<f64> = angles(2.0).iter().map(|angle| center + angle).collect();
        let narrow: Vec<f64> = angles(0.9).iter().map(|angle| center + angle).collect();
        let others: Vec<f64> = (0..900).map(|i| f64::from(i) * 0.11).collect();
        for density in [
            TorsionDensity::fit(0, 1, center, &own, None),
            TorsionDensity::fit(0, 1, center, &own, Some((4, &others))),
            TorsionDensity::fit(0, 3, center, &narrow, None),
        ] {
            assert!(density.is_sound());
            for angle in [-2.4, -1.0, 0.1, 0.73, 2.2, 3.7] {
                let angle = center + (angle - center) / f64::from(density.fold);
                let given = 5.0 * angle;
                let (value, log_slope) = density.flatten(center, angle, given);
                let back = density.raise(center, value, given);
                assert!((back - angle).abs() < 1e-12, "{angle}");
                let (next, _) = density.flatten(center, angle + 1e-7, given);
                let slope = (next - value) / 1e-7;
                assert!((slope / log_slope.exp() - 1.0).abs() < 1e-4, "{angle}");
            }
            let beyond = center + 3.2 / f64::from(density.fold);
            let (_, log_slope) = density.flatten(center, beyond, 0.0);
            assert_eq!(log_slope, f64::NEG_INFINITY);
        }
    }

    /// Rows follow the other torsion: where it is negative the angles are, too.
    #[test]
    fn a_density_given_another_torsion_follows_it() {
        let own = angles(1.5);
        let others: Vec<f64> = own.iter().map(|angle| 2.0 * angle.signum()).collect();
        let density = TorsionDensity::fit(0, 1, 0.0, &own, Some((1, &others)));
        for (given, sign) in [(-2.0, -1.0), (2.0, 1.0)] {
            let middle = density.raise(0.0, 0.0, given);
            assert!((sign * middle - 1.0).abs() < 0.3, "{middle}");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_normal_distribution() {
        for (tail, value) in [
            (0.5, 0.0),
            (0.158_655_253_931_457_05, -1.0),
            (9.865_876_450_376_98e-10, -6.0),
            (7.619_853_024_160_527e-24, -10.0),
        ] {
            assert!((lower_quantile(tail) - value).abs() < 1e-10, "{tail}");
        }
    }
}
