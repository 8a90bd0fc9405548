//! The fit of one network: batches, steps, validations, the average that validated best.

use std::time::Instant;

use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use super::dataset::Dataset;
use super::error::TrainingError;
use crate::flow::torsion::{
    Batch, Head, Learner, MixtureShape, NamedTensor, Network, StepSize, Tape, WeightsError,
    Workspace, head_tensors, negative_log_likelihood, read_head,
};
use crate::proposal::{Known, N_FIXED};
use crate::rng;

/// How a network is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
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

impl FitSettings {
    /// With the sizes of a network that is there already.
    #[must_use]
    pub fn sized_as(self, head: &Head) -> Self {
        Self {
            width: head.network.layers[0].n_out,
            n_hidden: head.network.layers.len() - 1,
            n_components: head.shape.n_components,
            ..self
        }
    }
}

/// What a validation found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps done.
    pub n_steps: u64,
    /// Mean -ln q of the training samples since the last validation, nats; none before the first step.
    pub training_loss: Option<f64>,
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

/// A fit that can be stopped, saved and taken up again between any two steps.
#[derive(Debug, Clone)]
pub struct Fit {
    settings: FitSettings,
    learner: Learner,
    place: Place,
    /// The average that validated best so far.
    best: Option<Head>,
}

/// Where a fit is, beside its networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    n_steps: u64,
    best_score: Option<f64>,
    n_since_best: u64,
    /// Sum of the losses of the steps since the last validation, and their number.
    losses: [f64; 2],
    seconds: f64,
    stream: Xoshiro256PlusPlus,
    history: Vec<Progress>,
}

/// What [`Fit::advance`] did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Advance {
    /// A step.
    Stepped,
    /// A step, and a validation after it.
    Validated(Progress),
    /// Nothing: the fit is over.
    Finished,
}

/// Memory that steps use again, and the clock of a fit.
#[derive(Debug)]
pub struct FitWorkspace {
    batch: Batch,
    work: Workspace,
    lap: Instant,
}

impl Default for FitWorkspace {
    fn default() -> Self {
        Self {
            batch: Batch::default(),
            work: Workspace::default(),
            lap: Instant::now(),
        }
    }
}

impl Fit {
    /// A random network with inputs scaled to the training data.
    #[must_use]
    pub fn start(settings: FitSettings, training: &Dataset) -> Self {
        let mut stream = rng::stream(settings.seed);
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
        Self::begin(settings, head, stream)
    }

    /// Continues from a trained network instead of a random one; it is the first to be validated, so that the result is
    /// never worse on the validation peptides. Sizes of networks are those of `head`, whatever the settings say.
    #[must_use]
    pub fn start_from(settings: FitSettings, head: &Head, validation: &Dataset) -> Self {
        let stream = rng::stream(settings.seed);
        let mut fit = Self::begin(settings, head.clone(), stream);
        fit.validate(validation, None);
        fit
    }

    /// A trained network as it is: the fit is over before it begins.
    #[must_use]
    pub fn keep(settings: FitSettings, head: &Head) -> Self {
        let stream = rng::stream(settings.seed);
        let mut fit = Self::begin(settings, head.clone(), stream);
        fit.place.n_since_best = u64::MAX;
        fit
    }

    fn begin(settings: FitSettings, head: Head, stream: Xoshiro256PlusPlus) -> Self {
        Self {
            settings,
            learner: Learner::new(head),
            best: None,
            place: Place {
                n_steps: 0,
                best_score: None,
                n_since_best: 0,
                losses: [0.0; 2],
                seconds: 0.0,
                stream,
                history: Vec::new(),
            },
        }
    }

    /// All validations so far.
    #[must_use]
    pub fn history(&self) -> &[Progress] {
        &self.place.history
    }

    /// Steps done.
    #[must_use]
    pub fn n_steps(&self) -> u64 {
        self.place.n_steps
    }

    /// The average that validated best so far; before the first validation, the average.
    #[must_use]
    pub fn best(&self) -> &Head {
        self.best.as_ref().unwrap_or(&self.learner.average)
    }

