//! # saltus: a molecular dynamics sampling engine

pub mod cli;
pub mod forcefield;
pub mod integrator;
pub mod mcmc;
pub mod state;
pub mod topology;
pub mod units;
