//! # saltus: a molecular dynamics sampling engine

pub mod analysis;
pub mod cli;
pub mod cpu;
pub mod forcefield;
pub mod integrator;
pub mod lane;
pub mod mcmc;
pub mod proposal;
pub mod report;
pub mod rng;
pub mod state;
pub mod topology;
pub mod trajectory;
pub mod units;
