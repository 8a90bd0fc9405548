//! Adam with decoupled weight decay, LAMB, and a limit on the norm of a gradient.
//!
//! Kingma and Ba, arXiv:1412.6980; decoupled decay, arXiv:1711.05101; You et al., arXiv:1904.00962.

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Settings of [`Adam`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamSettings {
    /// Step size.
    pub learning_rate: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Share of a weight that a step of unit learning rate takes away.
    pub weight_decay: f64,
}

impl Default for AdamSettings {
    fn default() -> Self {
        Self {
            learning_rate: 1e-3,
            beta1: 0.9,
            beta2: 0.99,
            weight_decay: 1e-2,
        }
    }
}

/// Moments of every parameter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Adam {
    n_steps: i32,
    first: Vec<f32>,
    second: Vec<f32>,
}

impl Adam {
    /// For so many parameters, none seen yet.
    #[must_use]
    pub fn new(n_parameters: usize) -> Self {
        Self {
            n_steps: 0,
            first: vec![0.0; n_parameters],
            second: vec![0.0; n_parameters],
        }
    }

    /// As it was after `n_steps` steps with these moments, see [`Adam::moments`].
    ///
    /// # Panics
    /// If the moments have different lengths.
    #[must_use]
    pub fn resumed(n_steps: u64, [first, second]: [Vec<f32>; 2]) -> Self {
        assert_eq!(first.len(), second.len(), "moments of the same parameters");
        Self {
            n_steps: i32::try_from(n_steps).unwrap_or(i32::MAX),
            first,
            second,
        }
    }

    /// Steps begun.
    #[must_use]
    pub fn n_steps(&self) -> u64 {
        u64::from(self.n_steps.unsigned_abs())
    }

    /// First and second moments of all parameters.
    #[must_use]
    pub fn moments(&self) -> [&[f32]; 2] {
        [&self.first, &self.second]
    }

    /// Begins a step: call [`Adam::update`] for every array of parameters after it, always in the same order.
    pub fn begin(&mut self) {
        self.n_steps = self.n_steps.saturating_add(1);
    }

    /// Moves the parameters whose moments begin at `start` down the gradient; returns where the next ones begin.
    ///
    /// # Panics
    /// If there are more parameters than moments.
    #[expect(clippy::cast_possible_truncation, reason = "parameters are f32")]
    pub fn update(
        &mut self,
        start: usize,
        parameters: &mut [f32],
        gradient: &[f32],
        settings: &AdamSettings,
    ) -> usize {
        let end = start + parameters.len();
        let (beta1, beta2) = (settings.beta1 as f32, settings.beta2 as f32);
        let corrected1 = 1.0 - settings.beta1.powi(self.n_steps);
        let corrected2 = 1.0 - settings.beta2.powi(self.n_steps);
        let step = (settings.learning_rate / corrected1) as f32;
        let scale = (1.0 / corrected2) as f32;
        let kept = (1.0 - settings.learning_rate * settings.weight_decay) as f32;
        let moments = self.first[start..end]
            .iter_mut()
            .zip(&mut self.second[start..end]);
        for ((parameter, &slope), (first, second)) in
            parameters.iter_mut().zip(gradient).zip(moments)
        {
            *first = beta1 * *first + (1.0 - beta1) * slope;
            *second = beta2 * *second + (1.0 - beta2) * slope * slope;
            *parameter = *parameter * kept - step * *first / ((*second * scale).sqrt() + 1e-8);
        }
        end
    }
}

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
pub(in crate::flow) struct TensorOptimizer {
    kind: OptimizerKind,
    pub(in crate::flow) adam: Adam,
}

impl TensorOptimizer {
    pub(in crate::flow) fn new(kind: OptimizerKind, n_parameters: usize) -> Self {
        Self {
            kind,
            adam: Adam::new(n_parameters),
        }
    }

    /// One step of each of these tensors down the gradient.
    pub(in crate::flow) fn update(
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
pub(in crate::flow) fn clip(gradient: &mut [f32], max_norm: f64) -> f64 {
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

    /// The first step is the learning rate along the sign of the gradient; many find the minimum of (x - 3)^2.
    #[test]
    fn finds_a_minimum() {
        let settings = AdamSettings {
            learning_rate: 0.05,
            weight_decay: 0.0,
            ..AdamSettings::default()
        };
        let (mut adam, mut x) = (Adam::new(1), [0.0_f32]);
        for step in 0..500 {
            let gradient = [2.0 * (x[0] - 3.0)];
            adam.begin();
            assert_eq!(adam.update(0, &mut x, &gradient, &settings), 1);
            if step == 0 {
                assert!((x[0] - 0.05).abs() < 1e-6);
            }
        }
        assert!((x[0] - 3.0).abs() < 1e-2, "{}", x[0]);
    }

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
