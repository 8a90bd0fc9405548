//! `adaptive_torsion`: torsions drawn from a density of this very molecule, learned while the run equilibrates.

pub(super) mod block;
pub(super) mod density;
pub(super) mod feature;
pub(super) mod proposal;
pub(super) mod table;
