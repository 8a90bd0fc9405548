//! An input file of which only the molecule counts, as `saltus energy` reads it: what makes a run of it may be missing.

use std::path::PathBuf;

use serde::Deserialize;

use super::{
    Config, OutputConfig, Precision, ReplicaExchangeConfig, RunConfig, SamplerConfig, SystemConfig,
};

/// Temperature in K of a file that states none: nothing depends on it but the screening of salt, for which it must be stated.
const UNSTATED_KELVIN: f64 = 300.0;

/// [`Config`] with the keys of a run optional.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MoleculeConfig {
    system: SystemConfig,
    pub(super) temperature_kelvin: Option<f64>,
    #[serde(default = "super::one")]
    replicas: usize,
    #[serde(default)]
    seed: Option<u64>,
    #[serde(default = "super::auto_device")]
    device: String,
    #[serde(default)]
    precision: Precision,
    #[serde(default)]
    threads: Option<usize>,
    #[serde(default)]
    sampler: SamplerConfig,
    #[serde(default)]
    replica_exchange: Option<ReplicaExchangeConfig>,
    run: Option<RunConfig>,
    #[serde(default)]
    output: OutputConfig,
}

impl MoleculeConfig {
    /// Whether salt screens charges, and at which temperature is not said.
    pub(super) fn lacks_temperature(&self) -> bool {
        self.system.ionic_strength_molar > 0.0 && self.temperature_kelvin.is_none()
    }

    /// With a run of one cycle where the file describes none.
    pub(super) fn into_config(self) -> Config {
        Config {
            system: self.system,
            temperature_kelvin: self.temperature_kelvin.unwrap_or(UNSTATED_KELVIN),
            replicas: self.replicas,
            seed: self.seed,
            device: self.device,
            precision: self.precision,
            threads: self.threads,
            sampler: self.sampler,
            replica_exchange: self.replica_exchange,
            run: self.run.unwrap_or(RunConfig {
                cycles: 1,
                equilibration_cycles: 0,
                until: None,
            }),
            output: self.output,
        }
    }
}

/// `~/` at the front of a path is the home folder, as in a shell, which does not see the paths inside a file.
pub(crate) fn expand_home(path: PathBuf) -> PathBuf {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => path,
    }
}
