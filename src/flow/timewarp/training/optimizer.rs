//! Adam and LAMB on the flat array of parameters, with the gradient clipped by its norm.
//!
//! Kingma and Ba, arXiv:1412.6980; You et al., arXiv:1904.00962.

use crate::flow::timewarp::network::layout::Layout;
use serde::{Deserialize, Serialize};

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

/// Moments of the gradient.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Optimizer {
    kind: OptimizerKind,
    pub(crate) mean: Vec<f32>,
    pub(crate) square: Vec<f32>,
    pub(crate) n_updates: u64,
}

impl Optimizer {
    pub(crate) fn new(kind: OptimizerKind, n_parameters: usize) -> Self {
        Self {
            kind,
            mean: vec![0.0; n_parameters],
            square: vec![0.0; n_parameters],
            n_updates: 0,
        }
    }

    /// Scales a gradient down to a norm and gives the norm that it had.
    pub(crate) fn clip(gradient: &mut [f32], max_norm: f64) -> f64 {
        let norm = norm(gradient);
        if norm > max_norm {
            #[expect(clippy::cast_possible_truncation, reason = "gradients are in f32")]
            let factor = (max_norm / norm) as f32;
            gradient.iter_mut().for_each(|g| *g *= factor);
        }
        norm
    }

    /// One step down the gradient.
    pub(crate) fn update(
        &mut self,
        layout: &Layout,
        parameters: &mut [f32],
        gradient: &[f32],
        learning_rate: f32,
    ) {
        self.n_updates += 1;
        let n = i32::try_from(self.n_updates).unwrap_or(i32::MAX);
        let corrections = [1.0 - BETA_1.powi(n), 1.0 - BETA_2.powi(n)];
        for tensor in layout.tensors.iter().filter(|tensor| tensor.is_trained) {
            let range = tensor.range();
            let own = &mut parameters[range.clone()];
            let moments = self.mean[range.clone()]
                .iter_mut()
                .zip(&mut self.square[range.clone()])
                .zip(&gradient[range]);
            let step: Vec<f32> = moments
                .map(|((mean, square), g)| {
                    *mean = BETA_1 * *mean + (1.0 - BETA_1) * g;
                    *square = BETA_2 * *square + (1.0 - BETA_2) * g * g;
                    (*mean / corrections[0]) / ((*square / corrections[1]).sqrt() + EPSILON)
                })
                .collect();
            let rate = learning_rate * self.trust(own, &step);
            for (p, step) in own.iter_mut().zip(step) {
                *p -= rate * step;
            }
        }
    }

    fn trust(&self, parameters: &[f32], step: &[f32]) -> f32 {
        let (own, step) = (norm(parameters), norm(step));
        if self.kind == OptimizerKind::Adam || own == 0.0 || step == 0.0 {
            return 1.0;
        }
        #[expect(clippy::cast_possible_truncation, reason = "parameters are in f32")]
        let trust = (own / step) as f32;
        trust
    }
}

fn norm(values: &[f32]) -> f64 {
    let squares = values.iter().map(|&v| f64::from(v) * f64::from(v));
    squares.sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::timewarp::config::TimewarpConfig;

    /// The first step of Adam has the length of the learning rate in every coordinate; that of LAMB that share of the norm.
    #[test]
    fn first_steps_have_the_lengths_of_the_papers() {
        let config = TimewarpConfig {
            element_vocabulary: vec!["C".to_owned()],
            atom_embedding_dim: 2,
            mlp_hidden_dims: Vec::new(),
            num_coupling_layers: 1,
            num_transformer_layers: 0,
            d_model: 1,
            dim_feedforward: 1,
            lengthscales_nm: vec![0.1],
            ignore_conditional_velocity: true,
            internal: None,
        };
        let layout = Layout::new(&config);
        let gradient: Vec<f32> = (0..layout.n_parameters)
            .map(|i| [0.3, -2.0][i % 2])
            .collect();
        for kind in [OptimizerKind::Adam, OptimizerKind::Lamb] {
            let mut parameters = vec![0.0; layout.n_parameters];
            parameters[..2].copy_from_slice(&[3.0, 4.0]);
            Optimizer::new(kind, layout.n_parameters).update(
                &layout,
                &mut parameters,
                &gradient,
                0.1,
            );
            // The embedding (3, 4) has the norm 5, its step (1, -1) that of sqrt(2).
            let length = match kind {
                OptimizerKind::Adam => 0.1,
                OptimizerKind::Lamb => 0.1 * 5.0 / 2.0_f32.sqrt(),
            };
            assert!((parameters[0] - (3.0 - length)).abs() < 1e-5);
            assert!((parameters[1] - (4.0 + length)).abs() < 1e-5);
        }
    }

    #[test]
    fn clipping_keeps_the_direction() {
        let mut gradient = [3.0, 4.0];
        assert!((Optimizer::clip(&mut gradient, 1.0) - 5.0).abs() < 1e-6);
        assert!((gradient[0] - 0.6).abs() < 1e-6 && (gradient[1] - 0.8).abs() < 1e-6);
        Optimizer::clip(&mut gradient, 10.0);
        assert!((gradient[0] - 0.6).abs() < 1e-6);
    }
}
