//! Molecules from sequences: a chain laid out from internal coordinates, loops and rings closed, side chains packed.

pub(crate) mod blueprint;
mod build;
mod clash;
mod cross_link;
mod loop_closure;
mod packing;
mod relax;

pub use build::{BuildError, build, build_linked};
pub use cross_link::CrossLink;
