//! The conformance suite: every kernel and proposal, a row each in `table.rs`, against targets that are known exactly.
//!
//! A new proposal goes through all of it by one more row. `planted.rs` shows that the suite notices what it is for.

#![allow(
    clippy::type_complexity,
    clippy::needless_range_loop,
    reason = "tables of cases, symmetric pairs"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(
    clippy::cast_possible_truncation,
    reason = "counts and indices of small targets"
)]

mod auxiliary;
mod checks;
mod composition;
mod contract;
mod discrete;
mod driver;
mod moves;
mod planted;
mod replica_exchange;
mod reproducibility;
mod rigid;
mod rows;
mod table;
mod targets;
mod timewarp;
mod torsion_moves;
mod toy_engine;
