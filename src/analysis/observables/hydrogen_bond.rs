//! Hydrogen bonds by geometry.

use super::distance::position;
use crate::topology::{Element, Topology};
use crate::vector::{difference, dot, norm};

/// Longest distance of hydrogen and acceptor, nm.
const MAX_DISTANCE_NM: f64 = 0.25;
/// Cosine of the smallest angle at the hydrogen, 120 degrees.
const MAX_COSINE: f64 = -0.5;

/// Atoms that may take part: `[donor, hydrogen]` of N-H and O-H, and acceptors O and N.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HydrogenBonds {
    donors: Vec<[usize; 2]>,
    acceptors: Vec<usize>,
}

impl HydrogenBonds {
    /// Those of a molecule.
    #[must_use]
    pub fn of(topology: &Topology) -> Self {
        let element = |atom: usize| topology.atoms[atom].element;
        let is_polar = |atom: usize| [Element::NITROGEN, Element::OXYGEN].contains(&element(atom));
        let bonds = topology.bonds.iter().flat_map(|&[a, b]| [[a, b], [b, a]]);
        Self {
            donors: bonds
                .filter(|&[a, b]| is_polar(a) && element(b) == Element::HYDROGEN)
                .collect(),
            acceptors: (0..topology.n_atoms()).filter(|&a| is_polar(a)).collect(),
        }
    }

    /// Number of triplets donor-hydrogen-acceptor in a frame `[n_atoms * 3]` in nm with a distance H...A below 0.25 nm and an angle
    /// D-H...A above 120 degrees (Baker and Hubbard 1984, doi:10.1016/0079-6107(84)90007-5). A hydrogen near both oxygens of a carboxylate
    /// counts twice.
    #[must_use]
    pub fn count(&self, positions: &[f32]) -> usize {
        let pairs = self.donors.iter().flat_map(|&[donor, hydrogen]| {
            let others = self.acceptors.iter().filter(move |&&a| a != donor);
            others.map(move |&acceptor| [donor, hydrogen, acceptor])
        });
        pairs
            .filter(|triplet| is_bond(triplet.map(|atom| position(positions, atom))))
            .count()
    }
}

fn is_bond([donor, hydrogen, acceptor]: [[f64; 3]; 3]) -> bool {
    let to_acceptor = difference(acceptor, hydrogen);
    let distance = norm(to_acceptor);
    if distance >= MAX_DISTANCE_NM {
        return false;
    }
    let to_donor = difference(donor, hydrogen);
    dot(to_acceptor, to_donor) < MAX_COSINE * distance * norm(to_donor)
}
