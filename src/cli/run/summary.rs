//! What a run says at its end: to the user in a few lines, to programs as one JSON object.

use std::path::PathBuf;

use serde::Serialize;

use crate::cli::CliResult;
use crate::cli::console::{note, print_json};
use crate::mcmc::Kernel;

use super::drive::Ending;
use super::output::OutputDirectory;
use super::recorder::Record;

/// Everything the summary tells.
pub(super) struct Summary<'a> {
    /// How the run ended.
    pub(super) ending: Ending,
    /// What was recorded.
    pub(super) record: Record,
    /// The kernels with their counters.
    pub(super) kernels: &'a [Box<dyn Kernel>],
    /// Energy evaluations of this process.
    pub(super) n_energy_evaluations: u64,
    /// Where the results are.
    pub(super) directory: &'a OutputDirectory,
    /// The command that continues the run.
    pub(super) resume_command: String,
}

#[derive(Debug, Serialize)]
struct KernelReport {
    name: String,
    proposed: u64,
    accepted: u64,
    non_finite: u64,
    seconds: f64,
    exact: bool,
}

#[derive(Debug, Serialize)]
struct RunReport {
    kernels: Vec<KernelReport>,
    exact: bool,
    energy_evaluations: u64,
    wall_seconds: f64,
    trajectories: Vec<String>,
    completed: bool,
    frames: u64,
    mean_temperature_kelvin: Option<f64>,
    ns_per_day: f64,
    steps_per_second: f64,
}

impl Summary<'_> {
    /// Writes the summary for the user to stderr.
    pub(super) fn note(&self) {
        let record = &self.record;
        let first = match self.ending {
            Ending::Completed => "finished".to_owned(),
            Ending::Stopped { cycle } => format!("stopped after cycle {cycle}, checkpoint written"),
        };
        note(&format!(
            "{first}: {:.1} s, {:.0} ns/day in aggregate, mean temperature {:.1} K, {} frames in each of {} trajectories",
            record.wall_seconds,
            record.rates.ns_per_day,
            record.mean_temperature_kelvin,
            record.n_frames,
            record.trajectories.len(),
        ));
        for kernel in self.kernels {
            let statistics = kernel.statistics();
            if statistics.proposed > 0 {
                note(&format!(
                    "  {}: {} of {} moves accepted, {} not finite, {:.1} s",
                    kernel.name(),
                    statistics.accepted,
                    statistics.proposed,
                    statistics.non_finite,
                    statistics.seconds
                ));
            }
        }
        note(&self.exactness());
        note(&format!("next: {}", self.next_command()));
    }

    /// Writes the summary as one JSON object to stdout.
    pub(super) fn print_json(&self) -> CliResult {
        let record = &self.record;
        let kernels = self.kernels.iter().map(|kernel| {
            let statistics = kernel.statistics();
            KernelReport {
                name: kernel.name().to_owned(),
                proposed: statistics.proposed,
                accepted: statistics.accepted,
                non_finite: statistics.non_finite,
                seconds: statistics.seconds,
                exact: kernel.is_exact(),
            }
        });
        print_json(&RunReport {
            kernels: kernels.collect(),
            exact: self.is_exact(),
            energy_evaluations: self.n_energy_evaluations,
            wall_seconds: record.wall_seconds,
            trajectories: shown(&record.trajectories),
            completed: self.ending == Ending::Completed,
            frames: record.n_frames,
            mean_temperature_kelvin: Some(record.mean_temperature_kelvin)
                .filter(|temperature| temperature.is_finite()),
            ns_per_day: record.rates.ns_per_day,
            steps_per_second: record.rates.steps_per_second,
        })
    }

    fn is_exact(&self) -> bool {
        self.kernels.iter().all(|kernel| kernel.is_exact())
    }

    fn exactness(&self) -> String {
        let inexact: Vec<&str> = self
            .kernels
            .iter()
            .filter(|kernel| !kernel.is_exact())
            .map(|kernel| kernel.name())
            .collect();
        if inexact.is_empty() {
            "exact: yes, every kernel leaves the Boltzmann distribution invariant".to_owned()
        } else {
            format!(
                "exact: no, {} samples with a time-step error",
                inexact.join(" and ")
            )
        }
    }

    fn next_command(&self) -> String {
        match self.ending {
            Ending::Stopped { .. } => self.resume_command.clone(),
            Ending::Completed => {
                let trajectory = self.record.trajectories.first();
                let trajectory =
                    trajectory.map_or(String::new(), |path| path.display().to_string());
                format!(
                    "saltus export {trajectory} -o trajectory.xtc   (topology: {})",
                    self.directory.topology_path().display()
                )
            }
        }
    }
}

fn shown(paths: &[PathBuf]) -> Vec<String> {
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect()
}
