//! Numbers that describe the surroundings of a block of torsions and that turning the block leaves unchanged.

use crate::proposal::torsion::block::{BlockKind, TorsionBlock};
use crate::topology::{Element, Topology, TorsionKind, named_torsions};
use nalgebra::Vector3;

/// One function of positions that is invariant under the pivots of its block; without unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feature {
    /// Cosine of the bond angle at the middle atom.
    Angle([usize; 3]),
    /// Triple product of the unit vectors from the first atom to the others: how far out of plane it is.
    OutOfPlane([usize; 4]),
    /// Sine of a torsion.
    Sine([usize; 4]),
    /// Cosine of a torsion.
    Cosine([usize; 4]),
}

impl Feature {
    /// Value at one replica's positions `[n_atoms][3]`.
    pub(crate) fn value(self, positions: &[[f64; 3]]) -> f64 {
        let between = |from: usize, to: usize| between(positions, from, to);
        match self {
            Self::Angle([a, center, b]) => {
                let (a, b) = (between(center, a), between(center, b));
                a.dot(&b) / (a.norm_squared() * b.norm_squared()).sqrt()
            }
            Self::OutOfPlane([center, a, b, c]) => {
                let [a, b, c] = [a, b, c].map(|atom| between(center, atom));
                let squares = a.norm_squared() * b.norm_squared() * c.norm_squared();
                a.dot(&b.cross(&c)) / squares.sqrt()
            }
            Self::Sine(atoms) => sine_cosine(positions, atoms).0,
            Self::Cosine(atoms) => sine_cosine(positions, atoms).1,
        }
    }
}

fn between(positions: &[[f64; 3]], from: usize, to: usize) -> Vector3<f64> {
    Vector3::from(positions[to]) - Vector3::from(positions[from])
}

/// Sine and cosine of a torsion at one replica's positions `[n_atoms][3]`.
pub(crate) fn sine_cosine(positions: &[[f64; 3]], [a, b, c, d]: [usize; 4]) -> (f64, f64) {
    let axis = between(positions, b, c);
    let left = between(positions, a, b).cross(&axis);
    let right = axis.cross(&between(positions, c, d));
    let norm = (left.norm_squared() * right.norm_squared()).sqrt();
    let sine = left.cross(&right).dot(&axis) / (axis.norm() * norm);
    (sine, left.dot(&right) / norm)
}

/// Features of a block: bond angles and planarity around its axes, torsions of the residue and its neighbours.
pub(crate) fn features(topology: &Topology, block: &TorsionBlock, kind: BlockKind) -> Vec<Feature> {
    let mut features = local_features(topology, block, kind == BlockKind::Pair);
    let own = |atoms: [usize; 4]| {
        let axis = |atoms: [usize; 4]| [atoms[1].min(atoms[2]), atoms[1].max(atoms[2])];
        block.pivots.iter().any(|p| axis(p.atoms) == axis(atoms))
    };
    for torsion in named_torsions(topology) {
        let near = torsion.residue_index.abs_diff(block.residue_index) <= 1;
        if !near || own(torsion.atoms) {
            continue;
        }
        match torsion.kind {
            TorsionKind::Omega => features.push(Feature::Sine(torsion.atoms)),
            TorsionKind::Phi | TorsionKind::Psi | TorsionKind::Chi(1) => {
                features.extend([Feature::Sine(torsion.atoms), Feature::Cosine(torsion.atoms)]);
            }
            _ => {}
        }
    }
    features
}

/// Bond angles and out-of-plane deviations at the atoms of the torsions, hydrogens included or not.
fn local_features(topology: &Topology, block: &TorsionBlock, hydrogens: bool) -> Vec<Feature> {
    let neighbors = topology.neighbors();
    let mut centers: Vec<usize> = block.pivots.iter().flat_map(|pivot| pivot.atoms).collect();
    centers.sort_unstable();
    centers.dedup();
    let mut features = Vec::new();
    for center in centers {
        let around: Vec<usize> = neighbors[center]
            .iter()
            .copied()
            .filter(|&atom| hydrogens || topology.atoms[atom].element != Element::HYDROGEN)
            .collect();
        for (index, &first) in around.iter().enumerate() {
            for &second in &around[index + 1..] {
                features.push(Feature::Angle([first, center, second]));
            }
        }
        if let [a, b, c] = around[..] {
            features.push(Feature::OutOfPlane([center, a, b, c]));
        }
    }
    features
}
