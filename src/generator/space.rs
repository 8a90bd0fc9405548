//! Which internal coordinates are torsions of the model, free rotors, or stiff.

use super::zmatrix::{ZMatrix, ZMatrixError};
use crate::proposal::{BlockKind, Pivot, torsion_blocks};
use crate::topology::Topology;

/// The coordinates of a molecule by how they are drawn.
#[derive(Debug, Clone)]
pub(super) struct Space {
    pub(super) zmatrix: ZMatrix,
    /// Coordinate of every torsion of the model, in its order.
    pub(super) torsions: Vec<usize>,
    /// Coordinates of the other bonds that turn freely.
    pub(super) rotors: Vec<usize>,
    /// All others.
    pub(super) stiff: Vec<usize>,
}

impl Space {
    /// Of a molecule, given the model's torsions.
    pub(super) fn new(topology: &Topology, pivots: &[Pivot]) -> Result<Self, ZMatrixError> {
        let atoms: Vec<[usize; 4]> = pivots.iter().map(|pivot| pivot.atoms).collect();
        let zmatrix = ZMatrix::new(topology, &atoms)?;
        let torsions = pivots
            .iter()
            .map(|pivot| {
                let found = zmatrix.torsion_coordinate(pivot.atoms);
                found.ok_or_else(|| ZMatrixError::NoCoordinate {
                    name: pivot.name.clone(),
                })
            })
            .collect::<Result<Vec<usize>, _>>()?;
        let turning = torsion_blocks(topology, BlockKind::Single, false);
        let rotors: Vec<usize> = turning
            .iter()
            .flat_map(|block| &block.pivots)
            .filter_map(|pivot| zmatrix.axis_coordinate([pivot.atoms[1], pivot.atoms[2]]))
            .filter(|coordinate| !torsions.contains(coordinate))
            .collect();
        let stiff = (0..zmatrix.n_coordinates())
            .filter(|coordinate| !torsions.contains(coordinate) && !rotors.contains(coordinate))
            .collect();
        Ok(Self {
            zmatrix,
            torsions,
            rotors,
            stiff,
        })
    }

    /// Everything but the model's torsions: stiff coordinates first, rotors last.
    pub(super) fn free(&self) -> Vec<usize> {
        self.stiff.iter().chain(&self.rotors).copied().collect()
    }
}
