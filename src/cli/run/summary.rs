//! What a run says at its end: to the user in a few lines, to programs as one JSON object.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use crate::cli::CliResult;
use crate::cli::config::LoadedConfig;
use crate::cli::console::note;
use crate::cli::error::{Blame, CliError};
use crate::gpu::KernelTime;
use crate::mcmc::{Ending, KernelReport};

use super::doubts::Doubts;
use super::exchange_summary::ExchangeSummary;
use super::output::OutputDirectory;
use super::recorder::Record;
use super::until::Accuracy;

/// Everything the summary tells.
pub(super) struct Summary<'a> {
    /// Times of the GPU's kernels, where they were asked for.
    pub(super) profile: Option<BTreeMap<&'static str, KernelTime>>,
    /// How the run ended.
    pub(super) ending: Ending,
    /// What was recorded.
    pub(super) record: Record,
    /// Reasons to doubt it.
    pub(super) doubts: Doubts,
    /// Where the results are.
    pub(super) directory: &'a OutputDirectory,
    /// The input of the run, with the seed that it had or that was drawn.
    pub(super) loaded: &'a LoadedConfig,
    /// How near it came to the accuracy asked for, where one was.
    pub(super) accuracy: Option<Accuracy>,
    /// The command that continues the run.
    pub(super) resume_command: String,
}

/// The mean temperature in words; not a number where no frame was recorded.
fn temperature(mean_kelvin: f64) -> String {
    if mean_kelvin.is_nan() {
        return "no temperature yet".to_owned();
    }
    format!("mean temperature {mean_kelvin:.1} K")
}

/// Numbers of the production phase but where the name says otherwise, over all processes of the run.
#[derive(Debug, Serialize)]
struct RunReport<'a> {
    kernels: &'a [KernelReport],
    #[serde(skip_serializing_if = "Option::is_none")]
    gpu_profile: Option<Vec<ProfileLine>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replica_exchange: Option<ExchangeSummary>,
    exact: bool,
    seed: u64,
    seed_is_drawn: bool,
    warnings: &'a [String],
    energy_evaluations: u64,
    equilibration_energy_evaluations: u64,
    wall_seconds: f64,
    equilibration_wall_seconds: f64,
    trajectories: Vec<String>,
    trajectory_temperatures_kelvin: &'a [f64],
    completed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy: Option<&'a Accuracy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy_shortfall: Option<String>,
    frames: u64,
    mean_temperature_kelvin: Option<f64>,
    ns_per_day: f64,
    steps_per_second: f64,
    evaluations_per_second: f64,
}

/// Time of one kernel of the GPU.
#[derive(Debug, Serialize)]
struct ProfileLine {
    kernel: &'static str,
    dispatches: u64,
    seconds: f64,
    share: f64,
}

