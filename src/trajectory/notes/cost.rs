//! What a run cost, noted in each of its trajectories when it ends.

use std::path::{Path, PathBuf};

use crate::trajectory::error::TrajectoryError;
use crate::trajectory::format::layout::SALTUS;
use crate::trajectory::format::probe;
use crate::trajectory::published::PublishedFile;
use crate::trajectory::store::Store;

const WALL_SECONDS: &str = "run_wall_seconds";
const ENERGY_EVALUATIONS: &str = "run_energy_evaluations";
const REPLICAS: &str = "run_replicas";

/// Cost of a whole run, of all replicas together, equilibration included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunCost {
    /// Wall-clock seconds of the cycles, without start-up.
    pub wall_seconds: f64,
    /// Energy evaluations, one for each replica evaluated.
    pub energy_evaluations: u64,
    /// Replicas that shared the cost.
    pub replicas: usize,
}

impl RunCost {
    /// Notes the cost in closed trajectories of ours, replacing what was noted before.
    ///
    /// # Errors
    /// What HDF5 says of the first file that cannot be written.
    pub fn record(&self, trajectories: &[PathBuf]) -> Result<(), TrajectoryError> {
        for path in trajectories {
            PublishedFile::at(path).edit(|store| {
                store.set_number(SALTUS, WALL_SECONDS, self.wall_seconds)?;
                store.set_number(SALTUS, ENERGY_EVALUATIONS, self.energy_evaluations)?;
                store.set_number(SALTUS, REPLICAS, self.replicas as u64)
            })?;
        }
        Ok(())
    }

    /// The cost that a trajectory notes; `None` for a run that was killed, and for files of other programs.
    ///
    /// # Errors
    /// A file that cannot be opened.
    pub fn read(path: &Path) -> Result<Option<Self>, TrajectoryError> {
        probe::check(path)?;
        let store = Store::open_read(path)?;
        if !store.exists(SALTUS) {
            return Ok(None);
        }
        let replicas = store
            .number::<u64>(SALTUS, REPLICAS)
            .and_then(|replicas| usize::try_from(replicas).ok());
        let wall_seconds = store.number(SALTUS, WALL_SECONDS);
        let energy_evaluations = store.number(SALTUS, ENERGY_EVALUATIONS);
        let (Some(wall_seconds), Some(energy_evaluations), Some(replicas)) =
            (wall_seconds, energy_evaluations, replicas)
        else {
            return Ok(None);
        };
        Ok(Some(Self {
            wall_seconds,
            energy_evaluations,
            replicas,
        }))
    }
}
