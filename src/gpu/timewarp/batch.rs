//! A batch of conformations as the device wants it, made from what the caller gives.

use super::super::tables::{index, single};
use super::dispatch::Sizes;
use super::layout::{Span, StateAtom};
use super::operations::{VECTOR, padded};
use super::plan::TimewarpPlan;
use crate::flow::timewarp::{Conformation, Pair, centred};
use std::collections::BTreeMap;
use std::ops::Range;

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    ToLatent,
    FromLatent,
}

/// Arrays of a batch.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) sizes: Sizes,
    pub(super) atoms: Vec<StateAtom>,
    pub(super) spans: Vec<Span>,
    pub(super) atom_of_row: Vec<u32>,
    /// Displacements and auxiliary variables, `[2, n_rows, 4]`.
    pub(super) values: Vec<[f32; 4]>,
}

/// Cuts pairs into batches that fit; every pair alone does.
pub(super) fn cut(
    plan: &TimewarpPlan,
    from: &[Conformation<'_>],
    pairs: &[Pair<'_>],
) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let (mut start, mut n_rows, mut attention) = (0, 0, 0);
    let mut states = BTreeMap::new();
    for (place, pair) in pairs.iter().enumerate() {
        let n_atoms = from[pair.state].elements.len();
        let bytes = plan.attention_bytes(n_atoms);
        let more = if states.contains_key(&pair.state) {
            0
        } else {
            bytes
        };
        if place > start && !plan.takes(n_rows + n_atoms, place + 1 - start, attention + more) {
            batches.push(start..place);
            (start, n_rows, attention) = (place, 0, 0);
            states.clear();
        }
        n_rows += n_atoms;
        if states.insert(pair.state, ()).is_none() {
            attention += bytes;
        }
    }
    if start < pairs.len() {
        batches.push(start..pairs.len());
    }
    batches
}

impl Batch {
    /// The arrays of pairs and of the conformations that they name.
    pub(super) fn new(
        direction: Direction,
        n_heads: usize,
        from: &[Conformation<'_>],
        pairs: &[Pair<'_>],
        conditions_on_auxiliaries: bool,
    ) -> Self {
        let mut batch = Self::default();
        let mut first_atom_of = BTreeMap::new();
        for pair in pairs {
            let state = &from[pair.state];
            let first_atom = *first_atom_of
                .entry(pair.state)
                .or_insert_with(|| batch.add_state(state, n_heads, conditions_on_auxiliaries));
            batch.add_pair(state, first_atom);
        }
        let [mut positions, mut auxiliaries] = [Vec::new(), Vec::new()];
        for pair in pairs {
            let from = from[pair.state].positions;
            let moves = pair.positions.iter().zip(from);
            match direction {
                Direction::ToLatent => append(&mut positions, moves.map(|(y, x)| y - x)),
                Direction::FromLatent => append(&mut positions, moves.map(|(z, _)| *z)),
            }
            append(&mut auxiliaries, pair.auxiliaries.iter().copied());
        }
        batch.values = positions;
        batch.values.extend(auxiliaries);
        batch.sizes = Sizes {
            n_rows: batch.atom_of_row.len(),
            n_pairs: pairs.len(),
            n_atoms: batch.atoms.len(),
            from_latent: direction == Direction::FromLatent,
            ..batch.sizes
        };
        batch
    }

    fn add_state(
        &mut self,
        state: &Conformation<'_>,
        n_heads: usize,
        conditions_on_auxiliaries: bool,
    ) -> usize {
        let first_atom = self.atoms.len();
        let n_atoms = state.elements.len();
        let vectors = padded(n_atoms) / VECTOR * n_heads;
        let centred = centred(state.positions);
        let own = state.auxiliaries.filter(|_| conditions_on_auxiliaries);
        for (atom, &element) in state.elements.iter().enumerate() {
            let vector =
                |of: &dyn Fn(usize) -> f64| [single(of(0)), single(of(1)), single(of(2)), 0.0];
            let x = |axis: usize| centred[3 * atom + axis];
            self.atoms.push(StateAtom {
                position: vector(&x),
                position_low: vector(&|axis| x(axis) - f64::from(single(x(axis)))),
                auxiliaries: vector(&|axis| own.map_or(0.0, |own| own[3 * atom + axis])),
                element: index(element),
                first_atom: index(first_atom),
                n_atoms: index(n_atoms),
                attention_start: index(self.sizes.set_step + atom * vectors),
            });
        }
        self.sizes.set_step += n_atoms * vectors;
        self.sizes.longest = self.sizes.longest.max(n_atoms);
        first_atom
    }

    fn add_pair(&mut self, state: &Conformation<'_>, first_atom: usize) {
        let n_atoms = state.elements.len();
        let attention_start = self.atoms.get(first_atom).map_or(0, |a| a.attention_start);
        self.spans.push(Span {
            first_row: index(self.atom_of_row.len()),
            n_atoms: index(n_atoms),
            attention_start,
            first_atom: index(first_atom),
        });
        let atoms = first_atom..first_atom + n_atoms;
        self.atom_of_row.extend(atoms.map(index));
    }
}

fn append(vectors: &mut Vec<[f32; 4]>, values: impl Iterator<Item = f64>) {
    let values: Vec<f32> = values.map(single).collect();
    let triples = values.as_chunks::<3>().0.iter();
    vectors.extend(triples.map(|[x, y, z]| [*x, *y, *z, 0.0]));
}
