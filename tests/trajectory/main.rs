//! Trajectories and checkpoints on disk: round trips, resumption, kills, full disks, foreign files.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise, tells what it measured, and makes its own numbers"
)]

mod checkpoint;
mod export;
mod foreign;
mod kill;
mod sample;
mod writing;
