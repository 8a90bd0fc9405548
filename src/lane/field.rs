//! Per-atom vectors in memory, whichever way they are laid out: one replica per lane, or one atom per lane.

use super::{Lane, add};

/// Reads and writes the 3-vector of an atom as lanes of type `M`.
pub trait Field<M: Lane> {
    /// The vector of an atom.
    fn get(&self, atom: usize) -> [M; 3];
    /// Replaces the vector of an atom.
    fn set(&mut self, atom: usize, value: [M; 3]);

    /// Adds to the vector of an atom.
    #[inline(always)]
    fn add(&mut self, atom: usize, value: [M; 3]) {
        let old = self.get(atom);
        self.set(atom, add(old, value));
    }
}

/// `[n_atoms][3]`, every lane a replica.
#[derive(Debug)]
pub struct ReplicaField<'a, L>(pub &'a mut [[L; 3]]);

impl<L: Lane> Field<L> for ReplicaField<'_, L> {
    #[inline(always)]
    fn get(&self, atom: usize) -> [L; 3] {
        self.0[atom]
    }
    #[inline(always)]
    fn set(&mut self, atom: usize, value: [L; 3]) {
        self.0[atom] = value;
    }
}

/// `[n_blocks][3][LANES]` scalars of one replica, every lane an atom.
#[derive(Debug)]
pub struct AtomField<'a, S> {
    scalars: &'a mut [S],
    lanes: usize,
}

impl<'a, S> AtomField<'a, S> {
    #[inline(always)]
    /// A view of blocks of atoms.
    pub fn new<L: Lane<Scalar = S>>(blocks: &'a mut [[L; 3]]) -> Self {
        Self {
            scalars: L::scalars_mut(blocks.as_flattened_mut()),
            lanes: L::LANES,
        }
    }
}

impl<S: Lane> Field<S> for AtomField<'_, S> {
    #[inline(always)]
    fn get(&self, atom: usize) -> [S; 3] {
        let start = atom / self.lanes * 3 * self.lanes + atom % self.lanes;
        [
            self.scalars[start],
            self.scalars[start + self.lanes],
            self.scalars[start + 2 * self.lanes],
        ]
    }
    #[inline(always)]
    fn set(&mut self, atom: usize, value: [S; 3]) {
        let start = atom / self.lanes * 3 * self.lanes + atom % self.lanes;
        for (axis, component) in value.into_iter().enumerate() {
            self.scalars[start + axis * self.lanes] = component;
        }
    }
}
