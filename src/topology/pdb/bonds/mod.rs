//! Bonds that no residue template has: disulfides, the closing bond of a ring, and atoms at bonding distance that no bond joins.

pub(super) mod contacts;
pub(super) mod disulfides;
pub(super) mod links;
pub(super) mod rings;
