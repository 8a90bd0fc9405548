//! The output folder of a run: what may be overwritten, who writes there, what lies there.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::config::LoadedConfig;
use crate::cli::error::{Blame, CliError};
use crate::cli::setup::Prepared;
use crate::mcmc::{Chain, Sampler};
use crate::topology::{Molecule, pdb};
use crate::trajectory::{
    Checkpoint, Header, OutputLock, RunIdentity, WriterProgress, WriterSet, is_trajectory_file,
};

use super::identity;

const CHECKPOINT: &str = "checkpoint.saltus";
const TOPOLOGY: &str = "topology.pdb";

/// The folder that a run writes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputDirectory {
    path: PathBuf,
}

impl OutputDirectory {
    /// The folder; nothing is made yet.
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The checkpoint in it.
    pub(super) fn checkpoint_path(&self) -> PathBuf {
        self.path.join(CHECKPOINT)
    }

    /// The topology in it.
    pub(super) fn topology_path(&self) -> PathBuf {
        self.path.join(TOPOLOGY)
    }

    /// Refuses a folder with the files of an earlier run, unless they may be replaced.
    ///
    /// # Errors
    /// Names the first such file.
    pub(crate) fn refuse_leftovers(&self, force: bool) -> Result<(), CliError> {
        match self.leftovers().first() {
            Some(file) if !force => Err(CliError::input(format!(
                "{} exists already: an earlier run wrote to {}\n  help: continue that run with --resume, replace it with --force, or write elsewhere with --output DIR",
                file.display(),
                self.path.display()
            ))),
            _ => Ok(()),
        }
    }

    /// The seed that the run which is to be continued has drawn.
    ///
    /// # Errors
    /// No checkpoint, or a damaged one.
    pub(super) fn recorded_seed(&self) -> Result<Option<u64>, CliError> {
        Ok(identity::seed(&self.any_checkpoint()?.identity))
    }

    fn any_checkpoint(&self) -> Result<Checkpoint, CliError> {
        let path = self.checkpoint_path();
        if !path.exists() {
            return Err(CliError::input(format!(
                "there is no {} to resume from\n  help: start the run without --resume, or name its folder with --output DIR",
                path.display()
            )));
        }
        Checkpoint::load(&path).blame_input()
    }

    /// The checkpoint of the run that is to be continued.
    ///
    /// # Errors
    /// No checkpoint, a damaged one, or one of another run.
    pub(super) fn checkpoint(
        &self,
        loaded: &LoadedConfig,
        identity: &RunIdentity,
    ) -> Result<Checkpoint, CliError> {
        let path = self.checkpoint_path();
        let checkpoint = self.any_checkpoint()?;
        if let Some(error) = identity::difference(loaded, &checkpoint.identity.input) {
            return Err(error);
        }
        let recorded = RunIdentity {
            input: checkpoint.identity.input.clone(),
            ..identity.clone()
        };
        checkpoint.verify(&recorded, &path).blame_input()?;
        Ok(checkpoint)
    }

    /// Makes the folder and keeps other runs out of it as long as the lock lives.
    ///
    /// # Errors
    /// A folder that cannot be made or written to, or that another process writes to.
    pub(crate) fn claim(&self) -> Result<OutputLock, CliError> {
        fs::create_dir_all(&self.path)
            .map_err(|error| {
                format!(
                    "cannot make the output folder {}: {error}\n  help: choose a folder that you may write to with `output.directory` or --output DIR",
                    self.path.display()
                )
            })
            .blame_input()?;
        OutputLock::acquire(&self.path).blame_input()
    }

    /// Starts the trajectories of the `written` replicas and the topology; with `force` the files of an earlier run go first.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub(crate) fn start(
        &self,
        header: &Header,
        chain: &Chain,
        written: &[usize],
        molecule: &Molecule,
        force: bool,
    ) -> Result<WriterSet, CliError> {
        for file in self.leftovers() {
            fs::remove_file(&file)
                .map_err(|error| format!("cannot remove {}: {error}", file.display()))
                .blame_run()?;
        }
        let mut text = Vec::new();
        let positions: Vec<[f64; 3]> = chain
            .state
            .replica_positions(written[0])
            .chunks_exact(3)
            .map(|xyz| [xyz[0], xyz[1], xyz[2]])
            .collect();
        pdb::write(&mut text, &molecule.topology, &positions).blame_run()?;
        let temperature = |&replica: &usize| chain.temperatures_kelvin[replica];
        let temperatures: Vec<f64> = written.iter().map(temperature).collect();
        WriterSet::create(&self.path, header, &temperatures, &text, force).blame_run()
    }

    /// Opens the trajectories where a checkpoint left them.
    ///
    /// # Errors
    /// Files that are missing, damaged, or shorter than the checkpoint says.
    pub(super) fn open_again(&self, progress: Vec<WriterProgress>) -> Result<WriterSet, CliError> {
        WriterSet::resume(&self.path, progress).blame_input()
    }

    /// Files of an earlier run, sorted.
    fn leftovers(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                is_trajectory_file(&name) || name == CHECKPOINT || name == TOPOLOGY
            })
            .collect();
        files.sort();
        files
    }
}

/// What every trajectory of the run says of itself.
pub(super) fn header(
    loaded: &LoadedConfig,
    prepared: &Prepared,
    sampler: &mut dyn Sampler,
) -> Header {
    let (exact, kernel_names) = (sampler.is_exact(), sampler.names());
    let engine = sampler.engine();
    Header {
        topology: prepared.molecule.topology.clone(),
        input_yaml: loaded.source.text.clone(),
        seed: loaded.config.seed(),
        device: engine.description(),
        exact,
        kernel_names,
        temperature_kelvin: loaded.config.temperature_kelvin,
        n_degrees_of_freedom: engine.n_degrees_of_freedom(),
        masses_da: engine.masses_da().to_vec(),
        velocities: loaded.config.output.velocities,
        metadata: serde_json::json!({ "settings": loaded.config }),
        ..Header::default()
    }
}
