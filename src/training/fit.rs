//! Maximum likelihood for one network: batches, slopes, steps of the optimiser, a slow average that is what gets shipped.
//! Makes no data and writes no files.

use std::time::Instant;

use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::TrainingError;
use super::dataset::{Batch, Dataset};
use crate::flow::torsion::{Head, MixtureShape, Network, NetworkGradient, Tape, add_slopes};
use crate::flow::{Adam, AdamSettings};
use crate::lane::{Array, Lane};
use crate::proposal::{Known, N_FIXED};
use crate::rng;

/// How a network is fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FitSettings {
    /// Width of the hidden layers.
    pub width: usize,
    /// Hidden layers.
    pub n_hidden: usize,
    /// Components of the mixture.
    pub n_components: usize,
    /// Angles of the mixture.
    pub n_angles: usize,
    /// Samples of a step.
    pub batch_size: usize,
    /// Steps.
    pub n_steps: u64,
    /// Largest step size; it rises over the first hundredth of the steps and falls as a cosine.
    pub learning_rate: f64,
    /// Share of a weight that a step of unit learning rate takes away.
    pub weight_decay: f64,
    /// Steps between two validations.
    pub validate_every: u64,
    /// Validations without a better one after which fitting ends.
    pub patience: u64,
    /// Time after which fitting ends, s; the step size falls towards whichever end is nearer. The result then depends on
    /// the machine.
    pub max_seconds: Option<f64>,
    /// Seed.
    pub seed: u64,
}

/// What a validation found.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Progress {
    /// Steps done.
    pub n_steps: u64,
    /// Mean -ln q of the training samples since the last validation, nats.
    pub training_loss: f64,
    /// Mean -ln q over validation peptides at the lowest temperature given all else, nats.
    pub validation_loss: f64,
    /// The same where only what comes before in the chain is known.
    pub sequential_loss: f64,
    /// Seconds since the start.
    pub seconds: f64,
}

/// Samples of a validation.
const VALIDATION_SAMPLES: usize = 8192;
/// Samples that the scales of inputs come from.
const SCALE_SAMPLES: usize = 20_000;
/// Largest norm of the gradient.
const MAX_GRADIENT: f64 = 1.0;
/// Share by which the slow average follows in a step.
const AVERAGING: f32 = 0.003;

/// A fit that can be stopped and taken up again between any two steps.
#[derive(Debug, Clone)]
pub struct Fit {
    settings: FitSettings,
    /// The network that steps are taken with.
    pub current: Head,
    /// Its slow average.
    pub average: Head,
    /// The average that validated best so far, and its loss.
    pub best: (f64, Head),
    n_since_best: u64,
    adam: Adam,
    n_steps: u64,
    stream: Xoshiro256PlusPlus,
    /// All validations so far.
    pub history: Vec<Progress>,
}

impl Fit {
    /// A random network with inputs scaled to the training data.
    #[must_use]
    pub fn start(settings: FitSettings, training: &Dataset) -> Self {
        let mut stream = rng::streams(settings.seed, 1).remove(0);
        let shape = MixtureShape {
            n_components: settings.n_components,
            n_angles: settings.n_angles,
        };
        let (mean, scale) = training.scales(SCALE_SAMPLES, &mut stream);
        let normal = || stream.sample::<f64, _>(StandardNormal);
        let n_in = mean.len() + N_FIXED;
        let network = Network::random(
            n_in,
            settings.width,
            settings.n_hidden,
            shape.spread(),
            normal,
        );
        let head = Head {
            mean,
            scale,
            network,
            shape,
        };
        Self {
            adam: Adam::new(head.network.n_parameters()),
            best: (f64::INFINITY, head.clone()),
            average: head.clone(),
            current: head,
            n_since_best: 0,
            n_steps: 0,
            settings,
            stream,
            history: Vec::new(),
        }
    }

    /// Continues from a trained network instead of a random one.
    #[must_use]
    pub fn start_from(settings: FitSettings, head: &Head) -> Self {
        Self {
            adam: Adam::new(head.network.n_parameters()),
            best: (f64::INFINITY, head.clone()),
            average: head.clone(),
            current: head.clone(),
            n_since_best: 0,
            n_steps: 0,
            settings,
            stream: rng::streams(settings.seed, 1).remove(0),
            history: Vec::new(),
        }
    }

