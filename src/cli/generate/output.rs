//! The folder of `saltus generate`: draws as frames of one trajectory, with their weights.

use std::path::Path;

use crate::cli::config::LoadedConfig;
use crate::cli::error::{Blame, CliError};
use crate::cli::run::output::OutputDirectory;
use crate::cli::setup::Prepared;
use crate::generator::Draw;
use crate::integrator::Engine;
use crate::mcmc::Chain;
use crate::state::Frame;
use crate::trajectory::{Header, OutputLock};

/// A folder that nobody else writes to.
pub(super) struct Folder {
    directory: OutputDirectory,
    force: bool,
    _lock: OutputLock,
}

impl Folder {
    /// Makes the folder; nothing of an earlier run goes before the draws are there.
    ///
    /// # Errors
    /// Files of an earlier run without `force`, or a folder that cannot be written to.
    pub(super) fn claim(path: &Path, force: bool) -> Result<Self, CliError> {
        let directory = OutputDirectory::new(path);
        directory.refuse_leftovers(force)?;
        let lock = directory.claim()?;
        Ok(Self {
            directory,
            force,
            _lock: lock,
        })
    }

    /// Writes everything; the weights are in the file before its first frame.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub(super) fn write(
        &self,
        loaded: &LoadedConfig,
        prepared: &Prepared,
        engine: &dyn Engine,
        draws: &[Draw],
    ) -> Result<(), CliError> {
        let config = &loaded.config;
        let header = Header {
            topology: prepared.molecule.topology.clone(),
            input_yaml: loaded.source.text.clone(),
            seed: config.seed(),
            device: engine.description(),
            // Frames without their weights are not the Boltzmann distribution.
            exact: false,
            temperature_kelvin: config.temperature_kelvin,
            n_degrees_of_freedom: engine.n_degrees_of_freedom(),
            masses_da: engine.masses_da().to_vec(),
            log_weights: draws.iter().map(|draw| draw.log_weight).collect(),
            metadata: serde_json::json!({ "command": "generate", "settings": loaded.config }),
            ..Header::default()
        };
        let chain = Chain::start(&prepared.molecule.positions, &[config.temperature_kelvin]);
        let mut writers =
            self.directory
                .start(&header, &chain, &[0], &prepared.molecule, self.force)?;
        for (step, draw) in (0..).zip(draws) {
            let frame = Frame {
                step,
                time_ps: step as f64,
                positions: draw.single_positions(),
                potential_energy_kj_per_mol: draw.energy_kj_per_mol,
                ..Frame::default()
            };
            writers.append(0, frame).blame_run()?;
        }
        writers.finish().blame_run()
    }
}
