//! A soft score of atoms that come too close, for choosing conformations while building. Not an energy.

use crate::topology::Topology;
use crate::topology::element::Element;
use crate::topology::internal_coordinates::Point;
use std::collections::VecDeque;

/// Which pairs count and how close they may come.
#[derive(Debug, Clone)]
pub(crate) struct ClashScore {
    n_atoms: usize,
    /// `[n_atoms, n_atoms]`, distance in nm below which a pair is penalised; zero for pairs up to three bonds apart.
    limit_nm: Vec<f64>,
}

impl ClashScore {
    pub(crate) fn new(topology: &Topology) -> Self {
        let n_atoms = topology.n_atoms();
        let neighbors = topology.neighbors();
        let polar: Vec<bool> = (0..n_atoms)
            .map(|index| is_polar(topology, &neighbors, index))
            .collect();
        let mut limit_nm = vec![0.0; n_atoms * n_atoms];
        for first in 0..n_atoms {
            let near = within_bonds(&neighbors, first, 3);
            for second in 0..n_atoms {
                if !near[second] {
                    let elements = [
                        topology.atoms[first].element,
                        topology.atoms[second].element,
                    ];
                    limit_nm[first * n_atoms + second] =
                        contact_nm(elements, polar[first] && polar[second]);
                }
            }
        }
        Self { n_atoms, limit_nm }
    }

    /// Penalty of a pair, squared overlap relative to the contact distance.
    fn pair(&self, first: usize, second: usize, positions: &[Point]) -> f64 {
        let limit = self.limit_nm[first * self.n_atoms + second];
        let distance_squared = (positions[first] - positions[second]).norm_squared();
        if distance_squared >= limit * limit {
            return 0.0;
        }
        let overlap = 1.0 - distance_squared.sqrt() / limit;
        overlap * overlap * (1.0 + 20.0 * overlap)
    }

    /// Add the forces, minus the slope of the penalty, of all pairs times a weight.
    pub(super) fn add_forces(&self, positions: &[Point], weight: f64, forces: &mut [Point]) {
        for first in 0..self.n_atoms {
            for second in 0..first {
                let limit = self.limit_nm[first * self.n_atoms + second];
                let apart = positions[first] - positions[second];
                let squared = apart.norm_squared();
                if squared >= limit * limit {
                    continue;
                }
                let distance = squared.sqrt().max(1e-6);
                let overlap = 1.0 - distance / limit;
                let slope = 2.0 * overlap + 60.0 * overlap * overlap;
                let push = weight * slope / (limit * distance) * apart;
                forces[first] += push;
                forces[second] -= push;
            }
        }
    }

    /// Penalty between a group and all atoms, each pair once or twice (inside the group).
    pub(crate) fn group(&self, group: &[usize], positions: &[Point]) -> f64 {
        group
            .iter()
            .map(|&first| {
                (0..self.n_atoms)
                    .map(|second| self.pair(first, second, positions))
                    .sum::<f64>()
            })
            .sum()
    }

    /// Penalty among a subset of atoms, each pair once.
    pub(crate) fn among(&self, atoms: &[usize], positions: &[Point]) -> f64 {
        let mut total = 0.0;
        for (rank, &first) in atoms.iter().enumerate() {
            for &second in &atoms[..rank] {
                total += self.pair(first, second, positions);
            }
        }
        total
    }
}

/// Hydrogen on N, O or S; or N, O itself.
fn is_polar(topology: &Topology, neighbors: &[Vec<usize>], index: usize) -> bool {
    let hetero = |element| element == Element::NITROGEN || element == Element::OXYGEN;
    match topology.atoms[index].element {
        Element::HYDROGEN => neighbors[index]
            .iter()
            .any(|&parent| hetero(topology.atoms[parent].element)),
        element => hetero(element),
    }
}

/// Distance in nm below which two atoms repel noticeably: somewhat under the sum of their van der Waals radii.
fn contact_nm(elements: [Element; 2], both_polar: bool) -> f64 {
    let n_hydrogens = elements.iter().filter(|&&e| e == Element::HYDROGEN).count();
    match (n_hydrogens, both_polar) {
        (0, false) => 0.33,
        (0, true) => 0.28,
        (1, false) => 0.26,
        (1, true) => 0.18,
        _ => 0.21,
    }
}

/// For every atom whether it is at most that many bonds away.
pub(crate) fn within_bonds(neighbors: &[Vec<usize>], start: usize, n_bonds: usize) -> Vec<bool> {
    let mut near = vec![false; neighbors.len()];
    near[start] = true;
    let mut queue = VecDeque::from([(start, 0)]);
    while let Some((index, depth)) = queue.pop_front() {
        if depth == n_bonds {
            continue;
        }
        for &next in &neighbors[index] {
            if !near[next] {
                near[next] = true;
                queue.push_back((next, depth + 1));
            }
        }
    }
    near
}
