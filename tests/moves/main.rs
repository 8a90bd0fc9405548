//! Torsion moves: what turns and what does not, densities, detailed balance on a toy energy of torsions, checkpoints, bad input.
//! Planted errors must be noticed.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and tells what it measured"
)]

mod adaptive_pucker;
mod bad_input;
mod balance;
mod closed;
mod concerted;
mod density;
mod geometry;
mod isomers;
mod learning;
mod pucker;
mod side_chains;
mod support;
