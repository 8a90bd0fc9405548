//! The affine coupling layers on a stack of conformations, towards the latent variables or away from them. No densities.

use super::transformer::{Block, NetworkTape, Workspace};
use crate::flow::nn::real::Real;
use crate::flow::timewarp::model::{StateCondition, Timewarp};

/// Which way the variables go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// z' = z s + t, layer after layer.
    ToLatent,
    /// z = (z' - t) / s, the last layer first.
    FromLatent,
}

/// Variables of several conformations on top of each other.
#[derive(Debug, Clone)]
pub(crate) struct Variables<R> {
    /// Displacements (or their latents) and auxiliary variables, `[n_rows, 3]` each.
    pub(crate) values: [Vec<R>; 2],
    /// Sum of ln s over all layers, atoms and axes, for every conformation.
    pub(crate) log_scales: Vec<f64>,
}

/// What the way back needs of a coupling layer.
#[derive(Debug)]
pub(crate) struct CouplingTape<R> {
    pub(crate) networks: [NetworkTape<R>; 2],
    /// ln s, `[n_rows, 3]`.
    pub(crate) raw: Vec<R>,
    /// The transformed variable on the data side of the layer.
    pub(super) data_side: Vec<R>,
}

/// Condition of every conformation of the stack.
pub(crate) type Stack<'a, R> = [&'a StateCondition<R>];

impl<R: Real> Timewarp<R> {
    /// Takes variables through all layers.
    pub(crate) fn transform(
        &self,
        stack: &Stack<'_, R>,
        direction: Direction,
        variables: &mut Variables<R>,
        mut tape: Option<&mut Vec<CouplingTape<R>>>,
    ) {
        let blocks: Vec<Block<'_, R>> = stack.iter().map(|state| state.block()).collect();
        let features = self.features(stack);
        let mut workspaces = [Workspace::default(), Workspace::default()];
        let n_layers = self.layout().couplings.len();
        for step in 0..n_layers {
            let index = match direction {
                Direction::ToLatent => step,
                Direction::FromLatent => n_layers - 1 - step,
            };
            let input = self.input(&features, &variables.values[(index + 1) % 2]);
            let mut networks = tape
                .is_some()
                .then(|| [NetworkTape::default(), NetworkTape::default()]);
            let [raw, shift] =
                self.networks(index, &blocks, input, &mut workspaces, networks.as_mut());
            let values = &mut variables.values[index % 2];
            let before = networks.is_some().then(|| values.clone());
            apply(direction, &raw, &shift, values);
            add_log_scales(&blocks, &raw, &mut variables.log_scales);
            if let (Some(tape), Some(networks), Some(before)) =
                (tape.as_deref_mut(), networks, before)
            {
                let data_side = match direction {
                    Direction::ToLatent => before,
                    Direction::FromLatent => values.clone(),
                };
                tape.push(CouplingTape {
                    networks,
                    raw,
                    data_side,
                });
            }
        }
    }

    /// ln s and t of one layer, side by side.
    fn networks(
        &self,
        index: usize,
        blocks: &[Block<'_, R>],
        input: Vec<R>,
        [first, second]: &mut [Workspace<R>; 2],
        tapes: Option<&mut [NetworkTape<R>; 2]>,
    ) -> [Vec<R>; 2] {
        let (scale_tape, shift_tape) = match tapes {
            Some([scale, shift]) => (Some(scale), Some(shift)),
            None => (None, None),
        };
        let mut copy = second.take();
        copy.extend_from_slice(&input);
        let (raw, shift) = rayon::join(
            || {
                self.network(index, 0)
                    .forward(blocks, input, first, scale_tape)
            },
            || {
                self.network(index, 1)
                    .forward(blocks, copy, second, shift_tape)
            },
        );
        [raw, shift]
    }

    /// What does not change from layer to layer: embedding, centred x, auxiliaries of x; `[n_rows, E + 6]`.
    fn features(&self, stack: &Stack<'_, R>) -> Vec<R> {
        let mut features = Vec::new();
        for state in stack {
            let (centred, own) = (state.centred.as_chunks::<3>().0, &state.auxiliaries);
            for (atom, (&element, centred)) in state.elements.iter().zip(centred).enumerate() {
                features.extend_from_slice(self.embedding(element));
                features.extend_from_slice(centred);
                match own {
                    Some(own) => features.extend_from_slice(&own[3 * atom..3 * atom + 3]),
                    None => features.extend_from_slice(&[R::default(); 3]),
                }
            }
        }
        features
    }

    fn input(&self, features: &[R], other: &[R]) -> Vec<R> {
        let width = self.config().n_inputs();
        let mut input = Vec::with_capacity(other.len() / 3 * width);
        for (features, other) in features
            .chunks_exact(width - 3)
            .zip(other.as_chunks::<3>().0)
        {
            input.extend_from_slice(features);
            input.extend_from_slice(other);
        }
        input
    }
}

fn apply<R: Real>(direction: Direction, raw: &[R], shift: &[R], values: &mut [R]) {
    for ((z, &raw), &shift) in values.iter_mut().zip(raw).zip(shift) {
        *z = match direction {
            Direction::ToLatent => *z * raw.exp() + shift,
            Direction::FromLatent => (*z - shift) * (-raw).exp(),
        };
    }
}

fn add_log_scales<R: Real>(blocks: &[Block<'_, R>], raw: &[R], log_scales: &mut [f64]) {
    let mut rest = raw;
    for (block, log_scale) in blocks.iter().zip(log_scales) {
        let (own, next) = rest.split_at(3 * block.n_atoms);
        *log_scale += own.iter().map(|raw| raw.to_f64()).sum::<f64>();
        rest = next;
    }
}
