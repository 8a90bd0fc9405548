//! What a run warned of at its end, noted in each of its trajectories so that the frames do not travel without it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::trajectory::error::TrajectoryError;
use crate::trajectory::format::layout::SALTUS;
use crate::trajectory::format::probe;
use crate::trajectory::published::PublishedFile;
use crate::trajectory::store::Store;

const WARNINGS: &str = "run_warnings";

/// Reasons to doubt the frames of a run, each a sentence; none for a run without any.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunWarnings(pub Vec<String>);

impl RunWarnings {
    /// Notes the warnings in closed trajectories of ours, replacing what was noted before.
    ///
    /// # Errors
    /// What HDF5 says of the first file that cannot be written.
    pub fn record(&self, trajectories: &[PathBuf]) -> Result<(), TrajectoryError> {
        let text = serde_json::to_string(self).expect("invariant: a list of texts");
        for path in trajectories {
            // Every edit copies the file, and most runs have nothing to say.
            if Self::read(path)? == *self {
                continue;
            }
            PublishedFile::at(path).edit(|store| store.set_text(SALTUS, WARNINGS, &text))?;
        }
        Ok(())
    }

    /// The warnings that a trajectory notes; none for a run that was killed, and for files of other programs.
    ///
    /// # Errors
    /// A file that cannot be opened.
    pub fn read(path: &Path) -> Result<Self, TrajectoryError> {
        probe::check(path)?;
        let store = Store::open_read(path)?;
        if !store.exists(SALTUS) {
            return Ok(Self::default());
        }
        let text = store.text(SALTUS, WARNINGS);
        Ok(text
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default())
    }
}
