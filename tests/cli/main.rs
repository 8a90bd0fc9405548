//! The program as its users run it: messages for wrong input, runs, resumption, every subcommand, the examples.

mod bad_input;
mod commands;
mod examples;
#[cfg(unix)]
mod resume;
mod run;
mod support;
