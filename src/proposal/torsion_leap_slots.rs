//! A list of features with a slot for each, spent whether or not its atoms are there. Knows no residue.

use super::torsion_leap_chain::Chain;
use super::torsion_leap_invariant::{Multiplicity, Recipe};
use crate::topology::TorsionKind;

/// Collects features into consecutive slots: a slot is spent whether or not its atoms are there.
pub(super) struct Slots<'a> {
    recipe: Recipe,
    /// The next free slot.
    pub(super) next: usize,
    /// Whether what follows stays unknown.
    pub(super) hidden: bool,
    pub(super) chain: &'a Chain<'a>,
}

impl<'a> Slots<'a> {
    pub(super) fn new(chain: &'a Chain<'a>) -> Self {
        Self {
            recipe: Recipe::default(),
            next: 0,
            hidden: false,
            chain,
        }
    }

    /// What was collected, where all but the last of `n_features` slots, the temperature's, are spent.
    pub(super) fn finish(self, n_features: usize) -> Recipe {
        debug_assert_eq!(self.next + 1, n_features);
        self.recipe
    }

    pub(super) fn angle(&mut self, atoms: [Option<usize>; 3]) {
        if let ([Some(a), Some(b), Some(c)], false) = (atoms, self.hidden) {
            self.recipe.angle(self.next, [a, b, c]);
        }
        self.next += 1;
    }

    pub(super) fn plane(&mut self, atoms: [Option<usize>; 4]) {
        if let ([Some(a), Some(b), Some(c), Some(d)], false) = (atoms, self.hidden) {
            self.recipe.plane(self.next, [a, b, c, d]);
        }
        self.next += 1;
    }

    pub(super) fn torsion(&mut self, atoms: Option<[usize; 4]>, multiplicity: Multiplicity) {
        if let (Some(atoms), false) = (atoms, self.hidden) {
            self.recipe.torsion(self.next, atoms, multiplicity);
        }
        self.next += 2;
    }

    /// Starts a frame; what is seen follows. Without all three atoms nothing is seen.
    pub(super) fn frame(&mut self, atoms: [Option<usize>; 3], seen: &[Option<usize>]) {
        if let ([Some(a), Some(b), Some(c)], false) = (atoms, self.hidden) {
            let slots = seen.iter().enumerate();
            let seen = slots.filter_map(|(i, &atom)| Some((self.next + 3 * i, atom?)));
            self.recipe.frame([a, b, c], seen.collect());
        }
        self.next += 3 * seen.len();
    }

    pub(super) fn named(&mut self, residue_index: Option<usize>, kind: TorsionKind) {
        let atoms = residue_index.and_then(|index| self.chain.torsion(index, kind));
        self.torsion(atoms, Multiplicity::One);
    }
}
