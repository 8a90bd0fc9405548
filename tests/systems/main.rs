//! Molecules with the parameters of another program: serialized OpenMM Systems against OpenMM's own numbers, what is refused, and
//! the whole way through the program.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod energies;
mod program;
mod refusals;
mod support;
mod topology;
