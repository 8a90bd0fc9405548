//! Steps up the expected acceptance of leaps of (phi, psi) on sampled peptides, after maximum likelihood.
//!
//! A leap from T to T' ~ q is accepted with probability a = min(1, r), r = p(T') q(T) / (p(T) q(T')), where p is the
//! Boltzmann density of the torsions given all that stays. Its mean A over T ~ p and T' ~ q has the gradient
//!
//! grad A = E[a grad ln q(T) where r < 1, grad ln q(T') where r >= 1] = E[.. - b grad ln q(T')]
//!
//! for any constant b, since E grad ln q(T') = 0; b = A keeps the variance small. The ratio p(T') / p(T) is that of
//! Boltzmann factors, evaluated for every pair, so that no normalisation of p is needed.

use rand_xoshiro::Xoshiro256PlusPlus;

use super::corpus::PeptideData;
use super::dataset::{Dataset, DrawnState, Part};
use super::error::TrainingError;
use super::sampling::{SamplingSettings, engine};
use crate::flow::torsion::{
    Batch, GROUP, Head, Learner, Mixture, StepSize, Tape, Workspace, log_densities,
};
use crate::forcefield::ForceField;
use crate::integrator::Engine;
use crate::proposal::{Known, N_FIXED};
use crate::rng;
use crate::units::thermal_energy_kj_per_mol;
use rand::RngExt;

/// How the acceptance is raised.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct AcceptanceSettings {
    /// Steps; none leaves the network as it is.
    pub n_steps: u64,
    /// Largest step size; it falls as a cosine.
    pub learning_rate: f64,
    /// Share of a weight that a step of unit learning rate takes away.
    pub weight_decay: f64,
    /// Pairs of states in a step, all of one peptide.
    pub n_pairs: usize,
    /// Samples of a step of maximum likelihood, one after each step, that keeps what the acceptance says nothing about.
    pub batch_size: usize,
    /// Seed.
    pub seed: u64,
}

/// Acceptance on validation peptides before and after.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct AcceptanceReport {
    /// Of the network begun with.
    pub before: f64,
    /// Of the network after the steps, kept only where this is larger.
    pub after: f64,
}

/// Peptides with engines for their energies.
struct Cases {
    cases: Vec<(Dataset, Box<dyn Engine>)>,
}

/// Most validation peptides.
const MAX_CASES: usize = 4096;
/// Pairs a peptide that an acceptance is averaged over.
const VALIDATION_PAIRS: usize = 1024;

/// Raises the acceptance of a backbone network on `trained`, and returns the better one on `validated`.
///
/// # Errors
/// [`TrainingError::Peptide`], and [`TrainingError::Stopped`] where `goes_on` says so.
pub(super) fn raise_acceptance(
    settings: &AcceptanceSettings,
    head: &Head,
    [trained, validated]: [&[PeptideData]; 2],
    (force_field, sampling): (&ForceField, &SamplingSettings),
    mut goes_on: impl FnMut(u64) -> bool,
) -> Result<(Head, AcceptanceReport), TrainingError> {
    let mut held_back = Cases::new(validated, force_field, sampling)?;
    let before = held_back.acceptance(head);
    let mut cases = Cases::new(trained, force_field, sampling)?;
    let likelihood = Dataset::new(Part::Backbone, trained.to_vec())?;
    let mut learner = Learner::new(head.clone());
    let mut stream = rng::stream(settings.seed);
    let (mut batch, mut work) = (Batch::default(), Workspace::default());
    for step in 0..settings.n_steps {
        if !goes_on(step) {
            return Err(TrainingError::Stopped);
        }
        let done = step as f64 / settings.n_steps as f64;
        let size = StepSize {
            learning_rate: settings.learning_rate
                * (0.5 * (1.0 + (std::f64::consts::PI * done).cos())).max(0.01),
            weight_decay: settings.weight_decay,
        };
        let index = stream.random_range(0..cases.cases.len());
        let case = &mut cases.cases[index];
        let log_ratios = pairs(
            case,
            &learner.current,
            settings.n_pairs,
            &mut stream,
            &mut batch,
        );
        learner.step_along(&batch, size, &mut work, |shape, output, batch| {
            let (loss, scales) = acceptance_scales(&log_ratios);
            (loss, log_densities(shape, output, batch, &scales).1)
        });
        let (head, n) = (&learner.current, settings.batch_size);
        likelihood.fill(head, None, n, &mut stream, &mut batch);
        learner.step(&batch, size, &mut work);
    }
    let after = held_back.acceptance(&learner.average);
    let report = AcceptanceReport { before, after };
    let better = if after > before {
        learner.average
    } else {
        head.clone()
    };
    Ok((better, report))
}

