//! The losses of training and their gradients: likelihood of pairs, acceptance of draws, entropy.
//!
//! All are per atom, averaged over the batch; arXiv:2302.01170, section 4.

use crate::flow::nn::real::Real;
use crate::flow::timewarp::check::check_pairs;
use crate::flow::timewarp::conformation::{Conformation, Pair};
use crate::flow::timewarp::density::{displacements, drawn_from_latents};
use crate::flow::timewarp::error::TimewarpError;
use crate::flow::timewarp::model::{StateCondition, Timewarp};
use crate::flow::timewarp::network::affine::{Direction, Variables};
use crate::flow::timewarp::network::gradient::{ConditionGradient, Upstream};

/// Weights of the terms of the loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossWeights {
    /// Of -ln p(y|x) on pairs.
    pub likelihood: f64,
    /// Of -ln r on draws, r the Metropolis-Hastings ratio.
    pub acceptance: f64,
    /// Of + ln p(Y|x) on draws, which keeps them from collapsing.
    pub entropy: f64,
}

/// Energies over kT, `[n_conformations]`, with their gradients in nm⁻¹, of positions of several molecules.
pub trait ReducedEnergies: Send {
    /// Evaluates conformation after conformation; `molecules` says which molecule each is.
    fn evaluate(&mut self, molecules: &[usize], positions: &[&[f64]]) -> (Vec<f64>, Vec<Vec<f64>>);
}

/// One pair of a batch.
#[derive(Debug, Clone, Copy)]
pub struct TrainingPair<'a> {
    /// Which molecule, for the energies.
    pub molecule: usize,
    /// Where it starts.
    pub from: Conformation<'a>,
    /// Positions y in nm, `[n_atoms, 3]`.
    pub to_positions: &'a [f64],
    /// Auxiliary variables of y.
    pub to_auxiliaries: &'a [f64],
    /// Normals of width 1 that draws are made of: positions, auxiliaries; `[n_atoms, 3]` each. For the acceptance term.
    pub normals: [&'a [f64]; 2],
}

/// Means over a batch.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Losses {
    /// -ln p(y|x) an atom.
    pub likelihood: f64,
    /// -ln r an atom, over the draws that were kept.
    pub acceptance: f64,
    /// ln p(Y|x) an atom, over the draws that were kept.
    pub entropy: f64,
    /// Mean of min(1, r) over all draws.
    pub acceptance_probability: f64,
    /// Share of draws below the energy threshold.
    pub kept: f64,
}

