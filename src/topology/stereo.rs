//! Hands and isomers of a structure: L or D at every stereocentre, cis or trans at every peptide bond. Compares, never corrects.

use super::Topology;
use super::chirality::{ChiralCenter, chiral_centers};
use super::torsions::{NamedTorsion, TorsionKind, backbone_torsions, torsion_rad};

/// A centre flatter than this in nm³ has no hand: a tenth of a relaxed one.
const FLAT_NM3: f64 = 0.000_25;
/// A peptide bond within this many radians of a right angle is neither cis nor trans.
const UNDECIDED_RAD: f64 = 0.175;

/// The hand of every stereocentre and the isomer of every peptide bond of one structure.
#[derive(Debug, Clone, PartialEq)]
pub struct Stereo {
    centers: Vec<(ChiralCenter, Option<bool>)>,
    peptide_bonds: Vec<(NamedTorsion, Option<bool>)>,
}

impl Stereo {
    /// Of a structure, positions `[n_atoms][3]` in nm.
    ///
    /// # Panics
    /// If the positions are fewer than the atoms.
    #[must_use]
    pub fn of(topology: &Topology, positions: &[[f64; 3]]) -> Self {
        let hand = |center: ChiralCenter| {
            let volume = center.volume_nm3(positions);
            (center, (volume.abs() > FLAT_NM3).then_some(volume > 0.0))
        };
        let isomer = |bond: NamedTorsion| {
            let cosine = torsion_rad(positions, bond.atoms).cos();
            let is_cis = (cosine.abs() > UNDECIDED_RAD.sin()).then_some(cosine > 0.0);
            (bond, is_cis)
        };
        let omegas = backbone_torsions(topology)
            .into_iter()
            .filter(|torsion| torsion.kind == TorsionKind::Omega);
        Self {
            centers: chiral_centers(topology).into_iter().map(hand).collect(),
            peptide_bonds: omegas.map(isomer).collect(),
        }
    }

    /// What another structure of the same molecule has otherwise, in words; what this one leaves undecided counts as no change.
    #[must_use]
    pub fn changes(&self, other: &Self, topology: &Topology) -> Vec<String> {
        let differs =
            |before: Option<bool>, after: Option<bool>| before.is_some() && before != after;
        let centers = self.centers.iter().zip(&other.centers);
        let hands = centers
            .filter(|((_, before), (_, after))| differs(*before, *after))
            .map(|((center, before), (_, after))| {
                let label = topology.label(center.center);
                format!("{label} was {}, is {}", hand(*before), hand(*after))
            });
        let bonds = self.peptide_bonds.iter().zip(&other.peptide_bonds);
        let isomers = bonds
            .filter(|((_, before), (_, after))| differs(*before, *after))
            .map(|((bond, before), (_, after))| {
                let [_, carbon, nitrogen, _] = bond.atoms;
                format!(
                    "the peptide bond {} - {} was {}, is {}",
                    topology.label(carbon),
                    topology.label(nitrogen),
                    isomer(*before),
                    isomer(*after)
                )
            });
        hands.chain(isomers).collect()
    }

    /// Flat centres and half-turned peptide bonds, in words: the structure does not say what they are.
    #[must_use]
    pub fn undecided(&self, topology: &Topology) -> Vec<String> {
        let centers = self.centers.iter().filter(|(_, hand)| hand.is_none());
        let bonds = self
            .peptide_bonds
            .iter()
            .filter(|(_, isomer)| isomer.is_none());
        centers
            .map(|(center, _)| format!("{} is flat", topology.label(center.center)))
            .chain(bonds.map(|(bond, _)| {
                format!(
                    "the peptide bond {} - {} is neither cis nor trans",
                    topology.label(bond.atoms[1]),
                    topology.label(bond.atoms[2])
                )
            }))
            .collect()
    }
}

fn hand(natural: Option<bool>) -> &'static str {
    match natural {
        Some(true) => "of natural hand (L)",
        Some(false) => "mirrored (D)",
        None => "flat",
    }
}

fn isomer(is_cis: Option<bool>) -> &'static str {
    match is_cis {
        Some(true) => "cis",
        Some(false) => "trans",
        None => "neither cis nor trans",
    }
}
