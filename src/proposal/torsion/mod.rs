//! Moves that turn bonds by angles drawn from densities that nobody learned.

pub(super) mod block;
pub(super) mod closure;
pub(super) mod concerted;
pub(super) mod motion;
pub(super) mod pivot;
pub(super) mod proposal;
pub(super) mod step;
pub(super) mod stretch;