impl<R: Real> Timewarp<R> {
    /// Mean of -ln p(y|x) an atom; adds its gradient times `weight`.
    ///
    /// # Errors
    /// [`TimewarpError`] for pairs that do not fit the model.
    pub fn likelihood_loss(
        &self,
        pairs: &[TrainingPair<'_>],
        weight: f64,
        gradient: &mut [R],
    ) -> Result<f64, TimewarpError> {
        in_pool(|| self.likelihood_here(pairs, weight, gradient))
    }

    fn likelihood_here(
        &self,
        pairs: &[TrainingPair<'_>],
        weight: f64,
        gradient: &mut [R],
    ) -> Result<f64, TimewarpError> {
        let from: Vec<_> = pairs.iter().map(|pair| pair.from).collect();
        let condition = self.condition(&from)?;
        let targets: Vec<_> = pairs
            .iter()
            .enumerate()
            .map(|(state, pair)| Pair {
                state,
                positions: pair.to_positions,
                auxiliaries: pair.to_auxiliaries,
            })
            .collect();
        check_pairs(&targets, |state| condition.states[state].positions.len())?;
        let stack: Vec<_> = condition.states.iter().collect();
        let weights: Vec<f64> = stack
            .iter()
            .map(|state| per_atom(state, pairs.len()))
            .collect();
        let d_densities: Vec<f64> = weights.iter().map(|w| -weight * w).collect();
        let variables = displacements(&condition, &targets);
        let found = self.density_with_gradient(&stack, variables, &d_densities, gradient, false);
        Ok(-dot(&found.densities, &weights))
    }

    /// Losses on draws from the pairs' starts; adds the gradient of acceptance and entropy terms.
    ///
    /// Draws whose energy over kT exceeds that of their start by more than `max_climb` count in no mean and no gradient.
    ///
    /// # Errors
    /// [`TimewarpError`] for pairs that do not fit the model.
    pub fn draw_losses(
        &self,
        pairs: &[TrainingPair<'_>],
        weights: LossWeights,
        max_climb: f64,
        energies: &mut dyn ReducedEnergies,
        gradient: &mut [R],
    ) -> Result<Losses, TimewarpError> {
        in_pool(|| self.draws_here(pairs, weights, max_climb, energies, gradient))
    }

    fn draws_here(
        &self,
        pairs: &[TrainingPair<'_>],
        weights: LossWeights,
        max_climb: f64,
        energies: &mut dyn ReducedEnergies,
        gradient: &mut [R],
    ) -> Result<Losses, TimewarpError> {
        let from: Vec<_> = pairs.iter().map(|pair| pair.from).collect();
        let condition = self.condition(&from)?;
        let stack: Vec<_> = condition.states.iter().collect();
        let base = self.base_scales();
        let scaled = |which: usize| -> Vec<R> {
            let normals = pairs.iter().flat_map(|pair| pair.normals[which]);
            normals.map(|z| R::from_f64(z * base[which])).collect()
        };
        let mut variables = Variables {
            values: [scaled(0), scaled(1)],
            log_scales: vec![0.0; pairs.len()],
        };
        let latents = variables.clone();
        let base_densities = self.base_log_densities(&stack, &variables);
        let mut tape = Vec::new();
        self.transform(
            &stack,
            Direction::FromLatent,
            &mut variables,
            Some(&mut tape),
        );
        let drawn = drawn_from_latents(&stack, &variables, &base_densities);

        let terms = self.acceptance_terms(pairs, &drawn, max_climb, energies, weights, gradient)?;
        let d_forward = terms.d_forward;
        let d_drawn = terms.d_drawn.each_ref();
        let upstream = Upstream {
            values: d_drawn.map(|d| d.iter().map(|&d| R::from_f64(d)).collect()),
            log_scales: &d_forward,
        };
        let way = Direction::FromLatent;
        let (d_latents, _) = self.backward(&stack, way, &tape, upstream, gradient, false);
        // Latents are base scale times normals, and the base's density falls with the scale.
        for which in 0..2 {
            let pull = d_latents[which].iter().zip(&latents.values[which]);
            let through: f64 = pull.map(|(d, z)| d.to_f64() * z.to_f64()).sum();
            let counts = stack.iter().map(|state| state.positions.len());
            let own: f64 = counts.zip(&d_forward).map(|(n, d)| n as f64 * d).sum();
            gradient[self.layout().base_starts[which]] += R::from_f64(through - own);
        }
        Ok(terms.losses)
    }

    /// Log-densities of variables on the data side, with gradients weighted by `d_densities`: of parameters, which are
    /// added, and of the variables and the condition where wanted.
    pub(super) fn density_with_gradient(
        &self,
        stack: &[&StateCondition<R>],
        mut variables: Variables<R>,
        d_densities: &[f64],
        gradient: &mut [R],
        wants_condition: bool,
    ) -> DensityGradient<R> {
        let mut tape = Vec::new();
        self.transform(stack, Direction::ToLatent, &mut variables, Some(&mut tape));
        let densities = self.base_log_densities(stack, &variables);
        let mut d_values = [Vec::new(), Vec::new()];
        for (which, log_scale) in self.base_log_scales().into_iter().enumerate() {
            let inverse_variance = (-2.0 * log_scale).exp();
            let (mut first, mut d_log_scale) = (0, 0.0);
            for (state, d_density) in stack.iter().zip(d_densities) {
                let z = &variables.values[which][first..first + state.positions.len()];
                first += z.len();
                let slope = R::from_f64(-inverse_variance * d_density);
                d_values[which].extend(z.iter().map(|&z| z * slope));
                let squares: f64 = z.iter().map(|z| z.to_f64() * z.to_f64()).sum();
                let count = z.len() as f64;
                d_log_scale += d_density * (squares * inverse_variance - count);
            }
            gradient[self.layout().base_starts[which]] += R::from_f64(d_log_scale);
        }
        let upstream = Upstream {
            values: d_values,
            log_scales: d_densities,
        };
        let way = Direction::ToLatent;
        let (values, condition) =
            self.backward(stack, way, &tape, upstream, gradient, wants_condition);
        DensityGradient {
            densities,
            values,
            condition,
        }
    }
}

/// Log-densities with their gradients but for those of parameters.
pub(crate) struct DensityGradient<R> {
    pub(crate) densities: Vec<f64>,
    /// At displacements and auxiliary variables.
    pub(crate) values: [Vec<R>; 2],
    /// At the condition, where it was wanted.
    pub(crate) condition: Option<ConditionGradient>,
}

/// Runs work within the thread pool, where the layers' many small divisions of labour cost no hand-over.
pub(crate) fn in_pool<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    rayon::scope(|_| work())
}

pub(crate) fn per_atom<R>(state: &StateCondition<R>, n_pairs: usize) -> f64 {
    1.0 / (state.elements.len() * n_pairs) as f64
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
