//! The acceptance and entropy terms on draws, and their gradient at the draws. The way back through the draw: `loss.rs`.
//!
//! ln r = -(U(y) - U(x))/kT - (|v_y|² - |v_x|²)/2 - ln p(Y|x) + ln p(X|Y).

use super::loss::{LossWeights, Losses, ReducedEnergies, TrainingPair, dot, per_atom};
use crate::flow::nn::real::Real;
use crate::flow::timewarp::conformation::{Conformation, Pair};
use crate::flow::timewarp::density::displacements;
use crate::flow::timewarp::error::TimewarpError;
use crate::flow::timewarp::model::{Drawn, Timewarp};

/// What the draws owe to the loss.
pub(crate) struct AcceptanceTerms {
    pub(crate) losses: Losses,
    /// Gradient at drawn positions and auxiliary variables, `[n_rows, 3]` each.
    pub(super) d_drawn: [Vec<f64>; 2],
    /// Gradient at ln p(Y|x), `[n_pairs]`.
    pub(super) d_forward: Vec<f64>,
}

impl<R: Real> Timewarp<R> {
    pub(super) fn acceptance_terms(
        &self,
        pairs: &[TrainingPair<'_>],
        drawn: &[Drawn],
        max_climb: f64,
        energies: &mut dyn ReducedEnergies,
        weights: LossWeights,
        gradient: &mut [R],
    ) -> Result<AcceptanceTerms, TimewarpError> {
        let molecules: Vec<usize> = pairs.iter().map(|pair| pair.molecule).collect();
        let starts: Vec<&[f64]> = pairs.iter().map(|pair| pair.from.positions).collect();
        let ends: Vec<&[f64]> = drawn
            .iter()
            .map(|drawn| drawn.positions.as_slice())
            .collect();
        let (before, _) = energies.evaluate(&molecules, &starts);
        let (after, d_energies) = energies.evaluate(&molecules, &ends);
        let is_kept: Vec<bool> = (0..pairs.len())
            .map(|i| {
                let climb = after[i] - before[i];
                climb <= max_climb && climb.is_finite() && drawn[i].log_density.is_finite()
            })
            .collect();
        let n_kept = is_kept.iter().filter(|kept| **kept).count().max(1);

        let from: Vec<_> = (pairs.iter().zip(drawn))
            .map(|(pair, drawn)| Conformation {
                elements: pair.from.elements,
                positions: &drawn.positions,
                auxiliaries: Some(&drawn.auxiliaries),
            })
            .collect();
        let condition = self.condition(&from)?;
        let back: Vec<_> = pairs
            .iter()
            .enumerate()
            .map(|(state, pair)| Pair {
                state,
                positions: pair.from.positions,
                auxiliaries: pair.from.auxiliaries.unwrap_or(pair.to_auxiliaries),
            })
            .collect();
        let stack: Vec<_> = condition.states.iter().collect();
        let shares: Vec<f64> = (stack.iter().zip(&is_kept))
            .map(|(state, kept)| if *kept { per_atom(state, n_kept) } else { 0.0 })
            .collect();
        let d_reverse: Vec<f64> = shares.iter().map(|s| -weights.acceptance * s).collect();
        let variables = displacements(&condition, &back);
        let found = self.density_with_gradient(&stack, variables, &d_reverse, gradient, true);
        let (reverse, d_back) = (found.densities, found.values);
        let d_condition = found.condition.expect("invariant: it was asked for");

        let mut terms = AcceptanceTerms {
            losses: Losses::default(),
            d_drawn: [d_condition.positions, d_condition.auxiliaries],
            d_forward: shares
                .iter()
                .map(|s| (weights.acceptance + weights.entropy) * s)
                .collect(),
        };
        let mut log_ratios = Vec::with_capacity(pairs.len());
        let mut first = 0;
        for (i, drawn) in drawn.iter().enumerate() {
            let weight = weights.acceptance * shares[i];
            let own = first..first + drawn.positions.len();
            first = own.end;
            if is_kept[i] {
                for (d, slope) in terms.d_drawn[0][own.clone()].iter_mut().zip(&d_energies[i]) {
                    *d += weight * slope;
                }
                // The displacement back is x - y.
                for (d, back) in terms.d_drawn[0][own.clone()]
                    .iter_mut()
                    .zip(&d_back[0][own.clone()])
                {
                    *d -= back.to_f64();
                }
                for (d, v) in terms.d_drawn[1][own].iter_mut().zip(&drawn.auxiliaries) {
                    *d += weight * v;
                }
            } else {
                terms
                    .d_drawn
                    .iter_mut()
                    .for_each(|d| d[own.clone()].fill(0.0));
            }
            let kinetic = squares(back[i].auxiliaries) - squares(&drawn.auxiliaries);
            log_ratios.push(before[i] - after[i] + 0.5 * kinetic - drawn.log_density + reverse[i]);
        }
        terms.losses = summarise(&log_ratios, drawn, &is_kept, &shares);
        Ok(terms)
    }
}

pub(crate) fn summarise(
    log_ratios: &[f64],
    drawn: &[Drawn],
    is_kept: &[bool],
    shares: &[f64],
) -> Losses {
    let n_pairs = is_kept.len() as f64;
    let kept_only = |values: Vec<f64>| -> Vec<f64> {
        let kept = values.iter().zip(is_kept);
        kept.map(|(v, kept)| if *kept { *v } else { 0.0 }).collect()
    };
    let ratios = kept_only(log_ratios.to_vec());
    let forward = kept_only(drawn.iter().map(|drawn| drawn.log_density).collect());
    let probability = |ratio: &f64| {
        if ratio.is_nan() {
            0.0
        } else {
            ratio.min(0.0).exp()
        }
    };
    let n_kept = is_kept.iter().filter(|kept| **kept).count() as f64;
    Losses {
        likelihood: 0.0,
        acceptance: -dot(&ratios, shares),
        entropy: dot(&forward, shares),
        acceptance_probability: log_ratios.iter().map(probability).sum::<f64>() / n_pairs,
        kept: n_kept / n_pairs,
    }
}

pub(crate) fn squares(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum()
}
