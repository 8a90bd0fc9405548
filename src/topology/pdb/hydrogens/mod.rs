//! Hydrogens of a PDB file: their names, and the places of those that it lacks.

pub(super) mod missing;
pub(super) mod names;
