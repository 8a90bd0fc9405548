//! The way back through all coupling layers, to parameters, variables and the conformations of the condition.

use super::affine::{CouplingTape, Direction, Stack};
use super::attention;
use super::backward::Sink;
use super::transformer::Block;
use crate::flow::nn::real::Real;
use crate::flow::timewarp::model::Timewarp;

/// Gradients at what the flow is conditioned on, conformation by conformation.
#[derive(Debug)]
pub(crate) struct ConditionGradient {
    /// At positions, `[n_rows, 3]`.
    pub(crate) positions: Vec<f64>,
    /// At auxiliary variables, `[n_rows, 3]`; zeros where the model ignores them.
    pub(crate) auxiliaries: Vec<f64>,
}

/// Where the way back begins: gradients at what [`Timewarp::transform`] left.
#[derive(Debug)]
pub(crate) struct Upstream<'a, R> {
    /// At the variables, `[n_rows, 3]` each.
    pub(crate) values: [Vec<R>; 2],
    /// At the sums of ln s, `[n_conformations]`.
    pub(crate) log_scales: &'a [f64],
}

/// Gradients collected on the way back.
struct Collected<R> {
    /// At the features `[n_rows, E + 6]`.
    features: Vec<R>,
    /// At the attention weights of both networks, where they are wanted.
    attention: Option<[Vec<Vec<Vec<R>>>; 2]>,
}

impl<R: Real> Timewarp<R> {
    /// From the gradients upstream to those at the variables that [`Timewarp::transform`] was given; adds those of parameters to `gradient`, and gives those of the condition if wanted.
    pub(crate) fn backward(
        &self,
        stack: &Stack<'_, R>,
        direction: Direction,
        tape: &[CouplingTape<R>],
        upstream: Upstream<'_, R>,
        gradient: &mut [R],
        wants_condition: bool,
    ) -> ([Vec<R>; 2], Option<ConditionGradient>) {
        let Upstream {
            values: mut d_values,
            log_scales: d_log_scales,
        } = upstream;
        let blocks: Vec<Block<'_, R>> = stack.iter().map(|state| state.block()).collect();
        let width = self.config().n_inputs();
        let mut collected = Collected {
            features: vec![R::default(); d_values[0].len() / 3 * (width - 3)],
            attention: wants_condition.then(|| [zeros_like(stack), zeros_like(stack)]),
        };
        let n_layers = tape.len();
        for (step, coupling) in tape.iter().enumerate().rev() {
            let index = match direction {
                Direction::ToLatent => step,
                Direction::FromLatent => n_layers - 1 - step,
            };
            let d_outputs = affine_back(
                direction,
                coupling,
                &blocks,
                d_log_scales,
                &mut d_values[index % 2],
            );
            let d_inputs = self.networks_back(
                index,
                &blocks,
                coupling,
                d_outputs,
                gradient,
                &mut collected,
            );
            for d_input in &d_inputs {
                split_inputs(
                    d_input,
                    width,
                    &mut collected.features,
                    &mut d_values[(index + 1) % 2],
                );
            }
        }
        self.embedding_back(stack, &collected.features, gradient);
        let condition = collected
            .attention
            .as_ref()
            .map(|attention| self.condition_back(stack, &collected.features, attention));
        (d_values, condition)
    }

