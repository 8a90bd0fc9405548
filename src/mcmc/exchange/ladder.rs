//! A temperature ladder: given, geometric, or respaced for even acceptance.

use serde::{Deserialize, Serialize};

/// Least rejection rate that a pair of neighbours counts with, so that no two rungs fall together.
const LEAST_REJECTION: f64 = 0.01;
/// Attempts of every pair before the first respacing; each later one waits twice as long.
const FIRST_WINDOW: u64 = 20;

/// A ladder that makes no sense, or does not fit its chain.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LadderError {
    /// Nothing to exchange with.
    #[error("the temperature ladder has {got} rungs; replica exchange needs at least 2")]
    TooShort {
        /// Number of rungs.
        got: usize,
    },
    /// Not a temperature.
    #[error("rung {rung} of the ladder is {got} K; expected a finite temperature above 0")]
    Temperature {
        /// Place from 0.
        rung: usize,
        /// Its value.
        got: f64,
    },
    /// Not ascending.
    #[error(
        "rung {rung} of the ladder, {got} K, is not above the one before, {before} K; list temperatures in ascending order, each once"
    )]
    Order {
        /// Place from 0.
        rung: usize,
        /// Its value.
        got: f64,
        /// The value before.
        before: f64,
    },
    /// Replicas that don't fill the ladder.
    #[error(
        "{n_replicas} replicas do not fill a ladder of {n_rungs} rungs; set `replicas` to a multiple of {n_rungs}"
    )]
    Replicas {
        /// Replicas of the batch.
        n_replicas: usize,
        /// Rungs of the ladder.
        n_rungs: usize,
    },
    /// The chain runs at other temperatures.
    #[error(
        "replica {replica} runs at {got} K but its rung is {expected} K; start the chain with the ladder's temperatures"
    )]
    Mismatch {
        /// Replica.
        replica: usize,
        /// Its temperature.
        got: f64,
        /// That of the rung.
        expected: f64,
    },
}

/// Ascending temperatures; replica `copy * n_rungs + rung` of a batch `[n_copies][n_rungs]` has that of its rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ladder {
    temperatures_kelvin: Vec<f64>,
}

impl Ladder {
    /// A ladder of given temperatures in K.
    ///
    /// # Errors
    /// [`LadderError`] for fewer than two, for one that is not finite and positive, for a wrong order.
    pub fn given(temperatures_kelvin: Vec<f64>) -> Result<Self, LadderError> {
        if temperatures_kelvin.len() < 2 {
            return Err(LadderError::TooShort {
                got: temperatures_kelvin.len(),
            });
        }
        for (rung, &got) in temperatures_kelvin.iter().enumerate() {
            if !(got.is_finite() && got > 0.0) {
                return Err(LadderError::Temperature { rung, got });
            }
        }
        for (index, pair) in temperatures_kelvin.windows(2).enumerate() {
            if pair[1] <= pair[0] {
                return Err(LadderError::Order {
                    rung: index + 1,
                    got: pair[1],
                    before: pair[0],
                });
            }
        }
        Ok(Self {
            temperatures_kelvin,
        })
    }

    /// T_k = min (max/min)^(k/(count - 1)), k = 0 .. count - 1.
    ///
    /// # Errors
    /// As [`Ladder::given`].
    ///
    /// ```
    /// let ladder = saltus::mcmc::Ladder::geometric(300.0, 1200.0, 3)?;
    /// assert!((ladder.temperatures_kelvin()[1] - 600.0).abs() < 1e-9);
    /// # Ok::<(), saltus::mcmc::LadderError>(())
    /// ```
    pub fn geometric(min_kelvin: f64, max_kelvin: f64, count: usize) -> Result<Self, LadderError> {
        let last = count.saturating_sub(1);
        let temperature = |rung: usize| match rung {
            0 => min_kelvin,
            rung if rung == last => max_kelvin,
            rung => min_kelvin * (max_kelvin / min_kelvin).powf(rung as f64 / last as f64),
        };
        Self::given((0..count).map(temperature).collect())
    }

    /// The rungs in K, ascending.
    #[must_use]
    pub fn temperatures_kelvin(&self) -> &[f64] {
        &self.temperatures_kelvin
    }

    /// Number of rungs.
    #[must_use]
    pub fn n_rungs(&self) -> usize {
        self.temperatures_kelvin.len()
    }

