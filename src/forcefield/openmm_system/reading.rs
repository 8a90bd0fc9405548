//! What the forces of a System add to while they are read.

use super::born::term::BornTerm;
use super::pairs::Pairs;
use crate::forcefield::system::System;

/// Two atoms that a harmonic bond or a constraint joins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BondedPair {
    /// Atom indices, first < second.
    pub atoms: [usize; 2],
    /// The length that the bond or the constraint has, in nm.
    pub length_nm: f64,
}

/// What the forces add to while they are read.
pub(super) struct Reading {
    pub(super) n_atoms: usize,
    pub(super) system: System,
    pub(super) bonded_pairs: Vec<BondedPair>,
    pub(super) pairs: Pairs,
    /// Line of the force and its parameters.
    pub(super) born: Option<BornTerm>,
    pub(super) notes: Vec<String>,
}
