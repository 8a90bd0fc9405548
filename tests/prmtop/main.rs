//! AMBER's files: energies and forces against OpenMM, every refusal with its message, and the program from a prmtop.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "measured deviations belong in the log")]

mod coordinates;
mod energies;
mod program;
mod refusals;
mod support;
