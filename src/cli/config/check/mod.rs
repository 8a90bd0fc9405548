//! Whether the values of an input can be run: all faults at once.

pub(super) mod sampler;
pub(super) mod size;
pub(super) mod values;
