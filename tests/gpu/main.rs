//! The GPU engine against the f64 reference and the CPU engine; on a real GPU where there is one, else on software Vulkan.
//!
//! Without any adapter the tests that need one say so on stderr and pass; with `CI` or `SALTUS_REQUIRE_GPU` set they fail.

#![allow(
    clippy::cast_possible_truncation,
    reason = "single precision is what is tested; counts are small"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "measured deviations belong in the log")]

mod adapter;
mod bad_input;
mod blow_up;
mod correction_maps;
mod dynamics;
mod energies;
mod ensembles;
mod long_dispatches;
mod noise;
#[path = "../physics/openmm_reference.rs"]
#[allow(dead_code, reason = "other tests read the rest of the files")]
mod openmm_reference;
mod reflection;
mod resident;
mod support;
mod torsion_leap;
mod torsion_leap_ensemble;
mod torsion_leap_twin;
mod trajectory_lengths;
mod wgsl;
