//! Distances and sizes of one frame: pair distances, chain ends, radius of gyration. No angles, no periodic images.

use crate::topology::{Element, Topology};
use crate::vector::{difference, dot, norm};

/// Position of one atom in nm from a frame `[n_atoms * 3]`.
pub(crate) fn position(positions: &[f32], atom_index: usize) -> [f64; 3] {
    std::array::from_fn(|axis| f64::from(positions[3 * atom_index + axis]))
}

/// Distances in nm of atom pairs, `[n_pairs]`, of one frame `[n_atoms * 3]` in nm; computed in f64.
///
/// # Panics
/// If an atom index is outside `positions`.
#[must_use]
pub fn pair_distances(positions: &[f32], pairs: &[[usize; 2]]) -> Vec<f64> {
    pairs
        .iter()
        .map(|&[a, b]| norm(difference(position(positions, b), position(positions, a))))
        .collect()
}

/// Mass-weighted radius of gyration in nm, sqrt(sum m |r - R|^2 / sum m) about the centre of mass R.
///
/// `positions` in nm `[n_atoms * 3]`, `masses_da` `[n_atoms]`.
///
/// # Panics
/// If `positions` is shorter than three times `masses_da`.
#[must_use]
pub fn radius_of_gyration(positions: &[f32], masses_da: &[f64]) -> f64 {
    let total: f64 = masses_da.iter().sum();
    let mut centre = [0.0; 3];
    for (atom_index, mass) in masses_da.iter().enumerate() {
        let point = position(positions, atom_index);
        for axis in 0..3 {
            centre[axis] += mass * point[axis] / total;
        }
    }
    let moment: f64 = masses_da
        .iter()
        .enumerate()
        .map(|(atom_index, mass)| {
            let offset = difference(position(positions, atom_index), centre);
            mass * dot(offset, offset)
        })
        .sum();
    (moment / total).sqrt()
}

/// All pairs of atoms that are not hydrogens, first < second, in the order of the topology.
#[must_use]
pub fn heavy_atom_pairs(topology: &Topology) -> Vec<[usize; 2]> {
    let heavy: Vec<usize> = (0..topology.n_atoms())
        .filter(|&atom_index| topology.atoms[atom_index].element != Element::HYDROGEN)
        .collect();
    let later = |start: usize| heavy[start + 1..].iter();
    (0..heavy.len())
        .flat_map(|start| later(start).map(move |&second| (start, second)))
        .map(|(start, second)| [heavy[start], second])
        .collect()
}

/// The two atoms whose distance is the end-to-end distance: backbone N (cap: CH3) of the first residue, backbone C (cap:
/// CH3, then N) of the last. `None` where a residue at an end has none of them.
#[must_use]
pub fn end_to_end_atoms(topology: &Topology) -> Option<[usize; 2]> {
    let find = |residue_index: usize, names: &[&str]| {
        names
            .iter()
            .find_map(|name| topology.atom_index(residue_index, name))
    };
    let last = topology.residues.len().checked_sub(1)?;
    Some([find(0, &["N", "CH3"])?, find(last, &["C", "CH3", "N"])?])
}
