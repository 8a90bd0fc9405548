//! The flow in internal coordinates of one molecule.

pub(super) mod coordinates;
pub(super) mod fit;
pub(super) mod flow;
pub(super) mod local;
pub(super) mod torsion;
pub(super) mod tree;
