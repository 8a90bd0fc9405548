//! What residues have to be before a molecule is made of them: known, in their places, with all heavy atoms.

mod atoms;
mod residues;

pub(super) use atoms::{check_atoms, warn_of_element};
pub(super) use residues::check_residues;
