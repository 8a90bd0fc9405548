//! Torsions of any molecule, found in its bond graph: backbone, side chains, peptide bonds, rings, and all that can turn.

mod amide;
pub(crate) mod backbone;
pub(crate) mod graph;
mod named;
mod peptide_bond;
mod pucker;
mod rotatable;
mod side_chain;

pub use backbone::{backbone_torsions, terminal_psi_torsions};
pub use named::{NamedTorsion, TorsionKind, torsion_rad};
pub use peptide_bond::{PeptideBond, peptide_bonds};
pub use pucker::{PuckerRing, pucker_rings};
pub use rotatable::{RotatableBond, named_torsions, rotatable_bonds};
