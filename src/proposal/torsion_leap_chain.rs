//! A molecule as the features of `torsion_leap` see it: residues in a row, their landmarks, named torsions and bonded
//! neighbours. Computes no features.

use super::Pivot;
use super::torsion_leap_vocabulary::Landmarks;
use crate::topology::{NamedTorsion, Topology, TorsionKind, named_torsions, terminal_psi_torsions};
use std::collections::HashMap;

/// Residues joined by peptide bonds, with what features are made of.
pub(super) struct Chain<'a> {
    topology: &'a Topology,
    neighbors: Vec<Vec<usize>>,
    residues: Vec<Landmarks>,
    torsions: HashMap<(usize, TorsionKind), NamedTorsion>,
    nothing: Landmarks,
}

impl<'a> Chain<'a> {
    pub(super) fn new(topology: &'a Topology) -> Self {
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

    pub(super) fn residue(&self, index: usize) -> &Landmarks {
        &self.residues[index]
    }

    /// The landmarks of a residue, or of nothing.
    pub(super) fn at(&self, index: Option<usize>) -> Landmarks {
        index
            .map_or(&self.nothing, |index| &self.residues[index])
            .clone()
    }

    /// The residue that a peptide bond joins to the nitrogen of this one.
    pub(super) fn before(&self, index: usize) -> Option<usize> {
        let before = index.checked_sub(1)?;
        self.joined(before, index).then_some(before)
    }

    /// The residue that a peptide bond joins to the carbonyl of this one.
    pub(super) fn after(&self, index: usize) -> Option<usize> {
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
    pub(super) fn torsion(&self, index: usize, kind: TorsionKind) -> Option<[usize; 4]> {
        self.torsions
            .get(&(index, kind))
            .map(|torsion| torsion.atoms)
    }

    /// Which named torsion a pivot turns.
    pub(super) fn kind(&self, pivot: &Pivot) -> TorsionKind {
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
    pub(super) fn others(&self, center: usize, but: usize, first: usize) -> Vec<usize> {
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
    pub(super) fn unknown_residues(&self) -> Vec<String> {
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