impl Summary<'_> {
    /// Writes the summary for the user to stderr.
    pub(super) fn note(&self) {
        let record = &self.record;
        let first = match self.ending {
            Ending::Completed if self.doubts.is_dead => "finished, but sampled nothing".to_owned(),
            Ending::Completed if !self.doubts.warnings.is_empty() => {
                "finished with warnings".to_owned()
            }
            Ending::Completed => "finished".to_owned(),
            Ending::Stopped { cycle } => format!("stopped after cycle {cycle}, checkpoint written"),
        };
        let costs = record.costs;
        note(&format!(
            "{first}: {:.1} s and {:.1} s of equilibration, {:.0} ns/day in aggregate, {}, {} frames in each of {} trajectories",
            costs.production_seconds,
            costs.equilibration_seconds,
            record.rates.ns_per_day,
            temperature(record.mean_temperature_kelvin),
            record.n_frames,
            record.trajectories.len(),
        ));
        for kernel in &record.kernels {
            note_kernel(kernel, 1);
        }
        if let Some(exchange) = ExchangeSummary::of(&record.kernels) {
            note(&exchange.line());
        }
        self.note_profile();
        note(&self.exactness());
        self.loaded.note_drawn_seed("this run");
        for warning in &self.doubts.warnings {
            note(&format!("WARNING: {warning}"));
        }
        for line in self.accuracy.iter().flat_map(Accuracy::lines) {
            note(&line);
        }
        note(&format!("next: {}", self.next_command()));
    }

    /// Logs the warnings alone: whoever wants no summary wants to know these.
    pub(super) fn log_warnings(&self) {
        for warning in &self.doubts.warnings {
            log::warn!("{warning}");
        }
    }

    /// Whether there is anything worth having.
    ///
    /// # Errors
    /// A run in which nothing moved.
    pub(super) fn outcome(&self) -> CliResult {
        if !self.doubts.is_dead {
            let fault = self.accuracy.as_ref().and_then(Accuracy::fault);
            return fault.map_or(Ok(()), |fault| Err(CliError::Inaccurate(fault)));
        }
        Err(CliError::run(format!(
            "the run sampled nothing: {}\n  its frames in {} are copies of one configuration, not an ensemble",
            self.doubts.warnings.join("\n  and: "),
            self.directory.path().display()
        )))
    }

    /// The summary as one JSON object.
    ///
    /// # Errors
    /// None that a summary can have.
    pub(super) fn json(&self) -> Result<String, CliError> {
        let record = &self.record;
        serde_json::to_string(&RunReport {
            kernels: &record.kernels,
            gpu_profile: self.profile_lines(),
            replica_exchange: ExchangeSummary::of(&record.kernels),
            exact: record.kernels.iter().all(|kernel| kernel.exact),
            seed: self.loaded.config.seed(),
            seed_is_drawn: self.loaded.seed_is_drawn,
            warnings: &self.doubts.warnings,
            energy_evaluations: record.n_energy_evaluations,
            equilibration_energy_evaluations: record.costs.equilibration_evaluations,
            wall_seconds: record.costs.production_seconds,
            equilibration_wall_seconds: record.costs.equilibration_seconds,
            trajectories: shown(&record.trajectories),
            trajectory_temperatures_kelvin: &record.temperatures_kelvin,
            completed: self.ending == Ending::Completed,
            accuracy: self.accuracy.as_ref(),
            accuracy_shortfall: self.accuracy.as_ref().and_then(Accuracy::fault),
            frames: record.n_frames,
            mean_temperature_kelvin: Some(record.mean_temperature_kelvin)
                .filter(|temperature| temperature.is_finite()),
            ns_per_day: record.rates.ns_per_day,
            steps_per_second: record.rates.steps_per_second,
            evaluations_per_second: record.rates.evaluations_per_second,
        })
        .blame_run()
    }

    /// Kernels of the GPU, the slowest first.
    fn profile_lines(&self) -> Option<Vec<ProfileLine>> {
        let times = self.profile.as_ref()?;
        let total: f64 = times.values().map(|time| time.seconds).sum();
        let line = |(&kernel, time): (&&'static str, &KernelTime)| ProfileLine {
            kernel,
            dispatches: time.n_dispatches,
            seconds: time.seconds,
            share: time.seconds / total,
        };
        let mut lines: Vec<ProfileLine> = times.iter().map(line).collect();
        lines.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        Some(lines)
    }

    fn note_profile(&self) {
        let Some(lines) = self.profile_lines() else {
            return;
        };
        if lines.is_empty() {
            note(
                "profile: no kernel was timed (the device is the CPU, or its driver has no timestamps)",
            );
        }
        for line in lines {
            note(&format!(
                "  {:<24} {:>5.1} % of the device's time, {:.3} s in {} dispatches",
                line.kernel,
                100.0 * line.share,
                line.seconds,
                line.dispatches
            ));
        }
    }

    fn exactness(&self) -> String {
        let mut inexact = Vec::new();
        for kernel in &self.record.kernels {
            name_inexact(kernel, &mut inexact);
        }
        let (exploring, inexact): (Vec<&str>, Vec<&str>) = inexact
            .into_iter()
            .partition(|name| name.ends_with("_exploration"));
        if !exploring.is_empty() {
            return format!(
                "exact: no, {} explores: its structures follow no Boltzmann distribution",
                exploring.join(" and ")
            );
        }
        if inexact.is_empty() {
            return "exact: yes, every kernel leaves the Boltzmann distribution invariant"
                .to_owned();
        }
        let verb = if inexact.len() == 1 {
            "samples"
        } else {
            "sample"
        };
        format!(
            "exact: no, {} {verb} with a time-step error",
            inexact.join(" and ")
        )
    }

    fn next_command(&self) -> String {
        match self.ending {
            Ending::Stopped { .. } => self.resume_command.clone(),
            Ending::Completed => {
                let trajectory = self.record.trajectories.first();
                let trajectory =
                    trajectory.map_or(String::new(), |path| path.display().to_string());
                let folder = self.directory.path().display();
                format!(
                    "saltus analyze {folder} -o {folder}/report   (or saltus export {trajectory} -o trajectory.xtc, topology: {})",
                    self.directory.topology_path().display()
                )
            }
        }
    }
}

/// One line a kernel that proposes, those nested in it indented below.
fn note_kernel(kernel: &KernelReport, depth: usize) {
    let indent = "  ".repeat(depth);
    let statistics = kernel.statistics;
    if statistics.proposed > 0 {
        let percent = 100.0 * statistics.accepted as f64 / statistics.proposed as f64;
        note(&format!(
            "{indent}{}: {percent:.1} % of {} moves accepted, {} not finite, {:.1} s",
            kernel.name, statistics.proposed, statistics.non_finite, statistics.seconds
        ));
    } else if !kernel.children.is_empty() || statistics.seconds > 0.0 {
        note(&format!(
            "{indent}{}: {:.1} s",
            kernel.name, statistics.seconds
        ));
    }
    for child in &kernel.children {
        note_kernel(child, depth + 1);
    }
}

/// Adds the names of kernels that are not exact, those nested in others instead of these, each once.
fn name_inexact<'a>(kernel: &'a KernelReport, names: &mut Vec<&'a str>) {
    for child in &kernel.children {
        name_inexact(child, names);
    }
    if !kernel.exact && kernel.children.is_empty() && !names.contains(&kernel.name.as_str()) {
        names.push(&kernel.name);
    }
}

fn shown(paths: &[PathBuf]) -> Vec<String> {
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect()
}
