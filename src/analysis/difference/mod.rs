//! Distributions and how far apart they are.

pub(super) mod assignment;
pub(super) mod circular_transport;
pub(super) mod comparison;
pub(super) mod divergence;
pub(super) mod free_energy;
pub(super) mod histogram;
pub(super) mod summary;
