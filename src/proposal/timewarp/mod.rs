//! Proposals of the Timewarp flow (doi:10.48550/arXiv.2302.01170) on Cartesian coordinates.

pub(super) mod guard;
pub(super) mod proposal;
pub(super) mod settings;
pub(super) mod tree;
