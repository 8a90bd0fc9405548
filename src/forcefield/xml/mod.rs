//! OpenMM force-field XML: elements, files, and each section of them.

pub(super) mod builtin;
pub(super) mod correction_maps;
pub(super) mod definition;
pub(super) mod element;
pub(super) mod error;
pub(super) mod files;
pub(super) mod forces;
pub(super) mod residues;
