//! From frames to numbers: torsions, distances, superposition, and the list of what is looked at.

pub(super) mod derived;
pub(super) mod dihedral;
pub(super) mod distance;
pub(super) mod ensemble;
pub(super) mod hydrogen_bond;
pub(super) mod karplus;
mod molecule;
pub(super) mod observable;
pub(super) mod quantity;
pub(super) mod region;
pub(super) mod set;
pub(super) mod superpose;
