//! The density of one torsion by itself, as the map that makes it a normal one nearly: a histogram, then a logit.

use serde::{Deserialize, Serialize};
use std::f64::consts::{PI, TAU};

/// Slope of the logistic distribution that is nearest to the normal one (doi:10.1080/00949658008810420).
const LOGISTIC_SLOPE: f64 = 1.702;
/// Distance of a share from 0 and 1 that is kept.
const EDGE: f64 = 1e-15;

/// g(ω) = logit(F(ω)) / 1.702, F the share of the turn [center - π, center + π) up to ω, linear within each bin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TorsionDensity {
    /// Which atom the torsion places.
    pub atom: usize,
    /// Share of every bin of the turn; all over 0, 1 together.
    pub shares: Vec<f64>,
}

impl TorsionDensity {
    /// Number of bins of a fitted density.
    const N_BINS: usize = 72;

    /// From angles around the middle of the turn. No bin stays empty.
    #[must_use]
    pub(super) fn fit(atom: usize, center: f64, angles: &[f64]) -> Self {
        let mut counts = [1.0; Self::N_BINS];
        for angle in angles {
            let (bin, _) = place((angle - center + PI) / TAU, Self::N_BINS);
            // Each angle is spread over its own bin and the two beside it.
            for (shift, part) in [(Self::N_BINS - 1, 0.25), (0, 0.5), (1, 0.25)] {
                counts[(bin + shift) % Self::N_BINS] += part;
            }
        }
        let sum: f64 = counts.iter().sum();
        let shares = counts.iter().map(|count| count / sum).collect();
        Self { atom, shares }
    }

    /// g and ln g' of an angle in the turn.
    pub(super) fn flatten(&self, center: f64, angle: f64) -> (f64, f64) {
        let n_bins = self.shares.len();
        let (bin, part) = place((angle - center + PI) / TAU, n_bins);
        let below: f64 = self.shares[..bin].iter().sum();
        let share = (below + part * self.shares[bin]).clamp(EDGE, 1.0 - EDGE);
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let density = self.shares[bin] * n_bins as f64 / TAU;
        let slope = density / (share * (1.0 - share) * LOGISTIC_SLOPE);
        ((share / (1.0 - share)).ln() / LOGISTIC_SLOPE, slope.ln())
    }

    /// The angle that [`TorsionDensity::flatten`] makes this of.
    pub(super) fn raise(&self, center: f64, value: f64) -> f64 {
        let share = 1.0 / (1.0 + (-LOGISTIC_SLOPE * value).exp());
        let (mut below, mut bin) = (0.0, 0);
        while bin + 1 < self.shares.len() && below + self.shares[bin] < share {
            below += self.shares[bin];
            bin += 1;
        }
        let part = ((share - below) / self.shares[bin]).clamp(0.0, 1.0);
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let turn = (bin as f64 + part) / self.shares.len() as f64;
        center - PI + TAU * turn
    }

    /// Whether all shares are over 0 and make 1 together.
    pub(super) fn is_sound(&self) -> bool {
        let sum: f64 = self.shares.iter().sum();
        self.shares.iter().all(|&share| share > 0.0) && (sum - 1.0).abs() < 1e-9
    }
}

/// Bin of a share of the turn, and how far within.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "between 0 and the number of bins"
)]
fn place(turn: f64, n_bins: usize) -> (usize, f64) {
    let at = turn.clamp(0.0, 1.0) * n_bins as f64;
    let bin = (at as usize).min(n_bins - 1);
    (bin, at - bin as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_has_its_inverse_and_slope() {
        let center = 0.7;
        let angles: Vec<f64> = (0..900)
            .map(|i| center + 2.0 * (f64::from(i) * 0.37).sin())
            .collect();
        let density = TorsionDensity::fit(0, center, &angles);
        assert!(density.is_sound());
        for angle in [-2.4, -1.0, 0.1, 0.73, 2.2, 3.7] {
            let (value, log_slope) = density.flatten(center, angle);
            assert!(
                (density.raise(center, value) - angle).abs() < 1e-9,
                "{angle}"
            );
            let (next, _) = density.flatten(center, angle + 1e-7);
            assert!(
                ((next - value) / 1e-7 / log_slope.exp() - 1.0).abs() < 1e-4,
                "{angle}"
            );
        }
    }
}
