//! Training a Timewarp model: batches, stages, steps, validation, checkpoints.

use super::judge::losses;
use super::loss::{LossWeights, Losses, ReducedEnergies, TrainingPair};
use super::optimizer::{OptimizerKind, TensorOptimizer, clip};
use super::pairs::{Frames, OwnedPair, Shaking, draw_pair};
use crate::flow::nn::Adam;
use crate::flow::nn::tensor_file::{TensorFile, write_tensors};
use crate::flow::nn::weights_error::WeightsError;
use crate::flow::timewarp::conformation::Conformation;
use crate::flow::timewarp::error::TimewarpError;
use crate::flow::timewarp::internal::coordinates::InternalCoordinates;
use crate::flow::timewarp::internal::flow::{InternalFlow, shifted};
use crate::flow::timewarp::model::Timewarp;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

/// A stretch of training with the same loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// Steps of this stage.
    pub n_steps: u64,
    /// Highest learning rate: it rises to it over [`TrainSettings::n_warm_up_steps`] and falls to a twentieth by a cosine.
    pub learning_rate: f64,
    /// Weights of the terms.
    pub weights: LossWeights,
}

/// Settings of training.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainSettings {
    /// Pairs a step.
    pub n_pairs: usize,
    /// Pairs of a step that the acceptance and entropy terms are taken of.
    pub n_draws: usize,
    /// Stages one after another.
    pub stages: Vec<Stage>,
    /// Steps over which a stage's learning rate rises.
    pub n_warm_up_steps: u64,
    /// How gradients become steps.
    pub optimizer: OptimizerKind,
    /// Norm that a gradient is scaled down to.
    pub max_gradient_norm: f64,
    /// Draws whose energy over kT lies this far above their start's are left out.
    pub max_climb: f64,
    /// How pairs are moved.
    pub shaking: Shaking,
    /// Seed of all batches.
    pub seed: u64,
}

/// What a step found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepReport {
    /// Losses on the batch, before the step.
    pub losses: Losses,
    /// Norm of the gradient before clipping; a step with one that is not finite is left out.
    pub gradient_norm: f64,
    /// Learning rate of the step.
    pub learning_rate: f64,
}

/// A model in training.
#[derive(Debug, Clone)]
pub struct Trainer {
    model: Timewarp<f32>,
    settings: TrainSettings,
    optimizer: TensorOptimizer,
    stream: Xoshiro256PlusPlus,
    step: u64,
}

/// What a checkpoint holds beside tensors.
#[derive(Serialize, Deserialize)]
struct Place {
    step: u64,
    n_updates: u64,
    stream: Xoshiro256PlusPlus,
}

/// Key of the checkpoint's remark.
const PLACE: &str = "training";

impl Trainer {
    /// Starts training a model.
    #[must_use]
    pub fn new(model: Timewarp<f32>, settings: TrainSettings) -> Self {
        Self {
            optimizer: TensorOptimizer::new(settings.optimizer, model.parameters().len()),
            stream: Xoshiro256PlusPlus::seed_from_u64(settings.seed),
            model,
            settings,
            step: 0,
        }
    }

    /// The model as it is.
    #[must_use]
    pub fn model(&self) -> &Timewarp<f32> {
        &self.model
    }

    /// Steps taken.
    #[must_use]
    pub fn step_count(&self) -> u64 {
        self.step
    }

    /// Steps of all stages.
    #[must_use]
    pub fn total_steps(&self) -> u64 {
        self.settings.stages.iter().map(|stage| stage.n_steps).sum()
    }

    /// The stage of the next step with its learning rate; `None` at the end.
    #[must_use]
    pub fn stage(&self) -> Option<(Stage, f64)> {
        let mut first = 0;
        for stage in &self.settings.stages {
            if self.step < first + stage.n_steps {
                let done = (self.step - first) as f64;
                let rise = (done + 1.0) / self.settings.n_warm_up_steps.max(1) as f64;
                let angle = std::f64::consts::PI * done / stage.n_steps as f64;
                let fall = 0.05 + 0.95 * 0.5 * (1.0 + angle.cos());
                return Some((*stage, stage.learning_rate * rise.min(1.0) * fall));
            }
            first += stage.n_steps;
        }
        None
    }

    /// Takes a step on a new batch; `None` when all stages are done.
    ///
    /// # Errors
    /// [`TimewarpError`] for frames that do not fit the model.
    ///
    /// # Panics
    /// If the frames have no pair.
    pub fn step(
        &mut self,
        sources: &[Frames],
        energies: &mut dyn ReducedEnergies,
    ) -> Result<Option<StepReport>, TimewarpError> {
        let Some((stage, learning_rate)) = self.stage() else {
            return Ok(None);
        };
        let owned = self.draw(sources);
        let pairs: Vec<_> = owned
            .iter()
            .map(|encoded| training_pair(sources, &encoded.pair))
            .collect();
        let mut gradient = vec![0.0; self.model.parameters().len()];
        let mut losses = Losses::default();
        let LossWeights {
            likelihood,
            acceptance,
            entropy,
        } = stage.weights;
        if acceptance != 0.0 || entropy != 0.0 {
            self.check_draws()?;
            let draws = &pairs[..self.settings.n_draws.min(pairs.len())];
            let climb = self.settings.max_climb;
            losses =
                self.model
                    .draw_losses(draws, stage.weights, climb, energies, &mut gradient)?;
        }
        losses.likelihood = self
            .model
            .likelihood_loss(&pairs, likelihood, &mut gradient)?
            - mean_log_det(&owned);
        let gradient_norm = clip(&mut gradient, self.settings.max_gradient_norm);
        if gradient_norm.is_finite() {
            let layout = self.model.layout().clone();
            let optimizer = &mut self.optimizer;
            #[expect(clippy::cast_possible_truncation, reason = "parameters are in f32")]
            let rate = learning_rate as f32;
            self.model.update(|parameters| {
                let trained = layout.tensors.iter().filter(|tensor| tensor.is_trained);
                let trained = trained.map(|tensor| tensor.range());
                optimizer.update(trained, parameters, &gradient, rate);
            });
        }
        self.step += 1;
        Ok(Some(StepReport {
            losses,
            gradient_norm,
            learning_rate,
        }))
    }

