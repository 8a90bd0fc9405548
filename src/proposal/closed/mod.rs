//! Leaps of a backbone that is tied at both ends: residues drawn anew inside a ring, and the ring closed again by six torsions.

pub(super) mod bars;
mod contact;
pub(super) mod density;
pub(super) mod flips;
pub(super) mod proposal;
mod roots;
pub(super) mod window;