    /// Temperatures of a batch `[n_copies][n_rungs]` in K, for [`Chain::temperatures_kelvin`](crate::mcmc::Chain).
    ///
    /// # Errors
    /// [`LadderError::Replicas`] when the batch is not a whole number of ladders.
    pub fn replica_temperatures_kelvin(&self, n_replicas: usize) -> Result<Vec<f64>, LadderError> {
        let n_rungs = self.n_rungs();
        if n_replicas == 0 || !n_replicas.is_multiple_of(n_rungs) {
            return Err(LadderError::Replicas {
                n_replicas,
                n_rungs,
            });
        }
        Ok(self.temperatures_kelvin.repeat(n_replicas / n_rungs))
    }

    /// The ladder with the same ends and equal rejection on every interval, as far as the rates so far tell.
    ///
    /// Rejection rates of neighbours add up to a barrier along the ladder that hardly depends on the rungs (Syed et al.,
    /// doi:10.1111/rssb.12464); the new rungs cut it into equal parts, linearly in ln T between old rungs.
    pub(super) fn respaced(&self, rejection_rates: &[f64]) -> Self {
        let old = &self.temperatures_kelvin;
        let rates: Vec<f64> = rejection_rates
            .iter()
            .map(|rate| rate.max(LEAST_REJECTION))
            .collect();
        let part = rates.iter().sum::<f64>() / rates.len() as f64;
        let mut temperatures_kelvin = old.clone();
        for (rung, temperature) in temperatures_kelvin.iter_mut().enumerate() {
            if rung == 0 || rung == old.len() - 1 {
                continue;
            }
            let mut rest = rung as f64 * part;
            let mut interval = 0;
            while interval + 1 < rates.len() && rest > rates[interval] {
                rest -= rates[interval];
                interval += 1;
            }
            let share = rest / rates[interval];
            *temperature = old[interval] * (old[interval + 1] / old[interval]).powf(share);
        }
        Self {
            temperatures_kelvin,
        }
    }
}

/// Acceptance seen since the last respacing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct LadderTuner {
    window: u64,
    attempts: Vec<u64>,
    rejection_sums: Vec<f64>,
}

impl LadderTuner {
    pub(super) fn new(n_rungs: usize) -> Self {
        Self {
            window: FIRST_WINDOW,
            attempts: vec![0; n_rungs - 1],
            rejection_sums: vec![0.0; n_rungs - 1],
        }
    }

    /// Notes the ln r of one attempted swap between rungs `pair` and `pair + 1`.
    pub(super) fn note(&mut self, pair: usize, log_ratio: f64) {
        if log_ratio.is_finite() {
            self.attempts[pair] += 1;
            self.rejection_sums[pair] += 1.0 - log_ratio.min(0.0).exp();
        }
    }

    /// A better ladder, once every pair was tried often enough.
    pub(super) fn respace(&mut self, ladder: &Ladder) -> Option<Ladder> {
        if self.attempts.iter().any(|&n| n < self.window) {
            return None;
        }
        let sums = self.rejection_sums.iter().zip(&self.attempts);
        let rates: Vec<f64> = sums.map(|(sum, &n)| sum / n as f64).collect();
        self.window *= 2;
        self.attempts.fill(0);
        self.rejection_sums.fill(0.0);
        Some(ladder.respaced(&rates))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_rates_leave_the_ladder_alone() {
        let ladder = Ladder::given(vec![300.0, 350.0, 420.0, 500.0]).unwrap();
        let respaced = ladder.respaced(&[0.3; 3]);
        for (new, old) in respaced
            .temperatures_kelvin()
            .iter()
            .zip(ladder.temperatures_kelvin())
        {
            assert!((new - old).abs() < 1e-9, "{new} instead of {old}");
        }
    }

    #[test]
    fn a_wide_gap_draws_the_rungs_to_it() {
        let ladder = Ladder::given(vec![300.0, 310.0, 600.0]).unwrap();
        // The barrier is 0.1 + 0.9, so its middle lies 4/9 into the second interval.
        let expected = 310.0 * (600.0_f64 / 310.0).powf(4.0 / 9.0);
        let respaced = ladder.respaced(&[0.1, 0.9]);
        assert!((respaced.temperatures_kelvin()[1] - expected).abs() < 1e-9);
        assert_eq!(respaced.temperatures_kelvin()[0], 300.0);
        assert_eq!(respaced.temperatures_kelvin()[2], 600.0);
    }
}
