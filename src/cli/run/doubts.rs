//! Why the frames of a finished run may be worth less than they look, or nothing: in words, for the summary and the files.

use std::path::PathBuf;

use crate::cli::CliResult;
use crate::cli::config::Config;
use crate::cli::error::Blame;
use crate::cli::soundness::{kernel_warnings, working_kernels};
use crate::trajectory::RunWarnings;

use super::recorder::Record;

/// Fewest moves without any acceptance that make a run a failure, where no kernel moves anything otherwise.
const DEAD_MOVES: u64 = 100;
/// Relative deviation of the mean temperature that no time step in use explains.
const TEMPERATURE_SHARE: f64 = 0.15;
/// Standard deviations of a single frame of all replicas that chance does not explain.
const TEMPERATURE_SIGMAS: f64 = 6.0;
/// Trajectories named in one warning.
const MOST_NAMED: usize = 5;

/// The reasons to doubt a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Doubts {
    /// One sentence each.
    pub(super) warnings: Vec<String>,
    /// Set where nothing was sampled at all: the run is a failure.
    pub(super) is_dead: bool,
}

impl Doubts {
    /// Looks at what was recorded.
    pub(super) fn of(record: &Record, config: &Config, n_degrees_of_freedom: usize) -> Self {
        let leaves = working_kernels(&record.kernels);
        let mut warnings = kernel_warnings(&record.kernels);
        warnings.extend(frozen(record));
        warnings.extend(temperature(record, config, n_degrees_of_freedom));
        let n_proposed: u64 = leaves.iter().map(|kernel| kernel.statistics.proposed).sum();
        let proposes_only = leaves.iter().all(|kernel| kernel.statistics.proposed > 0);
        let accepts = leaves.iter().any(|kernel| kernel.statistics.accepted > 0);
        let all_refused = proposes_only && !accepts && n_proposed >= DEAD_MOVES;
        let all_frozen =
            !record.frozen.is_empty() && record.frozen.len() == record.trajectories.len();
        Self {
            warnings,
            is_dead: all_refused || all_frozen,
        }
    }

    /// Notes the warnings in the trajectories, in place of those of an earlier process.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub(super) fn note_in(&self, trajectories: &[PathBuf]) -> CliResult {
        RunWarnings(self.warnings.clone())
            .record(trajectories)
            .blame_run()
    }
}

/// Trajectories that hold one configuration only.
fn frozen(record: &Record) -> Option<String> {
    let names = record.frozen.iter().filter_map(|&place| {
        let name = record.trajectories.get(place)?.file_name()?;
        Some(name.to_string_lossy().into_owned())
    });
    let named: Vec<String> = names.take(MOST_NAMED).collect();
    let more = record.frozen.len().saturating_sub(MOST_NAMED);
    (!named.is_empty()).then(|| {
        format!(
            "{} of {} trajectories hold a single configuration, {} times over: {}{}; no move of theirs was ever accepted",
            record.frozen.len(),
            record.trajectories.len(),
            record.n_frames,
            named.join(", "),
            if more > 0 { ", ..." } else { "" }
        )
    })
}

/// A mean temperature that is not the one asked for.
fn temperature(record: &Record, config: &Config, n_degrees_of_freedom: usize) -> Option<String> {
    if record.n_frames == 0 {
        return None;
    }
    let (mean, asked) = (record.mean_temperature_kelvin, config.temperature_kelvin);
    let n_terms = (n_degrees_of_freedom * config.replicas).max(1) as f64;
    let share = f64::max(
        TEMPERATURE_SHARE,
        TEMPERATURE_SIGMAS * (2.0 / n_terms).sqrt(),
    );
    let is_near = (mean - asked).abs() <= share * asked;
    (!is_near).then(|| {
        format!(
            "the mean temperature is {mean:.1} K, but {asked} K were asked for: equilibrate longer (`run.equilibration_cycles`), or take a shorter time step"
        )
    })
}
