//! Settings of Timewarp: of its kernel, and of its training.

pub(super) mod kernel;
pub(super) mod schema;
pub(super) mod training;
