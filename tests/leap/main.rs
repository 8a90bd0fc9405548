//! `torsion_leap`: what its density may look at, exactness with random weights, models as files, training on a small scale.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod balance;
mod invariance;
mod models;
mod program;
mod side_chains;
mod support;
mod training;
mod tuning;
