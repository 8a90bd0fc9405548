//! The input file of `saltus train`, with its defaults and its checks.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read::fault::{InputFault, Source};
use super::read::load::load_as;
use super::system::Solvent;
use super::{BUILTIN_FORCE_FIELDS, nearest};
use crate::topology::Sequence;

/// Which proposal a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TrainedProposal {
    /// Torsions of residues, given their surroundings.
    TorsionLeap,
}

/// Input file of `saltus train`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrainingConfig {
    /// What is trained.
    pub(crate) proposal: TrainedProposal,
    /// Force field of the samples.
    #[serde(default = "amber14")]
    pub(crate) force_field: String,
    /// Solvent of the samples.
    #[serde(default)]
    pub(crate) solvent: Solvent,
    /// Seed of the list of peptides, of their sampling and of the fits.
    #[serde(default)]
    pub(crate) seed: u64,
    /// CPU threads for sampling; all cores where the key is missing.
    #[serde(default)]
    pub(crate) threads: Option<usize>,
    /// The model's file, relative to the current folder.
    pub(crate) model: PathBuf,
    /// A trained model to go on from, `builtin` or a file relative to the current folder, which gives the networks' sizes;
    /// random networks where the key is missing. `--fine-tune` says the same.
    #[serde(default)]
    pub(crate) start_from: Option<String>,
    /// Minutes between two checkpoints of the fits.
    #[serde(default = "default_checkpoint_minutes")]
    pub(crate) checkpoint_minutes: f64,
    /// What is learned from.
    pub(crate) data: DataConfig,
    /// The network of (phi, psi).
    #[serde(default)]
    pub(crate) backbone: FitConfig,
    /// The network of chi.
    #[serde(default = "FitConfig::side_chain")]
    pub(crate) side_chain: FitConfig,
    /// Steps up the acceptance of leaps of (phi, psi) after the fits.
    #[serde(default)]
    pub(crate) acceptance: AcceptanceConfig,
}

/// What is learned from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DataConfig {
    /// Folder of sampled peptides, relative to the current folder; what is there is not sampled again.
    pub(crate) directory: PathBuf,
    /// Random peptides.
    pub(crate) peptides: usize,
    /// These peptides instead of random ones, written as in the input of `saltus run`.
    pub(crate) sequences: Vec<String>,
    /// Ladder of temperatures, K; the first is the one that counts.
    pub(crate) temperatures_kelvin: Vec<f64>,
    /// Copies of the ladder.
    pub(crate) copies: usize,
    /// Cycles before the first frame.
    pub(crate) equilibration_cycles: u64,
    /// Frames of each replica.
    pub(crate) frames: u64,
    /// Cycles between two frames.
    pub(crate) cycles_between: u64,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self {
            directory: PathBuf::from("torsion-leap-data"),
            peptides: 400,
            sequences: Vec::new(),
            temperatures_kelvin: vec![310.0, 365.0, 430.0],
            copies: 16,
            equilibration_cycles: 250,
            frames: 30,
            cycles_between: 8,
        }
    }
}

/// How one network is fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FitConfig {
    /// Width of the hidden layers.
    pub(crate) width: usize,
    /// Hidden layers.
    pub(crate) hidden_layers: usize,
    /// Components of the mixture.
    pub(crate) components: usize,
    /// Samples of a step.
    pub(crate) batch: usize,
    /// Steps.
    pub(crate) steps: u64,
    /// Largest step size.
    pub(crate) learning_rate: f64,
    /// Share of a weight that a step of unit learning rate takes away.
    pub(crate) weight_decay: f64,
    /// Steps between two validations.
    pub(crate) validate_every: u64,
    /// Validations without a better one after which fitting ends.
    pub(crate) patience: u64,
    /// Minutes after which fitting ends; without it, the same input gives the same model.
    pub(crate) minutes: Option<f64>,
}

impl Default for FitConfig {
    fn default() -> Self {
        Self {
            width: 160,
            hidden_layers: 3,
            components: 32,
            batch: 1024,
            steps: 20_000,
            learning_rate: 2e-3,
            weight_decay: 0.05,
            validate_every: 500,
            patience: 12,
            minutes: None,
        }
    }
}

impl FitConfig {
    fn side_chain() -> Self {
        Self {
            width: 128,
            components: 16,
            steps: 12_000,
            ..Self::default()
        }
    }
}

/// Steps up the acceptance of leaps, kept where they raise it on the validation peptides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AcceptanceConfig {
    /// Steps; 0 takes the maximum of the likelihood as it is.
    pub(crate) steps: u64,
    /// Leaps of a step, all of one peptide.
    pub(crate) pairs: usize,
    /// Largest step size.
    pub(crate) learning_rate: f64,
}

impl Default for AcceptanceConfig {
    fn default() -> Self {
        Self {
            steps: 0,
            pairs: 512,
            learning_rate: 2e-4,
        }
    }
}

fn default_checkpoint_minutes() -> f64 {
    5.0
}

