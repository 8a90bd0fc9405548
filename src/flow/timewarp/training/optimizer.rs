//! Adam and LAMB as the published system has them, tensor by tensor, and a limit on the norm of a gradient.
//!
//! Kingma and Ba, arXiv:1412.6980; You et al., arXiv:1904.00962.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::flow::nn::Adam;

/// How a gradient becomes a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimizerKind {
    /// Every parameter by its own moments.
    #[default]
    Adam,
    /// The same, each tensor's step in proportion to the tensor's norm.
    Lamb,
}

/// Decay of the mean of gradients.
const BETA_1: f32 = 0.9;
/// Decay of the mean of their squares.
const BETA_2: f32 = 0.999;
/// Keeps quotients finite.
const EPSILON: f32 = 1e-8;

/// Adam or LAMB on tensors of one flat array of parameters, without decay; corrections of the moments are made in f32.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TensorOptimizer {
    kind: OptimizerKind,
    pub(super) adam: Adam,
}

impl TensorOptimizer {
    pub(super) fn new(kind: OptimizerKind, n_parameters: usize) -> Self {
        Self {
            kind,
            adam: Adam::new(n_parameters),
        }
    }

    /// One step of each of these tensors down the gradient.
    pub(super) fn update(
        &mut self,
        tensors: impl Iterator<Item = Range<usize>>,
        parameters: &mut [f32],
        gradient: &[f32],
        learning_rate: f32,
    ) {
        let adam = &mut self.adam;
        adam.begin();
        let n = adam.n_steps;
        let corrections = [1.0 - BETA_1.powi(n), 1.0 - BETA_2.powi(n)];
        for range in tensors {
            let own = &mut parameters[range.clone()];
            let moments = adam.first[range.clone()]
                .iter_mut()
                .zip(&mut adam.second[range.clone()])
                .zip(&gradient[range]);
            let step: Vec<f32> = moments
                .map(|((mean, square), g)| {
                    *mean = BETA_1 * *mean + (1.0 - BETA_1) * g;
                    *square = BETA_2 * *square + (1.0 - BETA_2) * g * g;
                    (*mean / corrections[0]) / ((*square / corrections[1]).sqrt() + EPSILON)
                })
                .collect();
            let rate = learning_rate * trust(self.kind, own, &step);
            for (p, step) in own.iter_mut().zip(step) {
                *p -= rate * step;
            }
        }
    }
}

/// Scales a gradient down to a norm and gives the norm that it had.
pub(super) fn clip(gradient: &mut [f32], max_norm: f64) -> f64 {
    let norm = norm(gradient);
    if norm > max_norm {
        #[expect(clippy::cast_possible_truncation, reason = "gradients are in f32")]
        let factor = (max_norm / norm) as f32;
        gradient.iter_mut().for_each(|g| *g *= factor);
    }
    norm
}

fn trust(kind: OptimizerKind, parameters: &[f32], step: &[f32]) -> f32 {
    let (own, step) = (norm(parameters), norm(step));
    if kind == OptimizerKind::Adam || own == 0.0 || step == 0.0 {
        return 1.0;
    }
    #[expect(clippy::cast_possible_truncation, reason = "parameters are in f32")]
    let trust = (own / step) as f32;
    trust
}

fn norm(values: &[f32]) -> f64 {
    let squares = values.iter().map(|&v| f64::from(v) * f64::from(v));
    squares.sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first step of Adam has the length of the learning rate in every coordinate; that of LAMB that share of the norm.
    #[test]
    fn first_steps_have_the_lengths_of_the_papers() {
        for kind in [OptimizerKind::Adam, OptimizerKind::Lamb] {
            let mut parameters = [3.0, 4.0, 7.0];
            let tensors = std::iter::once(0..2);
            let mut optimizer = TensorOptimizer::new(kind, 3);
            optimizer.update(tensors, &mut parameters, &[0.3, -2.0, 1.0], 0.1);
            // (3, 4) has the norm 5, its step (1, -1) that of sqrt(2); the last parameter is of no tensor.
            let length = match kind {
                OptimizerKind::Adam => 0.1,
                OptimizerKind::Lamb => 0.1 * 5.0 / 2.0_f32.sqrt(),
            };
            assert!((parameters[0] - (3.0 - length)).abs() < 1e-5);
            assert!((parameters[1] - (4.0 + length)).abs() < 1e-5);
            assert_eq!(parameters[2], 7.0);
        }
    }

    #[test]
    fn clipping_keeps_the_direction() {
        let mut gradient = [3.0, 4.0];
        assert!((clip(&mut gradient, 1.0) - 5.0).abs() < 1e-6);
        assert!((gradient[0] - 0.6).abs() < 1e-6 && (gradient[1] - 0.8).abs() < 1e-6);
        clip(&mut gradient, 10.0);
        assert!((gradient[0] - 0.6).abs() < 1e-6);
    }
}
