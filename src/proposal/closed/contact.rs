//! Atoms that no conformation brings so near: structures that are not worth an energy.

use crate::topology::{Element, Topology};
use crate::vector::Point;

/// Distances in nm below which two heavy atoms, a heavy atom and a hydrogen, and two hydrogens lie some 20 kT up their wall: shorter
/// than hydrogen bonds and all that a simulation at 600 K visits.
const NEAREST_NM: [f64; 3] = [0.24, 0.155, 0.14];

/// Pairs of atoms in different parts that are more than three bonds apart, with the square of their least distance.
#[derive(Debug, Clone)]
pub(super) struct Contacts {
    pairs: Vec<(u32, u32, f64)>,
}

impl Contacts {
    /// `parts` says in which part every atom is.
    pub(super) fn new(topology: &Topology, neighbors: &[Vec<usize>], parts: &[usize]) -> Self {
        let is_hydrogen = |atom: usize| topology.atoms[atom].element == Element::HYDROGEN;
        let mut pairs = Vec::new();
        for one in 0..parts.len() {
            let near = within_three_bonds(neighbors, one);
            for other in one + 1..parts.len() {
                if parts[one] != parts[other] && !near.contains(&other) {
                    let n_hydrogens =
                        usize::from(is_hydrogen(one)) + usize::from(is_hydrogen(other));
                    let index = |atom: usize| u32::try_from(atom).expect("invariant: few atoms");
                    pairs.push((index(one), index(other), NEAREST_NM[n_hydrogens].powi(2)));
                }
            }
        }
        Self { pairs }
    }

    /// Whether any pair is nearer than it ever is.
    pub(super) fn clash(&self, points: &[Point]) -> bool {
        let is_near = |&(one, other, nearest): &(u32, u32, f64)| {
            (points[one as usize] - points[other as usize]).norm_squared() < nearest
        };
        self.pairs.iter().any(is_near)
    }
}

fn within_three_bonds(neighbors: &[Vec<usize>], atom: usize) -> Vec<usize> {
    let mut found = vec![atom];
    let mut newest = 0..1;
    for _ in 0..3 {
        let end = found.len();
        for index in newest.clone() {
            for &next in &neighbors[found[index]] {
                if !found.contains(&next) {
                    found.push(next);
                }
            }
        }
        newest = end..found.len();
    }
    found
}