    fn networks_back(
        &self,
        index: usize,
        blocks: &[Block<'_, R>],
        coupling: &CouplingTape<R>,
        [d_raw, d_shift]: [Vec<R>; 2],
        gradient: &mut [R],
        collected: &mut Collected<R>,
    ) -> [Vec<R>; 2] {
        let [scale, shift] = &self.layout().couplings[index];
        let both = &mut gradient[scale.range.start..shift.range.end];
        let (scale_part, shift_part) = both.split_at_mut(scale.range.len());
        let (scale_attention, shift_attention) = match &mut collected.attention {
            Some([a, b]) => (Some(a.as_mut_slice()), Some(b.as_mut_slice())),
            None => (None, None),
        };
        let mut scale_sink = Sink {
            parameters: scale_part,
            attention: scale_attention,
        };
        let mut shift_sink = Sink {
            parameters: shift_part,
            attention: shift_attention,
        };
        let [scale_tape, shift_tape] = &coupling.networks;
        let (a, b) = rayon::join(
            || {
                self.network(index, 0)
                    .backward(blocks, scale_tape, d_raw, &mut scale_sink)
            },
            || {
                self.network(index, 1)
                    .backward(blocks, shift_tape, d_shift, &mut shift_sink)
            },
        );
        [a, b]
    }

    fn embedding_back(&self, stack: &Stack<'_, R>, d_features: &[R], gradient: &mut [R]) {
        let width = self.config().atom_embedding_dim;
        let elements = stack.iter().flat_map(|state| &state.elements);
        for (features, &element) in d_features.chunks_exact(width + 6).zip(elements) {
            let start = self.layout().embedding_start + element * width;
            for (sum, d) in gradient[start..start + width].iter_mut().zip(features) {
                *sum += *d;
            }
        }
    }

    fn condition_back(
        &self,
        stack: &Stack<'_, R>,
        d_features: &[R],
        d_attention: &[Vec<Vec<Vec<R>>>; 2],
    ) -> ConditionGradient {
        let width = self.config().atom_embedding_dim;
        let mut condition = ConditionGradient {
            positions: Vec::with_capacity(d_features.len()),
            auxiliaries: Vec::with_capacity(d_features.len()),
        };
        let mut rows = d_features.chunks_exact(width + 6);
        for (number, state) in stack.iter().enumerate() {
            let first = condition.positions.len();
            for row in rows.by_ref().take(state.elements.len()) {
                let value = |d: &R| d.to_f64();
                let seen = if state.auxiliaries.is_some() {
                    1.0
                } else {
                    0.0
                };
                condition
                    .positions
                    .extend(row[width..width + 3].iter().map(value));
                condition
                    .auxiliaries
                    .extend(row[width + 3..].iter().map(|d| seen * d.to_f64()));
            }
            let d_positions = &mut condition.positions[first..];
            remove_mean(d_positions);
            for d_attention in d_attention {
                for (set, scales) in self.scale_sets().iter().enumerate() {
                    attention::weights_back(
                        &state.positions,
                        scales,
                        &state.attention[set],
                        &d_attention[number][set],
                        d_positions,
                    );
                }
            }
        }
        condition
    }
}

fn zeros_like<R: Real>(stack: &Stack<'_, R>) -> Vec<Vec<Vec<R>>> {
    let zeros = |weights: &Vec<R>| vec![R::default(); weights.len()];
    stack
        .iter()
        .map(|state| state.attention.iter().map(zeros).collect())
        .collect()
}

/// Gradients at ln s and t of one layer; that at its output becomes that at its input.
fn affine_back<R: Real>(
    direction: Direction,
    coupling: &CouplingTape<R>,
    blocks: &[Block<'_, R>],
    d_log_scales: &[f64],
    d_values: &mut [R],
) -> [Vec<R>; 2] {
    let mut d_raw = Vec::with_capacity(d_values.len());
    let mut d_shift = Vec::with_capacity(d_values.len());
    let rows = blocks.iter().zip(d_log_scales);
    let mut weights =
        rows.flat_map(|(block, &d)| std::iter::repeat_n(R::from_f64(d), 3 * block.n_atoms));
    for ((d_value, &raw), &data_side) in d_values
        .iter_mut()
        .zip(&coupling.raw)
        .zip(&coupling.data_side)
    {
        let weight = weights.next().unwrap_or_default();
        match direction {
            Direction::ToLatent => {
                let scale = raw.exp();
                d_shift.push(*d_value);
                d_raw.push(*d_value * data_side * scale + weight);
                *d_value = *d_value * scale;
            }
            Direction::FromLatent => {
                let through = *d_value * (-raw).exp();
                d_shift.push(-through);
                d_raw.push(weight - *d_value * data_side);
                *d_value = through;
            }
        }
    }
    [d_raw, d_shift]
}

fn split_inputs<R: Real>(d_input: &[R], width: usize, d_features: &mut [R], d_other: &mut [R]) {
    for ((input, features), other) in d_input
        .chunks_exact(width)
        .zip(d_features.chunks_exact_mut(width - 3))
        .zip(d_other.as_chunks_mut::<3>().0)
    {
        let (own, rest) = input.split_at(width - 3);
        for (sum, d) in features.iter_mut().zip(own) {
            *sum += *d;
        }
        for (sum, d) in other.iter_mut().zip(rest) {
            *sum += *d;
        }
    }
}

/// From the gradient at centred positions to that at positions.
fn remove_mean(d_positions: &mut [f64]) {
    let atoms = d_positions.as_chunks_mut::<3>().0;
    let share = 1.0 / atoms.len() as f64;
    for axis in 0..3 {
        let mean = atoms.iter().map(|atom| atom[axis]).sum::<f64>() * share;
        atoms.iter_mut().for_each(|atom| atom[axis] -= mean);
    }
}
