//! The conformance suite: every kernel and proposal, a row each in `table.rs`, against targets that are known exactly.
//!
//! A new proposal goes through all of it by one more row. Targets that are molecules of a force field run on the engines of
//! the CPU and of the GPU as well, by one body for both (`engines.rs`); cycles that stay on the GPU have rows in `cycles.rs`.
//! `planted.rs` and `planted_shaders.rs` show that the suite notices what it is for.
//! Without a Vulkan adapter, be it a software one, the rows of the GPU say so on stderr; with `CI` or `SALTUS_REQUIRE_GPU`
//! set they fail.

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

#[path = "../gpu/adapter.rs"]
#[allow(dead_code, reason = "other tests ask for more")]
mod adapter;
mod auxiliary;
mod composition;
mod contract;
mod cycles;
mod discrete;
mod driver;
mod engines;
mod machines;
mod moves;
mod planted;
mod planted_shaders;
mod planted_torsions;
mod replica_exchange;
mod reproducibility;
mod rigid;
mod rows;
mod table;
mod timewarp;
mod timewarp_internal;
mod torsion_moves;

pub(crate) use saltus::conformance::{checks, molecules, targets, toy_engine};