    /// Takes steps until all are done or validation stops improving; `report` hears of every validation and ends the
    /// fit early by returning `false`.
    ///
    /// # Errors
    /// [`TrainingError::Diverged`] or [`TrainingError::Stopped`].
    pub fn run(
        &mut self,
        training: &Dataset,
        validation: &Dataset,
        mut report: impl FnMut(&Progress) -> bool,
    ) -> Result<(), TrainingError> {
        let start = Instant::now();
        let mut batch = Batch::default();
        let (mut tape, mut gradient) = (Tape::default(), NetworkGradient::default());
        let (mut sum, mut n) = (0.0, 0.0);
        loop {
            let done = self.share_done(start.elapsed().as_secs_f64());
            if done >= 1.0 || self.n_since_best >= self.settings.patience {
                return Ok(());
            }
            training.fill(
                &self.current,
                None,
                self.settings.batch_size,
                &mut self.stream,
                &mut batch,
            );
            self.current
                .network
                .forward(&batch.input, batch.n_samples, &mut tape);
            let (loss, slopes) = slopes(self.current.shape, &tape.output, &batch);
            if !loss.is_finite() {
                return Err(TrainingError::Diverged {
                    loss,
                    n_steps: self.n_steps,
                    learning_rate: self.settings.learning_rate,
                });
            }
            gradient.clear();
            self.current.network.backward(&tape, &slopes, &mut gradient);
            gradient.clip(MAX_GRADIENT);
            let adam_settings = AdamSettings {
                learning_rate: self.learning_rate(done),
                weight_decay: self.settings.weight_decay,
                ..AdamSettings::default()
            };
            self.current
                .network
                .step(&gradient, &mut self.adam, &adam_settings);
            self.average
                .network
                .approach(&self.current.network, AVERAGING.max(self.early_share()));
            self.n_steps += 1;
            (sum, n) = (sum + loss, n + 1.0);
            if self.n_steps.is_multiple_of(self.settings.validate_every) {
                let progress = self.validate(validation, sum / n, start.elapsed().as_secs_f64());
                (sum, n) = (0.0, 0.0);
                if !report(&progress) {
                    return Err(TrainingError::Stopped);
                }
            }
        }
    }

    /// While there are few steps to average over, the average follows faster.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a share"
    )]
    fn early_share(&self) -> f32 {
        (2.0 / (self.n_steps as f64 + 2.0)) as f32
    }

    #[expect(clippy::cast_precision_loss, reason = "step counts")]
    fn share_done(&self, seconds: f64) -> f64 {
        let by_steps = self.n_steps as f64 / self.settings.n_steps as f64;
        let by_time = self
            .settings
            .max_seconds
            .map_or(0.0, |limit| seconds / limit);
        by_steps.max(by_time)
    }

    fn learning_rate(&self, done: f64) -> f64 {
        let rise = (done * 100.0 + 0.01).min(1.0);
        let fall = 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
        self.settings.learning_rate * rise * fall.max(0.01)
    }

    fn validate(&mut self, validation: &Dataset, training_loss: f64, seconds: f64) -> Progress {
        let validation_loss = evaluate(&self.average, validation, Known::All);
        let sequential_loss = evaluate(&self.average, validation, Known::OnlyBefore);
        let score = validation_loss + 0.5 * sequential_loss;
        if score < self.best.0 {
            self.best = (score, self.average.clone());
            self.n_since_best = 0;
        } else {
            self.n_since_best += 1;
        }
        let progress = Progress {
            n_steps: self.n_steps,
            training_loss,
            validation_loss,
            sequential_loss,
            seconds,
        };
        self.history.push(progress);
        progress
    }
}

/// Mean -ln q of a network over a dataset at its lowest temperature.
#[must_use]
pub fn evaluate(head: &Head, dataset: &Dataset, known: Known) -> f64 {
    let (mut batch, mut tape) = (Batch::default(), Tape::default());
    // The same samples every time, so that losses can be compared.
    let mut stream = rng::streams(17, 1).remove(0);
    let n = 1024;
    let mut sum = 0.0;
    for _ in 0..VALIDATION_SAMPLES / n {
        dataset.fill(head, Some(known), n, &mut stream, &mut batch);
        head.network
            .forward(&batch.input, batch.n_samples, &mut tape);
        sum += slopes(head.shape, &tape.output, &batch).0;
    }
    #[expect(clippy::cast_precision_loss, reason = "a handful of batches")]
    let n_batches = (VALIDATION_SAMPLES / n) as f64;
    sum / n_batches
}

/// Mean -ln q and its derivatives by the outputs `[n_out, n_samples]`.
fn slopes(shape: MixtureShape, output: &[f32], batch: &Batch) -> (f64, Vec<f32>) {
    #[cfg(target_arch = "x86_64")]
    {
        if crate::lane::F32x16::available() {
            return slopes_in::<crate::lane::F32x16>(shape, output, batch);
        }
        if crate::lane::F32x8::available() {
            return slopes_in::<crate::lane::F32x8>(shape, output, batch);
        }
    }
    slopes_in::<Array<f32, 16>>(shape, output, batch)
}

#[expect(clippy::cast_precision_loss, reason = "sizes of batches")]
fn slopes_in<L: Lane<Scalar = f32>>(
    shape: MixtureShape,
    output: &[f32],
    batch: &Batch,
) -> (f64, Vec<f32>) {
    let n = batch.n_samples;
    let n_outputs = shape.n_outputs();
    let weight = 1.0 / (n * batch.n_draws) as f64;
    let mut all = vec![0.0; output.len()];
    let mut loss = 0.0;
    for start in (0..n).step_by(L::LANES) {
        let raw: Vec<L> = (0..n_outputs)
            .map(|row| L::load(&output[row * n + start..]))
            .collect();
        let wanted = [0, 1].map(|angle| L::load(&batch.wanted[angle * n + start..]));
        let mut own = vec![L::splat(0.0); n_outputs];
        for draw in 0..batch.n_draws {
            let point = [0, 1].map(|angle| L::load(&batch.draws[(2 * draw + angle) * n + start..]));
            let scale = L::splat(-weight);
            loss -= weight
                * add_slopes::<L>(shape.n_angles, &raw, wanted, point, scale, &mut own).sum();
        }
        for (row, slope) in L::scalars(&own).chunks_exact(L::LANES).enumerate() {
            all[row * n + start..][..L::LANES].copy_from_slice(slope);
        }
    }
    (loss, all)
}
