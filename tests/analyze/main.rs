//! `saltus analyze` as its users run it: table and JSON, report, references, planted bias, messages for bad input.

#![expect(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]

mod bad_input;
mod committed;
mod copies;
mod hidden;
mod output;
mod reference;
mod support;