impl Cases {
    fn new(
        peptides: &[PeptideData],
        force_field: &ForceField,
        sampling: &SamplingSettings,
    ) -> Result<Self, TrainingError> {
        let case = |data: &PeptideData| {
            let (_, engine) = engine(&data.sequence, force_field, sampling)?;
            Ok((Dataset::new(Part::Backbone, vec![data.clone()])?, engine))
        };
        let cases: Result<Vec<_>, TrainingError> = peptides.iter().map(case).collect();
        let mut cases = cases?;
        cases.retain(|(dataset, _)| dataset.n_targets() > 0);
        Ok(Self { cases })
    }

    /// Mean acceptance over all peptides; the same pairs of frames every time.
    fn acceptance(&mut self, head: &Head) -> f64 {
        let mut batch = Batch::default();
        let (mut sum, mut n) = (0.0, 0.0);
        for (case, mut stream) in self.cases.iter_mut().zip(rng::streams(19, MAX_CASES)) {
            let log_ratios = pairs(case, head, VALIDATION_PAIRS, &mut stream, &mut batch);
            sum += log_ratios.iter().map(|&r| r.min(0.0).exp()).sum::<f64>();
            n += log_ratios.len() as f64;
        }
        sum / f64::max(n, 1.0)
    }
}

/// Random states of a peptide as draw 0 of a batch, leaps from them as draw 1; returns ln r of every pair, minus infinity
/// where it is not finite.
#[expect(clippy::cast_possible_truncation, reason = "inputs of f32 networks")]
fn pairs(
    (dataset, engine): &mut (Dataset, Box<dyn Engine>),
    head: &Head,
    n_pairs: usize,
    stream: &mut Xoshiro256PlusPlus,
    batch: &mut Batch,
) -> Vec<f64> {
    let n_dynamic = head.n_dynamic();
    batch.resize(n_dynamic + N_FIXED, n_pairs, 2);
    let n = batch.n_samples;
    let states: Vec<DrawnState<'_>> = (0..n).map(|_| dataset.draw_state(stream)).collect();
    let mut features = vec![0.0; n_dynamic * GROUP];
    for start in (0..n).step_by(GROUP) {
        let group = &states[start..start + GROUP];
        for (state, own) in group.iter().zip(features.chunks_exact_mut(n_dynamic)) {
            let positions = state.positions.as_chunks().0;
            state
                .site
                .describe(Known::All, positions, state.kelvin, own);
        }
        let fixed: Vec<&[f32]> = group.iter().map(|s| s.site.fixed(Known::All)).collect();
        batch.lay_inputs(head, start, &features, &fixed);
    }
    let mut tape = Tape::default();
    head.network.forward(&batch.input, n, &mut tape);
    let mut before = Vec::with_capacity(n * states[0].positions.len());
    let mut after = Vec::with_capacity(before.capacity());
    for (sample, state) in states.iter().enumerate() {
        let raw: Vec<f64> = (0..head.shape.n_outputs())
            .map(|row| f64::from(tape.output[row * n + sample]))
            .collect();
        let drawn = Mixture::<f64>::new(head.shape, &raw).draw(state.site.angles, 0, stream);
        batch.set_wanted(sample, state.site.angles.wanted());
        before.extend(&state.positions);
        let mut moved = state.positions.clone();
        let first = usize::from(state.site.angles.wanted()[0] == 0.0);
        for (offset, pivot) in state.site.pivots.iter().enumerate() {
            let place = first + offset;
            pivot.turn(&mut moved, drawn[place] - state.angles[place]);
        }
        after.extend(moved);
        for (draw, angles) in [state.angles, drawn].iter().enumerate() {
            for (angle, &value) in angles.iter().enumerate() {
                batch.set_draw(sample, draw, angle, value as f32);
            }
        }
    }
    let [mut old, mut new] = [vec![0.0; n], vec![0.0; n]];
    engine.energies(&before, &mut old);
    engine.energies(&after, &mut new);
    let (log_q, _) = log_densities(head.shape, &tape.output, batch, &vec![0.0; 2 * n]);
    let ratio = |(sample, state): (usize, &DrawnState<'_>)| {
        let kt = thermal_energy_kj_per_mol(state.kelvin);
        let log_ratio = (old[sample] - new[sample]) / kt + f64::from(log_q[sample])
            - f64::from(log_q[n + sample]);
        if log_ratio.is_finite() {
            log_ratio
        } else {
            f64::NEG_INFINITY
        }
    };
    states.iter().enumerate().map(ratio).collect()
}

