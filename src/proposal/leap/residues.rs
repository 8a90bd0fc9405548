//! What the networks of `torsion_leap` know of residues: names, landmarks that stand for what matters to neighbours, named
//! torsions and bonded atoms, of a whole molecule in a row.

use crate::proposal::torsion::pivot::Pivot;
use crate::topology::{NamedTorsion, Topology, TorsionKind, named_torsions, terminal_psi_torsions};
use std::collections::HashMap;

/// Residues that the networks know, caps included. The order is part of the models' format.
pub(super) const RESIDUE_NAMES: [&str; 30] = [
    "ALA", "ARG", "ASN", "ASP", "CYS", "GLN", "GLU", "GLY", "HIE", "ILE", "LEU", "LYS", "MET",
    "PHE", "PRO", "SER", "THR", "TRP", "TYR", "VAL", "ASH", "CYM", "CYX", "GLH", "HID", "HIP",
    "LYN", "ACE", "NHE", "NME",
];
/// Entries of [`RESIDUE_NAMES`] that are caps: the last ones.
const N_CAPS: usize = 3;
/// Type of what lies beyond the end of a chain.
const NOTHING: usize = RESIDUE_NAMES.len();
/// Type of a residue that is not known.
const UNKNOWN: usize = NOTHING + 1;
/// Number of types.
pub(super) const N_TYPES: usize = UNKNOWN + 1;

/// Atom at the far end of a side chain, where its charge or its bulk is.
const TIPS: [(&str, &str); 26] = [
    ("ALA", "CB"),
    ("ARG", "CZ"),
    ("ASN", "CG"),
    ("ASP", "CG"),
    ("CYS", "SG"),
    ("GLN", "CD"),
    ("GLU", "CD"),
    ("HIE", "CE1"),
    ("ILE", "CD1"),
    ("LEU", "CG"),
    ("LYS", "NZ"),
    ("MET", "SD"),
    ("PHE", "CZ"),
    ("PRO", "CG"),
    ("SER", "OG"),
    ("THR", "OG1"),
    ("TRP", "CE2"),
    ("TYR", "OH"),
    ("VAL", "CB"),
    ("ASH", "CG"),
    ("CYM", "SG"),
    ("CYX", "SG"),
    ("GLH", "CD"),
    ("HID", "CE1"),
    ("HIP", "CE1"),
    ("LYN", "NZ"),
];

/// Hydrogen whose place tells where a hydrogen bond can go, with the three atoms before it.
const POLAR_HYDROGENS: [(&str, [&str; 4]); 6] = [
    ("SER", ["CA", "CB", "OG", "HG"]),
    ("THR", ["CA", "CB", "OG1", "HG1"]),
    ("CYS", ["CA", "CB", "SG", "HG"]),
    ("TYR", ["CE1", "CZ", "OH", "HH"]),
    ("ASH", ["CB", "CG", "OD2", "HD2"]),
    ("GLH", ["CG", "CD", "OE2", "HE2"]),
];

/// Net charges of side chains in e.
const CHARGES: [(&str, f32); 6] = [
    ("ARG", 1.0),
    ("ASP", -1.0),
    ("GLU", -1.0),
    ("LYS", 1.0),
    ("HIP", 1.0),
    ("CYM", -1.0),
];

/// One residue as its neighbours see it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Landmarks {
    /// Index into [`RESIDUE_NAMES`], or beyond.
    pub(crate) kind: usize,
    pub(crate) n: Option<usize>,
    pub(crate) ca: Option<usize>,
    pub(crate) c: Option<usize>,
    pub(crate) o: Option<usize>,
    /// CB, or HA3 of glycine.
    pub(crate) cb: Option<usize>,
    /// Third atom of the side chain.
    pub(crate) gamma: Option<usize>,
    /// Far end of the side chain.
    pub(super) tip: Option<usize>,
    /// The torsion that ends at a polar hydrogen.
    pub(crate) polar: Option<[usize; 4]>,
    /// Net charge in e, ends of the chain included.
    pub(crate) charge: f32,
    /// A D residue: the densities of its name are those of the L residue, and of no use.
    mirrored: bool,
}

impl Landmarks {
    /// Whether the networks have densities for this residue's torsions.
    pub(crate) fn is_known(&self) -> bool {
        self.kind < RESIDUE_NAMES.len() - N_CAPS && !self.mirrored
    }

