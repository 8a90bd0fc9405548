//! `torsion_leap`: torsions drawn from the density that a trained network gives for their surroundings.

pub(super) mod draw;
pub(super) mod features;
pub(super) mod known;
pub(super) mod measure;
pub(super) mod model;
pub(super) mod proposal;
pub(super) mod residues;
pub(super) mod settings;
pub(super) mod site;
pub(super) mod tune;