/// Minus the mean acceptance, and the factors of ln q(T) and ln q(T') in its slope, `[2, n_pairs]`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "sizes of batches; slopes are f32"
)]
fn acceptance_scales(log_ratios: &[f64]) -> (f64, Vec<f32>) {
    let n = log_ratios.len() as f64;
    let accepted = |log_ratio: f64| log_ratio.min(0.0).exp();
    let mean = log_ratios.iter().map(|&r| accepted(r)).sum::<f64>() / n;
    let of_old = log_ratios
        .iter()
        .map(|&r| if r < 0.0 { accepted(r) } else { 0.0 });
    let of_new = log_ratios
        .iter()
        .map(|&r| if r < 0.0 { -mean } else { 1.0 - mean });
    let scales = of_old.chain(of_new).map(|factor| (-factor / n) as f32);
    (-mean, scales.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two states of a chain, p = (0.8, 0.2), q = (s, 1 - s) with s = 1 / (1 + exp(-t)): the slope by t of
    /// A = sum over T, T' of min(p(T) q(T'), p(T') q(T)) against the mean of the factors times the slopes of ln q.
    #[test]
    fn the_factors_give_the_slope_of_the_acceptance() {
        let p = [0.8, 0.2];
        let q = |t: f64| [1.0 / (1.0 + (-t).exp()), 1.0 / (1.0 + t.exp())];
        let acceptance = |t: f64| {
            let q = q(t);
            let flow = |i: usize, j: usize| f64::min(p[i] * q[j], p[j] * q[i]);
            flow(0, 0) + flow(0, 1) + flow(1, 0) + flow(1, 1)
        };
        for t in [-0.7, 0.3, 2.0] {
            let now = q(t);
            let slope_of_ln_q = [1.0 - now[0], -now[0]];
            // Pairs in proportion to p(T) q(T'), ten thousand in all.
            let mut pairs = Vec::new();
            for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let log_ratio = (p[j] * now[i] / (p[i] * now[j])).ln();
                #[expect(clippy::cast_possible_truncation, reason = "counts")]
                let n = (1e4 * p[i] * now[j]).round() as usize;
                pairs.extend(vec![(i, j, log_ratio); n]);
            }
            let log_ratios: Vec<f64> = pairs.iter().map(|pair| pair.2).collect();
            let (loss, scales) = acceptance_scales(&log_ratios);
            assert!((-loss - acceptance(t)).abs() < 1e-3);
            let (of_old, of_new) = scales.split_at(pairs.len());
            let slope: f64 = pairs
                .iter()
                .zip(of_old.iter().zip(of_new))
                .map(|(&(i, j, _), (&a, &b))| {
                    f64::from(a) * slope_of_ln_q[i] + f64::from(b) * slope_of_ln_q[j]
                })
                .sum();
            let numeric = (acceptance(t + 1e-4) - acceptance(t - 1e-4)) / 2e-4;
            assert!((-slope - numeric).abs() < 2e-3, "{t}: {slope} {numeric}");
        }
    }
}
