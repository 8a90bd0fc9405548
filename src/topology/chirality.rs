//! Stereocentres and the sign of their chiral volume.

use super::Topology;
use super::element::Element;
use super::internal_coordinates::point;
use super::torsions::backbone::{Backbone, Chains};

/// Where a stereocentre is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CenterKind {
    /// CA, which tells L from D.
    Backbone,
    /// CB of isoleucine and threonine, CG of hydroxyproline.
    SideChain,
}

/// A tetrahedral carbon with three heavy neighbours and one hydrogen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChiralCenter {
    /// CA or CB.
    pub kind: CenterKind,
    /// The carbon.
    pub center: usize,
    /// Its heavy neighbours in the order that makes the volume of an L amino acid (and of natural ILE, THR) positive.
    pub neighbors: [usize; 3],
}

/// Names of the neighbours, by residue and centre, in the order that is positive for natural residues.
const SIDE_CHAIN_CENTERS: [(&str, &str, [&str; 3]); 4] = [
    ("ILE", "CB", ["CA", "CG1", "CG2"]),
    ("THR", "CB", ["CA", "OG1", "CG2"]),
    ("TPO", "CB", ["CA", "OG1", "CG2"]),
    ("HYP", "CG", ["OD1", "CB", "CD"]),
];

impl ChiralCenter {
    /// Signed volume (a - x) . ((b - x) x (c - x)) in nm³ at positions `[n_atoms][3]` in nm; about +0.0025 for an L residue.
    ///
    /// # Panics
    /// If the positions are fewer than the atoms.
    #[must_use]
    pub fn volume_nm3(&self, positions: &[[f64; 3]]) -> f64 {
        let center = point(positions[self.center]);
        let [a, b, c] = self.neighbors.map(|atom| point(positions[atom]) - center);
        a.dot(&b.cross(&c))
    }
}

/// CA of every residue but glycine, by its place in the backbone where it has no name, and centres of side chains.
#[must_use]
pub fn chiral_centers(topology: &Topology) -> Vec<ChiralCenter> {
    let neighbors = topology.neighbors();
    let chains = Chains::new(topology, &neighbors);
    let mut centers = Vec::new();
    for (residue_index, residue) in topology.residues.iter().enumerate() {
        let find = |name: &str| topology.atom_index(residue_index, name);
        let add = |centers: &mut Vec<ChiralCenter>,
                   kind: CenterKind,
                   center: &str,
                   [a, b, c]: [&str; 3]| {
            if let (Some(center), Some(a), Some(b), Some(c)) =
                (find(center), find(a), find(b), find(c))
                && topology.atoms[center].element == Element::CARBON
            {
                centers.push(ChiralCenter {
                    kind,
                    center,
                    neighbors: [a, b, c],
                });
            }
        };
        add(&mut centers, CenterKind::Backbone, "CA", ["N", "C", "CB"]);
        if find("CA").is_none() {
            let own = chains.backbones[residue_index];
            centers.extend(unnamed_alpha(topology, &neighbors, own));
        }
        for (_, center, neighbors) in SIDE_CHAIN_CENTERS
            .iter()
            .filter(|(name, _, _)| *name == residue.name)
        {
            add(&mut centers, CenterKind::SideChain, center, *neighbors);
        }
    }
    centers
}

/// The carbon between nitrogen and carbonyl, with its one other heavy neighbour.
fn unnamed_alpha(
    topology: &Topology,
    neighbors: &[Vec<usize>],
    own: Backbone,
) -> Option<ChiralCenter> {
    let (nitrogen, center, carbonyl) = (own.nitrogen?, own.alpha?, own.carbonyl?);
    let others = neighbors[center].iter().copied();
    let heavy: Vec<usize> = others
        .filter(|&atom| ![nitrogen, carbonyl].contains(&atom))
        .filter(|&atom| topology.atoms[atom].element != Element::HYDROGEN)
        .collect();
    let [beta] = heavy[..] else {
        return None;
    };
    (neighbors[center].len() == 4).then_some(ChiralCenter {
        kind: CenterKind::Backbone,
        center,
        neighbors: [nitrogen, carbonyl, beta],
    })
}

/// Indices of the residues whose CA has the hand of a D amino acid at positions `[n_atoms][3]` in nm, ascending.
pub(crate) fn mirrored_residues(topology: &Topology, positions: &[[f64; 3]]) -> Vec<usize> {
    chiral_centers(topology)
        .into_iter()
        .filter(|center| center.kind == CenterKind::Backbone && center.volume_nm3(positions) < 0.0)
        .map(|center| topology.atoms[center.center].residue_index)
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::super::{ResidueLibrary, Sequence, build};
    use super::*;

    /// A carbon with a hydrogen and three heavy neighbours, of which not two are methyl groups or the like.
    #[test]
    fn every_stereocentre_of_every_residue_is_listed() {
        for residue in ResidueLibrary::get().residues() {
            // CYX is CYS with a partner.
            if residue.cap || residue.name == "CYX" {
                continue;
            }
            let sequence = Sequence::parse(&format!("ACE-{}-NME", residue.name)).unwrap();
            let topology = build(&sequence, &[]).unwrap().topology;
            let neighbors = topology.neighbors();
            let is_hydrogen = |&atom: &usize| topology.atoms[atom].element == Element::HYDROGEN;
            // What tells branches apart at a glance: element, and how many hydrogens.
            let branch = |&atom: &usize| {
                let hydrogens = neighbors[atom].iter().filter(|atom| is_hydrogen(atom));
                (topology.atoms[atom].element.symbol(), hydrogens.count())
            };
            let listed = chiral_centers(&topology);
            for atom in topology.residues[1].atoms.clone() {
                let [hydrogens, heavy]: [Vec<usize>; 2] = [true, false].map(|wanted| {
                    let bonded = neighbors[atom].iter().copied();
                    bonded.filter(|n| is_hydrogen(n) == wanted).collect()
                });
                let mut branches: Vec<_> = heavy.iter().map(branch).collect();
                branches.sort_unstable();
                let are_twins = branches
                    .windows(2)
                    .any(|pair| pair[0] == pair[1] && pair[0].1 == 3);
                let is_center = hydrogens.len() == 1 && heavy.len() == 3 && !are_twins;
                assert_eq!(
                    listed.iter().any(|center| center.center == atom),
                    is_center,
                    "{}",
                    topology.label(atom)
                );
            }
        }
    }

    #[test]
    fn natural_residues_are_positive_and_mirror_images_negative() {
        let molecule = build(&Sequence::parse("AITGV").unwrap(), &[]).unwrap();
        let centers = chiral_centers(&molecule.topology);
        assert_eq!(centers.len(), 6);
        let mirrored: Vec<[f64; 3]> = molecule
            .positions
            .iter()
            .map(|&[x, y, z]| [-x, y, z])
            .collect();
        for center in centers {
            let volume = center.volume_nm3(&molecule.positions);
            assert!((0.0015..0.0035).contains(&volume), "{volume}");
            assert!((center.volume_nm3(&mirrored) + volume).abs() < 1e-15);
        }
    }
}
