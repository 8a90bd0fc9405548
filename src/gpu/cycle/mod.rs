//! Whole cycles of a sampler on the device: only frames come back.

pub(super) mod failure;
pub(super) mod leap;
pub(super) mod moves;
pub(super) mod runner;
pub(super) mod sampler;
