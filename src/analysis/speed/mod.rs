//! How fast a sampler is against plain dynamics: crossings, exits, basins, ratios with intervals.

pub(super) mod baseline;
pub(super) mod basins;
pub(super) mod comparison;
pub(super) mod crossings;
pub(super) mod draws;
pub(super) mod exit_rates;
pub(super) mod exit_tally;
pub(super) mod outcome;
pub(super) mod ratio;
pub(super) mod residue_basins;
pub(super) mod sides;
pub(super) mod tics;
