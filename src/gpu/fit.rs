//! What molecules an adapter can carry at all, for `saltus info`.

use super::device::AdapterSummary;
use super::error::GpuError;
use super::plan::{check_bindings, largest_molecule};
use super::shape::{Placement, Shape};

/// Sizes of the largest molecules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// Atoms of the largest molecule.
    pub largest_molecule: usize,
    /// Atoms of the largest molecule whose positions fit into workgroup memory, so that a dispatch runs many steps.
    pub largest_resident_molecule: usize,
}

/// The largest molecules for an adapter.
///
/// # Errors
/// [`GpuError::Limit`] where the kernels cannot be bound.
pub fn fit(adapter: &AdapterSummary) -> Result<Fit, GpuError> {
    check_bindings(adapter)?;
    let limits = adapter.shape_limits();
    let largest_molecule = largest_molecule(adapter);
    let is_resident = |n_atoms: usize| {
        Shape::choose(n_atoms, &limits, None, None).placement == Placement::Resident
    };
    let largest_resident_molecule = (1..=largest_molecule)
        .take_while(|&n_atoms| is_resident(n_atoms))
        .last()
        .unwrap_or(0);
    Ok(Fit {
        largest_molecule,
        largest_resident_molecule,
    })
}
