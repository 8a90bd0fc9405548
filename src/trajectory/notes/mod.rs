//! What a trajectory is told when its run ends: cost, exchanges, warnings.

pub(super) mod cost;
pub(super) mod exchange;
pub(super) mod warnings;
