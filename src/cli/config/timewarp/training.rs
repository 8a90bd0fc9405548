//! The YAML input of `saltus train` for Timewarp models, with defaults and checks.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{ModelSizes, OptimizerName};
use crate::cli::config::system::Solvent;
use crate::cli::error::{Blame, CliError};
use crate::flow::timewarp::{
    LossWeights, OptimizerKind, Shaking, Stage, TimewarpConfig, TrainSettings,
};

/// Input file: everything under the key `timewarp`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimewarpTrainingFile {
    /// How the model is trained.
    pub(crate) timewarp: TimewarpTrainingConfig,
}

/// How a Timewarp model is trained. Paths are relative to the folder of the YAML file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimewarpTrainingConfig {
    /// Weights to write; a checkpoint lies beside them.
    pub(crate) output: PathBuf,
    /// Trajectories to learn from.
    pub(crate) trajectories: Vec<PathBuf>,
    /// Trajectories to judge by, of which nothing is learned.
    #[serde(default)]
    pub(crate) validation: Vec<PathBuf>,
    /// An input of `saltus run` that makes them, in the folder of the first; it is run where one is missing.
    #[serde(default)]
    pub(crate) simulation: Option<PathBuf>,
    /// Time from x to y in ps, a multiple of the time between frames.
    pub(crate) lag_ps: f64,
    /// What a new model works in.
    #[serde(default)]
    pub(crate) coordinates: Coordinates,
    /// Sizes of a new model; or `start_from`.
    #[serde(default)]
    #[schemars(with = "Option<ModelSizes>")]
    pub(crate) model: Option<TimewarpConfig>,
    /// Weights of an older model to go on from.
    #[serde(default)]
    pub(crate) start_from: Option<PathBuf>,
    /// Stages one after another.
    pub(crate) stages: Vec<StageConfig>,
    /// Pairs a step.
    #[serde(default = "default_batch")]
    pub(crate) batch: usize,
    /// Pairs of a step that the acceptance term is taken of.
    #[serde(default = "default_draws")]
    pub(crate) draws: usize,
    /// `adam` or `lamb`.
    #[serde(default)]
    #[schemars(with = "OptimizerName")]
    pub(crate) optimizer: OptimizerKind,
    /// Steps over which a stage's learning rate rises.
    #[serde(default = "default_warm_up")]
    pub(crate) warm_up_steps: u64,
    /// Norm that gradients are clipped to.
    #[serde(default = "default_clip")]
    pub(crate) clip_gradient_norm: f64,
    /// Draws whose energy in kJ/mol lies this far above their start's are left out of the acceptance term.
    #[serde(default = "default_climb")]
    pub(crate) max_climb_kj_per_mol: f64,
    /// Random rotation of y against x, standard deviation about each axis in rad.
    #[serde(default = "default_rotation")]
    pub(crate) rotation_rad: f64,
    /// Random translation of y against x, standard deviation along each axis in nm.
    #[serde(default = "default_translation")]
    pub(crate) translation_nm: f64,
    /// Force field of the acceptance term.
    #[serde(default = "default_force_field")]
    pub(crate) force_field: String,
    /// Its solvent.
    #[serde(default)]
    pub(crate) solvent: Solvent,
    /// Its temperature.
    #[serde(default = "default_temperature")]
    pub(crate) temperature_kelvin: f64,
    /// Seed of weights and batches.
    #[serde(default)]
    pub(crate) seed: u64,
    /// Steps between two validations, each with a checkpoint.
    #[serde(default = "default_every")]
    pub(crate) validate_every_steps: u64,
    /// Pairs of a validation.
    #[serde(default = "default_validation_pairs")]
    pub(crate) validation_pairs: usize,
}

/// What a model works in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Coordinates {
    /// Positions, as published.
    #[default]
    Positions,
    /// Distances, angles and torsions of one molecule, in a frame of its own.
    Internal,
}

/// A stretch of training with the same loss.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StageConfig {
    /// Steps.
    pub(crate) steps: u64,
    /// Highest learning rate.
    pub(crate) learning_rate: f64,
    /// Weight of the likelihood.
    #[serde(default = "one")]
    pub(crate) likelihood: f64,
    /// Weight of the acceptance.
    #[serde(default)]
    pub(crate) acceptance: f64,
    /// Weight of the entropy.
    #[serde(default)]
    pub(crate) entropy: f64,
}

