//! From frames to numbers: torsions, distances, superposition, and the list of what is looked at.

pub(super) mod dihedral;
pub(super) mod distance;
pub(super) mod ensemble;
mod molecule;
pub(super) mod observable;
pub(super) mod set;
pub(super) mod superpose;
