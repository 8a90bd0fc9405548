//! What replica exchange did on the ladder that a trajectory belongs to, noted in it when the run ends.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::trajectory::error::TrajectoryError;
use crate::trajectory::format::layout::SALTUS;
use crate::trajectory::format::probe;
use crate::trajectory::published::PublishedFile;
use crate::trajectory::store::Store;

const EXCHANGE: &str = "run_replica_exchange";

/// One ladder of a run: its temperatures, swaps between them, and ways of its walkers up and down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExchangeRecord {
    /// Which ladder of the run, from 0; `write: all` gives several trajectories of one.
    pub ladder: usize,
    /// Temperatures in K, as tuned where they were, `[n_rungs]`.
    pub temperatures_kelvin: Vec<f64>,
    /// Share of swaps made between each temperature and the next over all ladders of the run, `[n_rungs - 1]`; `None`
    /// where none was tried.
    pub acceptance: Vec<Option<f64>>,
    /// Ways from the lowest temperature to the highest and back, of each walker of this ladder, `[n_rungs]`.
    pub round_trips: Vec<u64>,
}

impl ExchangeRecord {
    /// Notes the record in a closed trajectory of ours, replacing what was noted before.
    ///
    /// # Errors
    /// What HDF5 says of a file that cannot be written.
    pub fn record(&self, trajectory: &Path) -> Result<(), TrajectoryError> {
        let text = serde_json::to_string(self).expect("invariant: plain numbers");
        PublishedFile::at(trajectory).edit(|store| store.set_text(SALTUS, EXCHANGE, &text))
    }

    /// The record that a trajectory notes; `None` for a run without exchange, for one that was killed, and for files of
    /// other programs.
    ///
    /// # Errors
    /// A file that cannot be opened.
    pub fn read(path: &Path) -> Result<Option<Self>, TrajectoryError> {
        probe::check(path)?;
        let store = Store::open_read(path)?;
        if !store.exists(SALTUS) {
            return Ok(None);
        }
        let text = store.text(SALTUS, EXCHANGE);
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }
}
