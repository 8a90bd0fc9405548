//! Timewarp models: parity with the published code, the properties of a flow, training, and the program around them.

#![allow(
    clippy::cast_possible_truncation,
    reason = "small numbers, and weights in f32"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../gpu/adapter.rs"]
mod adapter;
mod bad_input;
mod gpu;
mod gradients;
mod internal;
mod large;
mod parity;
mod program;
mod properties;
mod reference;
mod support;
mod training;
#[path = "../gpu/wgsl.rs"]
mod wgsl;

use saltus::conformance::{targets, toy_engine};
