//! What plain MD's figure rests on: its own draws, the crossings it made, or its exits from rare sides; and all ratios to it.

use super::exit_rates::{ExitRate, Limits};
use super::outcome::{BaselineBasis, SamplerComparison};
use super::ratio::{QUANTILE_95, Ratio, Speed, ratio};

impl SamplerComparison {
    /// Whether crossings say what plain MD is worth: it did not mix, or mixed with fewer crossings than its autocorrelation
    /// makes of them.
    #[must_use]
    pub fn baseline_rests_on_crossings(&self) -> bool {
        let mut samplers = self.samplers.iter();
        let own = samplers.find(|sampler| sampler.name == self.baseline);
        self.baseline_is_bound || own.is_some_and(|own| own.slowest.limited_by_crossings)
    }

    /// Lets the baseline's figure rest on its exits from rare sides, and takes all ratios to it anew: where it was a bound
    /// that is not smaller, or rested on crossings although it mixed and is above the upper limit by exits.
    pub fn rest_on_exits(&mut self, rates: &[ExitRate]) {
        let slowest = ExitRate::slowest(rates).map(|index| &rates[index]);
        let Some(rate) = slowest.filter(|_| self.baseline_rests_on_crossings()) else {
            return;
        };
        let Limits { value, high, .. } = rate.ess_per_second;
        let is_bound = !rate.is_estimate();
        let reference = if is_bound {
            Speed {
                ess_per_second: high,
                ln_spread: 0.0,
            }
        } else {
            Speed {
                ess_per_second: value,
                ln_spread: (high / value).ln() / QUANTILE_95,
            }
        };
        let largest = if self.baseline_is_bound {
            reference.ess_per_second
        } else {
            high
        };
        if largest <= self.baseline_ess_per_second {
            self.baseline_basis = BaselineBasis::Exits(Box::new(rate.clone()));
            self.relate(&reference, is_bound);
        }
    }

    /// Takes all ratios to this speed of the baseline.
    pub(super) fn relate(&mut self, reference: &Speed, is_bound: bool) {
        self.baseline_is_bound = is_bound;
        self.baseline_ess_per_second = reference.ess_per_second;
        for sampler in &mut self.samplers {
            sampler.ratio_to_md = if sampler.name == self.baseline {
                Ratio::one()
            } else {
                ratio(&sampler.speed, sampler.mixed, reference, is_bound)
            };
        }
    }
}
