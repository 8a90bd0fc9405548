//! The generator: internal coordinates, weights against known partition functions and reference ensembles, and the program.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod coordinates;
mod ensemble;
mod partition_function;
mod program;
mod support;
