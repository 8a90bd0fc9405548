//! An input of a host program: a file, or a text that is at hand.

use std::path::{Path, PathBuf};

use crate::cli::config::{self, LoadedConfig, Source};
use crate::cli::error::CliError;
use crate::cli::setup::{self, Overrides};

/// What messages call a text without a file.
const NAME: &str = "input";

/// An input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A YAML file; relative paths in it count from its folder.
    File(PathBuf),
    /// YAML; relative paths in it count from the current folder.
    Text(String),
}

impl Input {
    /// The name under which messages mention it.
    pub(super) fn name(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Text(_) => Path::new(NAME),
        }
    }

    /// The checked input of a run.
    pub(super) fn load(&self, overrides: Overrides) -> Result<LoadedConfig, CliError> {
        match self {
            Self::File(path) => setup::load(path, overrides),
            Self::Text(text) => {
                let source = Source::new(self.name(), text.clone());
                setup::adjusted(config::parse(source, self.name())?, overrides)
            }
        }
    }

    /// The checked input of which only the molecule counts.
    pub(super) fn load_molecule(&self) -> Result<LoadedConfig, CliError> {
        match self {
            Self::File(path) => setup::load_molecule(path, None),
            Self::Text(text) => {
                let source = Source::new(self.name(), text.clone());
                let loaded = config::parse_molecule(source, self.name())?;
                setup::adjusted_molecule(loaded, None)
            }
        }
    }
}
