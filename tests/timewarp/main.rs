//! Timewarp models: parity with the published code, the properties of a flow, training, and the program around them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod gradients;
mod large;
mod parity;
mod program;
mod properties;
mod reference;
mod support;
mod training;
