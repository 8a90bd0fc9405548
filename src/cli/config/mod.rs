//! The YAML input file as plain structs with defaults. Reading, checking and explaining faults have files of their own.
//!
//! Every struct rejects unknown keys. Physical quantities carry their unit in the key.

mod check;
mod molecule;
mod origin;
mod read;
mod replica_exchange;
mod sampler;
mod system;
mod timewarp;
mod training;
mod until;

pub(crate) use check::size::MOST_REPLICAS;
pub(crate) use molecule::expand_home;
pub(crate) use origin::Origin;
pub(crate) use read::fault::{InputFault, Source};
pub(crate) use read::load::{LoadedConfig, load, load_molecule, parse, parse_molecule};
pub(crate) use read::suggest::nearest;
pub(crate) use replica_exchange::{ReplicaExchangeConfig, WrittenTemperatures};
pub(crate) use sampler::SamplerConfig;
pub(crate) use system::{
    BUILTIN_FORCE_FIELDS, Constraints, ForceFieldConfig, Solvent, SystemConfig,
};

pub(crate) use until::UntilConfig;

pub(crate) use training::{FitConfig, LoadedTraining, TrainingConfig, load_training};

pub(crate) use timewarp::training::{
    Coordinates, TimewarpTrainingConfig, TimewarpTrainingFile, load_timewarp_training,
};

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::mcmc::Ladder;

/// Input file of `saltus run` and `saltus energy`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The molecule, its force field and its solvent.
    pub(crate) system: SystemConfig,
    /// Temperature of the Boltzmann distribution in K.
    pub(crate) temperature_kelvin: f64,
    /// Independent copies simulated side by side; each gets a trajectory file of its own.
    ///
    /// With `replica_exchange` each copy is a whole ladder of temperatures.
    #[serde(default = "one")]
    pub(crate) replicas: usize,
    /// Seed of every random number: the same seed, input and device give the same bits.
    ///
    /// Where the key is missing the operating system draws one, which the trajectory, the checkpoint and the summary note.
    #[serde(default)]
    pub(crate) seed: Option<u64>,
    /// `auto` (a real GPU if there is one, else the CPU), `cpu`, `gpu` or `gpu:NAME`.
    #[serde(default = "auto_device")]
    pub(crate) device: String,
    /// Arithmetic of forces on the CPU: `mixed` (f32 forces, f64 energy sums) or `double`.
    #[serde(default)]
    pub(crate) precision: Precision,
    /// CPU threads; all cores where the key is missing.
    #[serde(default)]
    pub(crate) threads: Option<usize>,
    /// One cycle: the kernels in the order in which they are applied; or `auto`: kernels chosen for the molecule,
    /// with a ladder and a number of replicas where the input has none, printed as YAML to keep.
    pub(crate) sampler: SamplerConfig,
    /// A ladder of temperatures whose configurations are swapped after every cycle; none where the section is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replica_exchange: Option<ReplicaExchangeConfig>,
    /// Length of the run.
    pub(crate) run: RunConfig,
    /// What is written, where, and how often.
    #[serde(default)]
    pub(crate) output: OutputConfig,
}

impl Config {
    /// The seed, given or drawn.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
            .expect("invariant: whoever loads an input file draws the seed that it lacks")
    }

    /// The temperature ladder of a checked input, where there is one.
    pub(crate) fn ladder(&self) -> Option<Ladder> {
        let form = self.replica_exchange.as_ref()?.form();
        let ladder = form.and_then(|form| form.ladder().ok());
        Some(ladder.expect("invariant: the ladder of a checked input makes sense"))
    }

    /// Replicas of the whole batch: `replicas`, times the temperatures of the ladder where there is one.
    pub(crate) fn n_replicas(&self) -> usize {
        self.replicas * self.ladder().map_or(1, |ladder| ladder.n_rungs())
    }

    /// Which replicas of the batch are at the temperature asked for: all, or one of every ladder.
    pub(crate) fn target_replicas(&self) -> Vec<usize> {
        let Some(ladder) = self.ladder() else {
            return (0..self.replicas).collect();
        };
        let mut rungs = ladder.temperatures_kelvin().iter();
        let rung = rungs.position(|&rung| rung == self.temperature_kelvin);
        let rung = rung.expect("invariant: a checked input has its temperature on the ladder");
        (0..self.replicas)
            .map(|copy| copy * ladder.n_rungs() + rung)
            .collect()
    }

    /// Which replicas of the batch get trajectory files, in the order of these.
    pub(crate) fn written_replicas(&self) -> Vec<usize> {
        match &self.replica_exchange {
            Some(exchange) if exchange.write == WrittenTemperatures::All => {
                (0..self.n_replicas()).collect()
            }
            _ => self.target_replicas(),
        }
    }
}

/// Arithmetic of the CPU engine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Precision {
    /// Forces in f32, energy sums in f64.
    #[default]
    Mixed,
    /// Everything in f64.
    Double,
}

/// Length of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunConfig {
    /// Cycles whose frames are written; with `until`, those before the first look at the accuracy.
    #[serde(default)]
    pub(crate) cycles: u64,
    /// Cycles before them: nothing is written, and kernels may adapt.
    #[serde(default = "default_equilibration_cycles")]
    pub(crate) equilibration_cycles: u64,
    /// Goes on until the ensemble is that accurate, instead of for so many cycles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<UntilConfig>,
}

/// What is written, where, and how often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OutputConfig {
    /// Folder for trajectories, topology and checkpoint; relative to the current folder, not to the YAML file.
    pub(crate) directory: PathBuf,
    /// Cycles between two frames.
    pub(crate) every_cycles: u64,
    /// Whether frames hold velocities too.
    pub(crate) velocities: bool,
    /// Minutes between two checkpoints; one is always written at the end.
    pub(crate) checkpoint_minutes: f64,
}

impl Default for OutputConfig {
    fn default() -> Self {
        Self {
            directory: PathBuf::from("out"),
            every_cycles: 10,
            velocities: false,
            checkpoint_minutes: 5.0,
        }
    }
}

fn one() -> usize {
    1
}

fn auto_device() -> String {
    "auto".to_owned()
}

fn default_equilibration_cycles() -> u64 {
    100
}