fn amber14() -> String {
    "amber14".to_owned()
}

/// A checked input file of `saltus train`.
#[derive(Debug, Clone)]
pub(crate) struct LoadedTraining {
    /// The settings.
    pub(crate) config: TrainingConfig,
    /// The text behind them.
    pub(crate) source: Source,
}

/// Reads and checks an input file of `saltus train`.
///
/// # Errors
/// All faults of the file.
pub(crate) fn load_training(path: &Path) -> Result<LoadedTraining, Vec<InputFault>> {
    let empty = [
        "the file is empty, expected `proposal`, `model` and `data`",
        "start from examples/torsion-leap-training.yaml",
    ];
    let (config, source) = load_as(path, empty).map_err(|fault| vec![fault])?;
    let loaded = LoadedTraining { config, source };
    let faults = loaded.faults();
    if faults.is_empty() {
        Ok(loaded)
    } else {
        Err(faults)
    }
}

impl LoadedTraining {
    fn faults(&self) -> Vec<InputFault> {
        let config = &self.config;
        let mut faults = Vec::new();
        let mut at_least = |key: &str, got: u64, least: u64, help: &str| {
            if got < least {
                let problem = format!("got {got}, expected at least {least}");
                faults.push(self.source.fault_at(key, &problem, help));
            }
        };
        let data = &config.data;
        at_least(
            "data.peptides",
            data.peptides as u64,
            2,
            "one peptide to learn from and one to validate on; 400 make a good model",
        );
        at_least("data.copies", data.copies as u64, 1, "write 16");
        at_least("data.frames", data.frames, 1, "write 30");
        at_least("data.cycles_between", data.cycles_between, 1, "write 8");
        for (name, fit) in [
            ("backbone", &config.backbone),
            ("side_chain", &config.side_chain),
        ] {
            at_least(&format!("{name}.width"), fit.width as u64, 1, "write 160");
            at_least(
                &format!("{name}.hidden_layers"),
                fit.hidden_layers as u64,
                1,
                "write 3",
            );
            at_least(
                &format!("{name}.components"),
                fit.components as u64,
                1,
                "write 32",
            );
            at_least(&format!("{name}.batch"), fit.batch as u64, 1, "write 1024");
            at_least(&format!("{name}.steps"), fit.steps, 1, "write 20000");
            at_least(
                &format!("{name}.validate_every"),
                fit.validate_every,
                1,
                "write 500",
            );
        }
        for (name, fit) in [
            ("backbone", &config.backbone),
            ("side_chain", &config.side_chain),
        ] {
            if !(fit.learning_rate > 0.0 && fit.learning_rate < 1.0) {
                let problem = format!(
                    "got {}, expected a number over 0 and below 1",
                    fit.learning_rate
                );
                faults.push(self.source.fault_at(
                    &format!("{name}.learning_rate"),
                    &problem,
                    "write 2e-3",
                ));
            }
        }
        let ladder = &data.temperatures_kelvin;
        let ascends = ladder.windows(2).all(|pair| pair[0] < pair[1]);
        if ladder.len() < 2 || !ascends || ladder[0] <= 0.0 || !ladder.iter().all(|t| t.is_finite())
        {
            let problem = format!("got {ladder:?}, expected two or more temperatures that rise");
            faults.push(self.source.fault_at(
                "data.temperatures_kelvin",
                &problem,
                "write [310, 365, 430]",
            ));
        }
        if config.acceptance.pairs == 0 {
            let problem = "got 0, expected at least 1";
            let key = "acceptance.pairs";
            faults.push(self.source.fault_at(key, problem, "write 512"));
        }
        if !(0.0..1.0).contains(&config.acceptance.learning_rate) {
            let got = config.acceptance.learning_rate;
            let problem = format!("got {got}, expected a number from 0 to below 1");
            let key = "acceptance.learning_rate";
            faults.push(self.source.fault_at(key, &problem, "write 2e-4"));
        }
        for (index, sequence) in data.sequences.iter().enumerate() {
            if let Err(error) = Sequence::parse(sequence) {
                let key = format!("data.sequences[{index}]");
                faults.push(self.source.fault_at(&key, &error.to_string(), ""));
            }
        }
        if !(0.0..=1e6).contains(&config.checkpoint_minutes) {
            let problem = format!("got {}, expected 0 to 1000000", config.checkpoint_minutes);
            faults.push(
                self.source
                    .fault_at("checkpoint_minutes", &problem, "write 5"),
            );
        }
        if !BUILTIN_FORCE_FIELDS.contains(&config.force_field.as_str()) {
            let problem = format!("unknown force field `{}`", config.force_field);
            let near = nearest(&config.force_field, BUILTIN_FORCE_FIELDS)
                .map_or(String::new(), |near| format!("did you mean `{near}`? "));
            let help = format!("{near}force fields: {}", BUILTIN_FORCE_FIELDS.join(", "));
            faults.push(self.source.fault_at("force_field", &problem, &help));
        }
        faults
    }
}
