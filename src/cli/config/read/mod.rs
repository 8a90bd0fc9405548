//! From text to settings, and complaints of the YAML reader as faults with place and remedy.

pub(super) mod fault;
pub(super) mod load;
pub(super) mod locate;
pub(super) mod suggest;
