//! The program as its users run it: messages for wrong input, runs, resumption, every subcommand, the examples.

#![expect(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]

mod accuracy;
mod bad_input;
mod commands;
mod dead_runs;
mod devices;
mod examples;
mod force_fields;
mod odd_sizes;
#[cfg(unix)]
mod resume;
mod run;
mod samplers;
mod schema;
mod seeds;
#[cfg(unix)]
mod stopping;
mod support;
