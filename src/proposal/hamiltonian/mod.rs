//! Proposals that follow the forces: hybrid Monte Carlo and the Metropolis-adjusted Langevin algorithm, and what tunes them.

pub(super) mod dual_averaging;
pub(super) mod hmc;
pub(super) mod mala;
pub(super) mod trajectory_length;