/// Reads and checks a training file; all paths in it become relative to the current folder.
///
/// # Errors
/// A message with file, line and column, or with the key and what it may be.
pub(crate) fn load_timewarp_training(path: &Path) -> Result<TimewarpTrainingConfig, CliError> {
    let name = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| CliError::input(format!("{name}: cannot read the input file: {error}")))?;
    let file: TimewarpTrainingFile = serde_yaml::from_str(&text).map_err(|error| {
        CliError::input(format!(
            "{name}: {error}\n  help: see examples/training/timewarp.yaml for a complete file"
        ))
    })?;
    let mut config = file.timewarp;
    let folder = path.parent().unwrap_or(Path::new(""));
    let files = config.trajectories.iter_mut().chain(&mut config.validation);
    for file in files
        .chain(&mut config.start_from)
        .chain(&mut config.simulation)
        .chain([&mut config.output])
    {
        *file = folder.join(&*file);
    }
    config
        .check()
        .map_err(|fault| CliError::input(format!("{name}: timewarp.{fault}")))?;
    if let Some(model) = &config.model {
        model.check().blame_input()?;
    }
    Ok(config)
}

impl TimewarpTrainingConfig {
    fn check(&self) -> Result<(), String> {
        let at_least_one = [
            ("trajectories", self.trajectories.len()),
            ("stages", self.stages.len()),
            ("batch", self.batch),
            ("draws", self.draws),
            ("validation_pairs", self.validation_pairs),
        ];
        for (key, size) in at_least_one {
            if size == 0 {
                return Err(format!("{key}: got none, expected at least 1"));
            }
        }
        if self.validate_every_steps == 0 {
            return Err("validate_every_steps: got 0, expected at least 1".to_owned());
        }
        let positive = [
            ("lag_ps", self.lag_ps),
            ("clip_gradient_norm", self.clip_gradient_norm),
            ("max_climb_kj_per_mol", self.max_climb_kj_per_mol),
            ("temperature_kelvin", self.temperature_kelvin),
            ("rotation_rad", self.rotation_rad),
            ("translation_nm", self.translation_nm),
        ];
        let rates = self
            .stages
            .iter()
            .map(|stage| ("stages: learning_rate", stage.learning_rate));
        for (key, value) in positive.into_iter().chain(rates) {
            if !(value > 0.0 && value.is_finite()) {
                return Err(format!("{key}: got {value}, expected a number over 0"));
            }
        }
        let draws = |stage: &StageConfig| stage.acceptance != 0.0 || stage.entropy != 0.0;
        if self.coordinates == Coordinates::Internal && self.stages.iter().any(draws) {
            return Err("stages: got an acceptance or entropy term with `coordinates: internal`, expected likelihood alone; the others have gradients in positions only".to_owned());
        }
        match (&self.model, &self.start_from) {
            (None, None) => Err("model: there is none, expected the sizes of a new model, or `start_from` with the weights of an older one".to_owned()),
            (Some(_), Some(_)) => Err("start_from: got `model` too, expected one of the two".to_owned()),
            _ => Ok(()),
        }
    }

    /// Settings of the trainer; `kt` is that of the acceptance term in kJ/mol.
    pub(crate) fn settings(&self, kt: f64) -> TrainSettings {
        let stage = |stage: &StageConfig| Stage {
            n_steps: stage.steps,
            learning_rate: stage.learning_rate,
            weights: LossWeights {
                likelihood: stage.likelihood,
                acceptance: stage.acceptance,
                entropy: stage.entropy,
            },
        };
        TrainSettings {
            n_pairs: self.batch,
            n_draws: self.draws,
            stages: self.stages.iter().map(stage).collect(),
            n_warm_up_steps: self.warm_up_steps,
            optimizer: self.optimizer,
            max_gradient_norm: self.clip_gradient_norm,
            max_climb: self.max_climb_kj_per_mol / kt,
            shaking: Shaking {
                rotation_rad: self.rotation_rad,
                translation_nm: self.translation_nm,
            },
            seed: self.seed,
        }
    }
}

fn default_batch() -> usize {
    32
}

fn default_draws() -> usize {
    16
}

fn default_warm_up() -> u64 {
    100
}

fn default_clip() -> f64 {
    5.0
}

fn default_climb() -> f64 {
    1000.0
}

fn default_rotation() -> f64 {
    0.1
}

fn default_translation() -> f64 {
    0.02
}

fn default_force_field() -> String {
    crate::cli::config::BUILTIN_FORCE_FIELDS[0].to_owned()
}

fn default_temperature() -> f64 {
    310.0
}

fn default_every() -> u64 {
    250
}

fn default_validation_pairs() -> usize {
    256
}

fn one() -> f64 {
    1.0
}