    fn check_draws(&self) -> Result<(), TimewarpError> {
        if self.model.config().internal.is_none() {
            return Ok(());
        }
        Err(TimewarpError::Config {
            key: "internal",
            got: "there, in a stage with an acceptance or entropy term".to_owned(),
            expected: "likelihood alone: the other terms have gradients in positions only",
        })
    }

    fn draw(&mut self, sources: &[Frames]) -> Vec<EncodedPair> {
        let internal = self.model.config().internal.as_ref();
        let naming = internal.map(InternalCoordinates::naming);
        (0..self.settings.n_pairs)
            .map(|_| draw_pair(sources, self.settings.shaking, naming, &mut self.stream))
            .map(|pair| EncodedPair::new(pair, internal))
            .collect()
    }

    /// Losses on `n_pairs` pairs of other frames, the same ones at every call; changes nothing.
    ///
    /// # Errors
    /// [`TimewarpError`] for frames that do not fit the model.
    pub fn validate(
        &self,
        sources: &[Frames],
        n_pairs: usize,
        energies: &mut dyn ReducedEnergies,
    ) -> Result<Losses, TimewarpError> {
        let mut stream = Xoshiro256PlusPlus::seed_from_u64(!self.settings.seed);
        let internal = self.model.config().internal.as_ref();
        let naming = internal.map(InternalCoordinates::naming);
        let owned: Vec<_> = (0..n_pairs)
            .map(|_| draw_pair(sources, self.settings.shaking, naming, &mut stream))
            .collect();
        let pairs: Vec<_> = owned
            .iter()
            .map(|pair| training_pair(sources, pair))
            .collect();
        let flow = InternalFlow::wrap(Arc::new(self.model.clone()));
        losses(flow.as_ref(), &pairs, self.settings.max_climb, energies)
    }

    /// Writes everything that the next step depends on.
    ///
    /// # Errors
    /// [`TimewarpError::Weights`] where the file cannot be written.
    pub fn save_checkpoint(&self, path: &Path) -> Result<(), TimewarpError> {
        let place = Place {
            step: self.step,
            n_updates: self.optimizer.adam.n_steps(),
            stream: self.stream.clone(),
        };
        let place = serde_json::to_string(&place).expect("invariant: numbers become JSON");
        let shape = [self.model.parameters().len()];
        let [mean, square] = self.optimizer.adam.moments();
        let tensors = [
            ("parameters", &shape[..], self.model.parameters()),
            ("mean", &shape[..], mean),
            ("square", &shape[..], square),
        ];
        Ok(write_tensors(path, tensors, &[(PLACE, place)])?)
    }

    /// Goes back to where a checkpoint was written.
    ///
    /// # Errors
    /// [`TimewarpError::Weights`] for a file that is not a checkpoint of this model.
    pub fn restore_checkpoint(&mut self, path: &Path) -> Result<(), TimewarpError> {
        let file = TensorFile::open(path)?;
        let shape = [self.model.parameters().len()];
        let read = |name: &str| -> Result<Vec<f32>, TimewarpError> {
            let mut values = vec![0.0; shape[0]];
            file.read_into(name, &shape, &mut values)?;
            Ok(values)
        };
        let place = file
            .remark(PLACE)
            .and_then(|text| serde_json::from_str(text).ok());
        let Some(Place {
            step,
            n_updates,
            stream,
        }) = place
        else {
            return Err(TimewarpError::Weights(WeightsError::Format {
                path: path.to_owned(),
                reason: "no checkpoint of a training".to_owned(),
            }));
        };
        let parameters = read("parameters")?;
        self.model.update(|own| own.copy_from_slice(&parameters));
        self.optimizer.adam = Adam::resumed(n_updates, [read("mean")?, read("square")?]);
        (self.step, self.stream) = (step, stream);
        Ok(())
    }
}

/// A pair as the networks see it.
struct EncodedPair {
    pair: OwnedPair,
    /// ln |dz/dy| an atom, where z stands for y.
    log_det: f64,
}

impl EncodedPair {
    fn new(mut pair: OwnedPair, internal: Option<&InternalCoordinates>) -> Self {
        let Some(coordinates) = internal else {
            return Self { pair, log_det: 0.0 };
        };
        let encoded = coordinates.encode(&pair.from[0], &pair.to[0]);
        pair.from = coordinates.condition(&pair.from[0]);
        pair.to[0] = shifted(&pair.from[0], &encoded.whitened, 1.0);
        let n_atoms = coordinates.tree.n_atoms() as f64;
        Self {
            pair,
            log_det: encoded.log_det / n_atoms,
        }
    }
}

fn mean_log_det(pairs: &[EncodedPair]) -> f64 {
    pairs.iter().map(|pair| pair.log_det).sum::<f64>() / pairs.len() as f64
}

fn training_pair<'a>(sources: &'a [Frames], pair: &'a OwnedPair) -> TrainingPair<'a> {
    let source = &sources[pair.source];
    TrainingPair {
        molecule: source.molecule,
        from: Conformation {
            elements: &source.elements,
            positions: &pair.from[0],
            auxiliaries: Some(&pair.from[1]),
        },
        to_positions: &pair.to[0],
        to_auxiliaries: &pair.to[1],
        normals: pair.normals.each_ref().map(Vec::as_slice),
    }
}
