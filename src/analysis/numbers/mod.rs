//! Quantiles and tails of standard distributions.

pub(super) mod normal_quantile;
pub(super) mod pareto;
pub(super) mod poisson;
