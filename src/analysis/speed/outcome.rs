//! The outcome of a comparison of samplers: figures of each, and what plain MD's rests on. Made by `comparison.rs`.

use super::exit_rates::ExitRate;
use super::ratio::{Ratio, Speed};
use super::sides::RareSide;

/// An observable of one sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservableEss {
    /// Name.
    pub observable: String,
    /// ESS of the mean over all chains, at most what the crossings allow; 0 for an observable that others moved and this
    /// sampler did not.
    pub ess: f64,
    /// How often the chains crossed the observable's mean.
    pub n_crossings: f64,
    /// Whether the crossings set the ESS, and not the autocorrelation.
    pub limited_by_crossings: bool,
    /// R-hat of at most 400 draws a chain; infinite for a constant.
    pub r_hat: f64,
}

/// What the comparison says of one sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct SamplerVerdict {
    /// Name.
    pub name: String,
    /// Smallest ESS; 0, under the name of the basin, where the sampler missed one.
    pub slowest: ObservableEss,
    /// ESS of the slowest observable a second.
    pub ess_per_second: f64,
    /// Whether R-hat of every observable is at most 1.1.
    pub mixed: bool,
    /// Basins that another sampler spent over 0.1 % of its frames in and this one never saw: `alpha_left_2`.
    pub missed_basins: Vec<String>,
    /// Every observable that moved in any sampler.
    pub observables: Vec<ObservableEss>,
    /// ESS/s of the slowest observable relative to plain MD's.
    pub ratio_to_md: Ratio,
    pub(crate) speed: Speed,
}

/// Every sampler relative to the strongest plain MD.
#[derive(Debug, Clone, PartialEq)]
pub struct SamplerComparison {
    /// Name of the baseline: of the plain MDs that mixed and missed nothing the one with the largest ESS/s of its slowest
    /// observable; where there is none, the one with the most simulated time a second.
    pub baseline: String,
    /// Whether the baseline's ESS is only bounded from above.
    pub baseline_is_bound: bool,
    /// What its ESS comes from.
    pub baseline_basis: BaselineBasis,
    /// ESS of the baseline's slowest observable a second, or its bound.
    pub baseline_ess_per_second: f64,
    /// The rarer sides of all 0/1 observables and basins, with their shares in the frames of the samplers that mixed.
    pub rare_sides: Vec<RareSide>,
    /// One a sampler, in the order given.
    pub samplers: Vec<SamplerVerdict>,
}

/// Where the ESS/s of the baseline comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum BaselineBasis {
    /// It mixed and missed nothing, and no exits say less: its own slowest observable.
    Draws,
    /// An upper bound: the crossings it made of this observable's mean.
    Crossings(String),
    /// The rate at which it leaves the rare side that is slowest by its upper limit: an estimate with at least five exits,
    /// with fewer an upper bound.
    Exits(Box<ExitRate>),
}
