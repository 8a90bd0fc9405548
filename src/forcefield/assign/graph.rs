//! A topology with the neighbours of its atoms: what the parameters that need no force field follow from.

use crate::topology::{Element, Topology};

/// Atoms and who is bonded to whom.
#[derive(Clone, Copy)]
pub(in crate::forcefield) struct Graph<'a> {
    pub(in crate::forcefield) topology: &'a Topology,
    /// [`Topology::neighbors`] of it.
    pub(in crate::forcefield) neighbors: &'a [Vec<usize>],
}

impl Graph<'_> {
    pub(in crate::forcefield) fn element(&self, atom: usize) -> Element {
        self.topology.atoms[atom].element
    }

    pub(super) fn is_hydrogen(&self, atom: usize) -> bool {
        self.element(atom) == Element::HYDROGEN
    }
}
