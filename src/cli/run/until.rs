//! A run that goes on until its ensemble is as accurate as asked for.
//!
//! Stretches of growing length, each continued from the checkpoint of the one before, so that the frames are bit for bit those of
//! one long run; after each the trajectories are looked at as `saltus analyze` does. Looks are few, and lengths depend on them only
//! by how much is missing, which keeps the bias of stopping by looking below what the errors say.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::{Finished, Stretch};
use crate::cli::analyze::look::{Look, look};
use crate::cli::config::{LoadedConfig, UntilConfig};
use crate::cli::console::note;
use crate::cli::error::CliError;
use crate::cli::kernels::choice;
use crate::mcmc::Ending;

/// How much longer a run becomes from one look to the next, at least and at most.
const GROWTH: [f64; 2] = [1.5, 3.0];
/// What is added to the length that the last ESS asks for.
const RESERVE: f64 = 1.1;
/// Shortfalls named in a message.
const MOST_NAMED: usize = 6;

/// How near a run came to the accuracy asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Accuracy {
    goal: UntilConfig,
    reached: bool,
    /// Cycles of the production at every look, and what was seen.
    looks: Vec<(u64, Look)>,
    /// Why it ended before.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_by: Option<&'static str>,
    has_ladder: bool,
    #[serde(skip)]
    kelvin: f64,
}

/// Runs on until the goal is reached, the time is over, or the user stops it.
///
/// # Errors
/// Whatever ends a run; trajectories that cannot be judged.
pub(super) fn reach(
    goal: UntilConfig,
    mut run: Stretch<'_>,
    loaded: &mut LoadedConfig,
) -> Result<(Finished, Accuracy), CliError> {
    run.interrupt = run.interrupt.at_latest(deadline(&goal));
    let mut resume = run.arguments.resume;
    let mut accuracy = Accuracy {
        goal: goal.clone(),
        reached: false,
        looks: Vec::new(),
        stopped_by: None,
        has_ladder: loaded.config.replica_exchange.is_some(),
        kelvin: loaded.config.temperature_kelvin,
    };
    loop {
        let finished = run.go(loaded, resume)?;
        resume = true;
        if run.interrupt.is_late() {
            accuracy.stopped_by = Some("time");
        } else if finished.ending != Ending::Completed || run.interrupt.by_signal() {
            accuracy.stopped_by = Some("user");
        }
        let target = loaded.config.temperature_kelvin;
        let files = finished.record.trajectories.iter();
        let files = files.zip(&finished.record.temperatures_kelvin);
        let files: Vec<_> = files
            .filter(|(_, kelvin)| **kelvin == target)
            .map(|(file, _)| file.clone())
            .collect();
        let done = finished.record.n_frames * loaded.config.output.every_cycles;
        match look(&files, &goal) {
            Ok(seen) => accuracy.add(done, seen, run.display.is_shown()),
            // Stopped before there was anything to look at.
            Err(_) if accuracy.stopped_by.is_some() => {}
            Err(error) => return Err(error),
        }
        if accuracy.reached || accuracy.stopped_by.is_some() || finished.doubts.is_dead {
            return Ok((finished, accuracy));
        }
        loaded.config.run.cycles = accuracy.next_cycles(done.max(loaded.config.run.cycles));
    }
}

fn deadline(goal: &UntilConfig) -> Option<Instant> {
    let time = Duration::try_from_secs_f64(60.0 * goal.max_minutes?).ok()?;
    Instant::now().checked_add(time)
}

impl Accuracy {
    fn add(&mut self, cycles: u64, seen: Look, is_shown: bool) {
        self.reached = seen.shortfalls.is_empty();
        if is_shown {
            let missing = match seen.shortfalls.len() {
                0 => "as accurate as asked for".to_owned(),
                n => format!("{n} observables short of it"),
            };
            note(&format!(
                "after {cycles} cycles: ESS {:.0} of {:.0} ({}), R-hat {:.3}: {missing}",
                seen.min_ess, self.goal.ess, seen.slowest, seen.max_r_hat
            ));
        }
        self.looks.push((cycles, seen));
    }

    /// Cycles of production until the next look.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, and far below 2^53"
    )]
    fn next_cycles(&self, done: u64) -> u64 {
        let ess = self.looks.last().map_or(0.0, |(_, seen)| seen.min_ess);
        let wanted = RESERVE * self.goal.ess / ess.max(1.0);
        (done as f64 * wanted.clamp(GROWTH[0], GROWTH[1])).ceil() as u64
    }

    /// What the summary says of it.
    pub(super) fn lines(&self) -> Vec<String> {
        let Some((_, seen)) = self.looks.last() else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        if self.reached {
            lines.push(format!(
                "accurate as asked for: ESS {:.0} (slowest: {}), R-hat {:.3}",
                seen.min_ess, seen.slowest, seen.max_r_hat
            ));
        }
        if !seen.never_seen.is_empty() {
            lines.push(format!(
                "never seen, nor is it known whether they exist: {}",
                some_of(seen.never_seen.iter().cloned())
            ));
        }
        lines
    }

    /// Why the accuracy was not reached, in words.
    pub(super) fn fault(&self) -> Option<String> {
        if self.reached {
            return None;
        }
        let why = match self.stopped_by {
            Some("user") => "stopped by the user",
            Some(_) => "the time is over",
            None => "the run sampled nothing",
        };
        let Some((_, seen)) = self.looks.last() else {
            return Some(format!(
                "{why} before the accuracy could be judged\n  help: go on with --resume and more time"
            ));
        };
        let named = seen
            .shortfalls
            .iter()
            .map(|short| format!("{}: {}", short.name, short.why));
        let help = match self.has_ladder {
            false => format!(
                "go on with --resume and more time; or add `replica_exchange: {{min_kelvin: {}, max_kelvin: {}, count: 8}}`, which crosses what the sampler does not",
                self.kelvin,
                choice::top_kelvin(self.kelvin)
            ),
            true => "go on with --resume and more time; or start with more replicas, or a ladder that reaches higher".to_owned(),
        };
        Some(format!(
            "{why}, and the ensemble is not as accurate as asked for: {}\n  help: {help}",
            some_of(named)
        ))
    }
}

fn some_of(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(MOST_NAMED);
    let mut text = names.take(MOST_NAMED).collect::<Vec<_>>().join("; ");
    if more > 0 {
        text.push_str(&format!("; and {more} more"));
    }
    text
}
