//! The match of a residue template to a residue by elements and bonds. Atom names play no part in it.
//!
//! The search visits atoms in the order OpenMM does, so that equivalent atoms (the two NH of an arginine) get the
//! same template atoms there and here; AMBER's ordering of improper torsions depends on it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::forcefield::xml::definition::{ResidueTemplate, TemplateAtom};
use crate::topology::{Element, Topology};

/// A residue cut out of a molecule; bonds are indices into the residue.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ResidueGraph {
    pub(super) elements: Vec<Element>,
    pub(super) neighbors: Vec<Vec<usize>>,
    pub(super) n_external_bonds: Vec<usize>,
}

impl ResidueGraph {
    /// `neighbors` are those of the whole molecule.
    pub(super) fn new(topology: &Topology, neighbors: &[Vec<usize>], residue_index: usize) -> Self {
        let range = topology.residues[residue_index].atoms.clone();
        let inside = |atom: usize| {
            neighbors[atom]
                .iter()
                .filter(|bonded| range.contains(bonded))
                .map(|bonded| bonded - range.start)
                .collect::<Vec<_>>()
        };
        Self {
            elements: range
                .clone()
                .map(|atom| topology.atoms[atom].element)
                .collect(),
            n_external_bonds: range
                .clone()
                .map(|atom| neighbors[atom].len() - inside(atom).len())
                .collect(),
            neighbors: range.clone().map(inside).collect(),
        }
    }
}

/// Template atom of every atom of the residue, or `None` where the graphs differ.
pub(super) fn match_residue(
    residue: &ResidueGraph,
    template: &ResidueTemplate,
) -> Option<Vec<usize>> {
    let n_atoms = residue.elements.len();
    if n_atoms != template.atoms.len() {
        return None;
    }
    let candidates: Vec<Vec<usize>> = (0..n_atoms)
        .map(|atom| candidates(residue, atom, template))
        .collect();
    if candidates.iter().any(Vec::is_empty) {
        return None;
    }
    let mut search = Search {
        residue,
        template,
        order: search_order(residue, &candidates),
        candidates,
        matches: vec![None; n_atoms],
        taken: vec![false; n_atoms],
    };
    search.extend(0).then(|| {
        search
            .matches
            .into_iter()
            .map(|found| found.expect("invariant: a complete search matched every atom"))
            .collect()
    })
}

/// Template atoms with the element and the numbers of bonds of an atom, in template order.
fn candidates(residue: &ResidueGraph, atom: usize, template: &ResidueTemplate) -> Vec<usize> {
    let fits = |candidate: &TemplateAtom| {
        candidate.element == Some(residue.elements[atom])
            && candidate.neighbors.len() == residue.neighbors[atom].len()
            && candidate.n_external_bonds == residue.n_external_bonds[atom]
    };
    (0..template.atoms.len())
        .filter(|&index| fits(&template.atoms[index]))
        .collect()
}

/// Starts at an atom with the fewest candidates and goes on with bonded atoms, fewest candidates first.
fn search_order(residue: &ResidueGraph, candidates: &[Vec<usize>]) -> Vec<usize> {
    let n_atoms = candidates.len();
    let mut order = Vec::with_capacity(n_atoms);
    let mut reached = vec![false; n_atoms];
    let mut frontier = BinaryHeap::new();
    while order.len() < n_atoms {
        let next = match frontier.pop() {
            Some(Reverse((_, atom))) => atom,
            None => (0..n_atoms)
                .filter(|&atom| !reached[atom])
                .min_by_key(|&atom| candidates[atom].len())
                .expect("invariant: atoms remain"),
        };
        reached[next] = true;
        order.push(next);
        for &bonded in &residue.neighbors[next] {
            if !reached[bonded] {
                reached[bonded] = true;
                frontier.push(Reverse((candidates[bonded].len(), bonded)));
            }
        }
    }
    order
}

struct Search<'a> {
    residue: &'a ResidueGraph,
    template: &'a ResidueTemplate,
    order: Vec<usize>,
    candidates: Vec<Vec<usize>>,
    matches: Vec<Option<usize>>,
    taken: Vec<bool>,
}

impl Search<'_> {
    /// Matches the atoms from `position` of the search order on; undoes its own choices where it fails.
    fn extend(&mut self, position: usize) -> bool {
        let Some(&atom) = self.order.get(position) else {
            return true;
        };
        for candidate in self.options(atom) {
            let free = !self.taken[candidate] && self.candidates[atom].contains(&candidate);
            if !free || !self.bonds_agree(atom, candidate) {
                continue;
            }
            self.matches[atom] = Some(candidate);
            self.taken[candidate] = true;
            if self.extend(position + 1) {
                return true;
            }
            self.matches[atom] = None;
            self.taken[candidate] = false;
        }
        false
    }

    /// The template neighbours of an already matched neighbour (the one matched by the lowest atom index), else all candidates.
    fn options(&self, atom: usize) -> Vec<usize> {
        let anchor = self.residue.neighbors[atom]
            .iter()
            .find_map(|&bonded| self.matches[bonded]);
        match anchor {
            Some(matched) => self.template.atoms[matched].neighbors.clone(),
            None => self.candidates[atom].clone(),
        }
    }

    fn bonds_agree(&self, atom: usize, candidate: usize) -> bool {
        self.residue.neighbors[atom]
            .iter()
            .filter_map(|&bonded| self.matches[bonded])
            .all(|matched| self.template.atoms[candidate].neighbors.contains(&matched))
    }
}
