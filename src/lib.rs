//! # saltus: a molecular dynamics sampling engine

pub mod forcefield;
pub mod integrator;
pub mod mcmc;
pub mod state;
pub mod topology;
pub mod trajectory;
pub mod units;
