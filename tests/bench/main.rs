//! The comparison of samplers: its numbers on synthetic chains of known speed, and the program from end to end.

#![expect(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]

mod numbers;
mod program;
mod synthetic;