    /// Whether it is a D residue.
    pub(super) fn is_mirrored(&self) -> bool {
        self.mirrored
    }

    /// What lies beyond the end of a chain.
    pub(crate) fn nothing() -> Self {
        Self {
            kind: NOTHING,
            ..Self::default()
        }
    }

    pub(crate) fn of(topology: &Topology, residue_index: usize) -> Self {
        let name = topology.residues[residue_index].name.as_str();
        let name = if name == "HIS" { "HIE" } else { name };
        let find = |atom: &str| topology.atom_index(residue_index, atom);
        let first = |atoms: &[&str]| atoms.iter().find_map(|atom| find(atom));
        let (ca, c) = match name {
            "ACE" => (find("CH3"), find("C")),
            "NME" => (find("C"), None),
            _ => (find("CA"), find("C")),
        };
        let gamma = first(&["CG", "OG", "SG", "CG1", "OG1"]);
        let tip = TIPS.iter().find(|(known, _)| *known == name);
        let polar = POLAR_HYDROGENS.iter().find(|(known, _)| *known == name);
        let polar = polar.and_then(|(_, atoms)| {
            let [a, b, c, d] = atoms.map(find);
            Some([a?, b?, c?, d?])
        });
        let side_chain = CHARGES
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(0.0, |c| c.1);
        let kind = RESIDUE_NAMES
            .iter()
            .position(|&known| known == name)
            .unwrap_or(UNKNOWN);
        let is_residue = kind < RESIDUE_NAMES.len() - N_CAPS;
        let has = |atom: &str| f32::from(u8::from(is_residue && find(atom).is_some()));
        let ends = has("H3") - has("OXT");
        Self {
            kind,
            n: find("N"),
            ca,
            c,
            o: find("O"),
            cb: first(&["CB", "HA3"]),
            gamma,
            tip: tip.and_then(|(_, atom)| find(atom)),
            polar,
            charge: side_chain + ends,
            mirrored: topology.mirrored_residues.contains(&residue_index),
        }
    }
}

/// Residues joined by peptide bonds, with what features are made of.
pub(crate) struct PeptideChain<'a> {
    topology: &'a Topology,
    neighbors: Vec<Vec<usize>>,
    residues: Vec<Landmarks>,
    torsions: HashMap<(usize, TorsionKind), NamedTorsion>,
    nothing: Landmarks,
}

impl<'a> PeptideChain<'a> {
    pub(crate) fn new(topology: &'a Topology) -> Self {
        let named = named_torsions(topology).into_iter();
        let named = named.chain(terminal_psi_torsions(topology));
        Self {
            topology,
            neighbors: topology.neighbors(),
            residues: (0..topology.residues.len())
                .map(|i| Landmarks::of(topology, i))
                .collect(),
            torsions: named.map(|t| ((t.residue_index, t.kind), t)).collect(),
            nothing: Landmarks::nothing(),
        }
    }

    pub(crate) fn residue(&self, index: usize) -> &Landmarks {
        &self.residues[index]
    }

    /// The landmarks of a residue, or of nothing.
    pub(crate) fn at(&self, index: Option<usize>) -> Landmarks {
        index
            .map_or(&self.nothing, |index| &self.residues[index])
            .clone()
    }

    /// The residue that a peptide bond joins to the nitrogen of this one.
    pub(crate) fn before(&self, index: usize) -> Option<usize> {
        let before = index.checked_sub(1)?;
        self.joined(before, index).then_some(before)
    }

    /// The residue that a peptide bond joins to the carbonyl of this one.
    pub(crate) fn after(&self, index: usize) -> Option<usize> {
        let after = index + 1;
        (after < self.residues.len() && self.joined(index, after)).then_some(after)
    }

    pub(super) fn before_twice(&self, index: usize) -> Option<usize> {
        self.before(self.before(index)?)
    }

    pub(super) fn after_twice(&self, index: usize) -> Option<usize> {
        self.after(self.after(index)?)
    }

    fn joined(&self, first: usize, second: usize) -> bool {
        match (self.residues[first].c, self.residues[second].n) {
            (Some(carbon), Some(nitrogen)) => self.neighbors[carbon].contains(&nitrogen),
            _ => false,
        }
    }