    /// Takes one step, and validates where that is due, unless all steps are done or validation stopped improving.
    ///
    /// # Errors
    /// [`TrainingError::Diverged`].
    pub fn advance(
        &mut self,
        training: &Dataset,
        validation: &Dataset,
        work: &mut FitWorkspace,
    ) -> Result<Advance, TrainingError> {
        self.place.seconds += work.lap.elapsed().as_secs_f64();
        work.lap = Instant::now();
        let done = self.share_done();
        if done >= 1.0 || self.place.n_since_best >= self.settings.patience {
            return Ok(Advance::Finished);
        }
        training.fill(
            &self.learner.current,
            None,
            self.settings.batch_size,
            &mut self.place.stream,
            &mut work.batch,
        );
        let size = StepSize {
            learning_rate: self.learning_rate(done),
            weight_decay: self.settings.weight_decay,
        };
        let loss = self.learner.step(&work.batch, size, &mut work.work);
        if !loss.is_finite() {
            return Err(TrainingError::Diverged {
                loss,
                n_steps: self.place.n_steps,
                learning_rate: self.settings.learning_rate,
            });
        }
        self.place.n_steps += 1;
        self.place.losses = [self.place.losses[0] + loss, self.place.losses[1] + 1.0];
        if !self
            .place
            .n_steps
            .is_multiple_of(self.settings.validate_every)
        {
            return Ok(Advance::Stepped);
        }
        let [sum, n] = std::mem::take(&mut self.place.losses);
        Ok(Advance::Validated(self.validate(validation, Some(sum / n))))
    }

    fn share_done(&self) -> f64 {
        let by_steps = self.place.n_steps as f64 / self.settings.n_steps as f64;
        let by_time = self
            .settings
            .max_seconds
            .map_or(0.0, |limit| self.place.seconds / limit);
        by_steps.max(by_time)
    }

    fn learning_rate(&self, done: f64) -> f64 {
        let rise = (done * 100.0 + 0.01).min(1.0);
        let fall = 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
        self.settings.learning_rate * rise * fall.max(0.01)
    }

    fn validate(&mut self, validation: &Dataset, training_loss: Option<f64>) -> Progress {
        let average = &self.learner.average;
        let validation_loss = evaluate(average, validation, Known::All);
        let sequential_loss = evaluate(average, validation, Known::OnlyBefore);
        let score = validation_loss + 0.5 * sequential_loss;
        if self.place.best_score.is_none_or(|best| score < best) {
            self.place.best_score = Some(score);
            self.best = Some(average.clone());
            self.place.n_since_best = 0;
        } else {
            self.place.n_since_best += 1;
        }
        let progress = Progress {
            n_steps: self.place.n_steps,
            training_loss,
            validation_loss,
            sequential_loss,
            seconds: self.place.seconds,
        };
        self.place.history.push(progress);
        progress
    }

    /// Where the fit is; with [`Fit::tensors`] all that the next step depends on.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// All networks and moments, as tensors whose names begin with `name`.
    #[must_use]
    pub fn tensors(&self, name: &str) -> Vec<NamedTensor> {
        let mut tensors = self.learner.tensors(name);
        if let Some(best) = &self.best {
            tensors.extend(head_tensors(&format!("{name}.best"), best));
        }
        tensors
    }

    /// The fit that [`Fit::place`] and [`Fit::tensors`] are of.
    ///
    /// # Errors
    /// [`WeightsError`] for tensors that are missing, do not fit each other or hold values that are not finite.
    pub fn resume(
        settings: FitSettings,
        place: Place,
        name: &str,
        tensors: &SafeTensors<'_>,
    ) -> Result<Self, WeightsError> {
        let n_angles = settings.n_angles;
        let best = match place.best_score {
            Some(_) => Some(read_head(&format!("{name}.best"), n_angles, tensors)?),
            None => None,
        };
        Ok(Self {
            learner: Learner::read(name, n_angles, place.n_steps, tensors)?,
            settings,
            place,
            best,
        })
    }
}

/// Mean -ln q of a network over a dataset at its lowest temperature.
#[must_use]
pub fn evaluate(head: &Head, dataset: &Dataset, known: Known) -> f64 {
    let (mut batch, mut tape) = (Batch::default(), Tape::default());
    // The same samples every time, so that losses can be compared.
    let mut stream = rng::stream(17);
    let n = 1024;
    let mut sum = 0.0;
    for _ in 0..VALIDATION_SAMPLES / n {
        dataset.fill(head, Some(known), n, &mut stream, &mut batch);
        head.network
            .forward(&batch.input, batch.n_samples, &mut tape);
        sum += negative_log_likelihood(head.shape, &tape.output, &batch).0;
    }
    let n_batches = (VALIDATION_SAMPLES / n) as f64;
    sum / n_batches
}
