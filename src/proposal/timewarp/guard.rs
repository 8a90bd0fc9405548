//! Tells whether a jump turned a stereocentre inside out.

use crate::topology::{Element, Topology};

/// Atoms with four bonds, at least three of them to heavy atoms: each with its first three heavy neighbours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChiralGuard {
    centers: Vec<[usize; 4]>,
}

impl ChiralGuard {
    /// Finds the centres of a molecule.
    #[must_use]
    pub fn new(topology: &Topology) -> Self {
        let mut neighbors = vec![Vec::new(); topology.atoms.len()];
        for &[a, b] in &topology.bonds {
            neighbors[a].push(b);
            neighbors[b].push(a);
        }
        let mut centers = Vec::new();
        for (center, mut own) in neighbors.into_iter().enumerate() {
            let n_bonds = own.len();
            own.retain(|&atom| topology.atoms[atom].element != Element::HYDROGEN);
            own.sort_unstable();
            if let (4, &[a, b, c, ..]) = (n_bonds, own.as_slice()) {
                centers.push([center, a, b, c]);
            }
        }
        Self { centers }
    }

    /// Number of centres.
    #[must_use]
    pub fn n_centers(&self) -> usize {
        self.centers.len()
    }

    /// Whether a centre has another handedness at `after` than at `before`, positions `[n_atoms * 3]` each.
    ///
    /// The sign of a . (b x c), the vectors from the centre to its neighbours.
    #[must_use]
    pub fn flips(&self, before: &[f64], after: &[f64]) -> bool {
        let mut centers = self.centers.iter();
        centers.any(|center| volume(before, center) * volume(after, center) < 0.0)
    }
}

fn volume(positions: &[f64], &[center, a, b, c]: &[usize; 4]) -> f64 {
    let from_center = |atom: usize| -> [f64; 3] {
        std::array::from_fn(|axis| positions[3 * atom + axis] - positions[3 * center + axis])
    };
    let [a, b, c] = [a, b, c].map(from_center);
    a[0] * (b[1] * c[2] - b[2] * c[1])
        + a[1] * (b[2] * c[0] - b[0] * c[2])
        + a[2] * (b[0] * c[1] - b[1] * c[0])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;
    use crate::topology::{Sequence, build};

    #[test]
    fn mirror_images_flip_and_small_moves_do_not() {
        // Alanine: CA. Valine: CA and CB. Glycine: none.
        for (sequence, n_centers) in [("ACE-ALA-NME", 1), ("ACE-VAL-NME", 2), ("ACE-GLY-NME", 0)] {
            let molecule = build(&Sequence::parse(sequence).unwrap(), &[]).unwrap();
            let guard = ChiralGuard::new(&molecule.topology);
            assert_eq!(guard.n_centers(), n_centers, "{sequence}");
            let x: Vec<f64> = molecule.positions.iter().flatten().copied().collect();
            let mirrored: Vec<f64> = x
                .iter()
                .enumerate()
                .map(|(i, x)| if i % 3 == 0 { -x } else { *x })
                .collect();
            let shaken: Vec<f64> = x
                .iter()
                .enumerate()
                .map(|(i, x)| x + 0.005 * (i as f64).sin())
                .collect();
            assert_eq!(guard.flips(&x, &mirrored), n_centers > 0);
            assert!(!guard.flips(&x, &shaken));
        }
    }
}