    /// Atoms of a named torsion, in its own direction.
    pub(crate) fn torsion(&self, index: usize, kind: TorsionKind) -> Option<[usize; 4]> {
        self.torsions
            .get(&(index, kind))
            .map(|torsion| torsion.atoms)
    }

    /// Which named torsion a pivot turns.
    pub(crate) fn kind(&self, pivot: &Pivot) -> TorsionKind {
        let axis = |[_, b, c, _]: [usize; 4]| [b.min(c), b.max(c)];
        let own = axis(pivot.atoms);
        let mut torsions = self.torsions.values();
        torsions
            .find(|t| axis(t.atoms) == own)
            .map_or(TorsionKind::Other, |t| t.kind)
    }

    /// The third neighbour of an amide nitrogen: its hydrogen, or proline's CD.
    pub(super) fn amide_partner(
        &self,
        nitrogen: Option<usize>,
        carbon: Option<usize>,
        alpha: Option<usize>,
    ) -> Option<usize> {
        let nitrogen = nitrogen?;
        let mut others = self.neighbors[nitrogen].iter().copied();
        others.find(|&atom| Some(atom) != carbon && Some(atom) != alpha)
    }

    /// The fourth neighbour of CA: its hydrogen.
    pub(super) fn alpha_partner(&self, own: &Landmarks) -> Option<usize> {
        let mut others = self.neighbors[own.ca?].iter().copied();
        others.find(|&atom| ![own.n, own.c, own.cb].contains(&Some(atom)))
    }

    /// The other oxygen of a free carboxylate.
    pub(super) fn second_oxygen(&self, own: &Landmarks) -> Option<usize> {
        let mut others = self.neighbors[own.c?].iter().copied();
        others.find(|&atom| ![own.ca, own.o].contains(&Some(atom)))
    }

    /// Neighbours of an atom but one, a given one first.
    pub(crate) fn others(&self, center: usize, but: usize, first: usize) -> Vec<usize> {
        let rest = self.neighbors[center].iter().copied();
        let rest = rest.filter(|&atom| atom != but && atom != first);
        std::iter::once(first).chain(rest).collect()
    }

    fn first(&self, index: usize) -> usize {
        std::iter::successors(Some(index), |&i| self.before(i))
            .last()
            .unwrap_or(index)
    }

    fn last(&self, index: usize) -> usize {
        std::iter::successors(Some(index), |&i| self.after(i))
            .last()
            .unwrap_or(index)
    }

    /// The nitrogen at the start of the chain, unless it is this residue's own.
    pub(super) fn first_nitrogen(&self, index: usize) -> Option<usize> {
        let first = self.first(index);
        (first != index).then(|| self.residues[first].n).flatten()
    }

    /// The carbon at the end of the chain, unless it is this residue's own.
    pub(super) fn last_carbon(&self, index: usize) -> Option<usize> {
        let last = self.last(index);
        (last != index).then(|| self.residues[last].c).flatten()
    }

    /// Residues before and after this one in its chain, at most 12 counted.
    pub(super) fn n_residues_around(&self, index: usize) -> [u8; 2] {
        let count = |n: usize| u8::try_from(n.min(12)).unwrap_or(12);
        [
            count(index - self.first(index)),
            count(self.last(index) - index),
        ]
    }

    /// Net charges in e of all residues before this one, of itself, and of all after it.
    pub(super) fn charges_around(&self, index: usize) -> [f32; 3] {
        let sum = |range: std::ops::Range<usize>| range.map(|i| self.residues[i].charge).sum();
        let (first, last) = (self.first(index), self.last(index));
        [
            sum(first..index),
            self.residues[index].charge,
            sum(index + 1..last + 1),
        ]
    }

    /// Residues of the molecule that have no densities although they are no caps.
    pub(crate) fn unknown_residues(&self) -> Vec<String> {
        let named = self.topology.residues.iter().zip(&self.residues);
        named
            .filter(|(residue, landmarks)| {
                !landmarks.is_known() && !["ACE", "NME", "NHE"].contains(&residue.name.as_str())
            })
            .map(|(residue, landmarks)| {
                let hand = if landmarks.is_mirrored() { "D-" } else { "" };
                format!("{hand}{} {}", residue.name, residue.number)
            })
            .collect()
    }
}
