//! Watches a run: frames when they are due, checkpoints, progress, the wish to stop. Never changes what is sampled.

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::cli::config::Config;
use crate::cli::error::{Blame, CliError};
use crate::cli::soundness::{check_arrays, check_energies};
use crate::integrator::Engine;
use crate::mcmc::{Chain, KernelReport, KernelStatistics, Observer, Sampler};
use crate::state::Frame;
use crate::trajectory::{Checkpoint, KernelRecord, RunIdentity, WriterSet};
use crate::units::BOLTZMANN_KJ_PER_MOL_K;

use super::clock::{Clock, PhaseCosts};
use super::exchange_summary::ExchangeSummary;
use super::interrupt::Interrupt;
use super::progress::{Progress, Rates};
use super::watch::stillness::Stillness;
use super::watch::stuck::Watch;

/// What a recorder counts, kept in the checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Counters {
    /// Frames recorded of every replica.
    n_frames: u64,
    /// Sum over frames of the temperature in K, mean over replicas.
    temperature_sum_kelvin: f64,
    /// Proposed and accepted moves of every kernel at the last frame.
    at_last_frame: Vec<(u64, u64)>,
    /// Time and evaluations of both phases.
    costs: PhaseCosts,
    /// Which replicas moved; nothing is known of it in checkpoints of before it was kept.
    #[serde(default)]
    stillness: Stillness,
}

impl Counters {
    /// Nothing recorded yet.
    pub(super) fn new(n_kernels: usize) -> Self {
        Self {
            n_frames: 0,
            temperature_sum_kelvin: 0.0,
            at_last_frame: vec![(0, 0); n_kernels],
            costs: PhaseCosts::default(),
            stillness: Stillness::default(),
        }
    }
}

/// What is left of a recorder when the run is over.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    /// Frames of every replica since the first start of the run.
    pub(super) n_frames: u64,
    /// Mean temperature in K over frames and replicas; NaN without frames.
    pub(super) mean_temperature_kelvin: f64,
    /// Rates of this process.
    pub(super) rates: Rates,
    /// Time and evaluations of both phases since the first start of the run.
    pub(super) costs: PhaseCosts,
    /// Energy evaluations of the production.
    pub(super) n_energy_evaluations: u64,
    /// The trajectory files.
    pub(super) trajectories: Vec<PathBuf>,
    /// Temperature of each in K.
    pub(super) temperatures_kelvin: Vec<f64>,
    /// Every kernel with its counters.
    pub(super) kernels: Vec<KernelReport>,
    /// Places of the trajectories that hold one configuration only.
    pub(super) frozen: Vec<usize>,
}

/// What the clock or the user asks for at the next look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Now {
    checkpoint: bool,
    progress: bool,
    stop: bool,
}

/// When things are due.
#[derive(Debug, Clone, PartialEq)]
struct Due {
    equilibration_cycles: u64,
    every_cycles: u64,
    velocities: bool,
    checkpoint_period: Duration,
}

impl Due {
    /// The first cycle after `done` that ends with a frame.
    fn next_frame(&self, done: u64) -> u64 {
        let recorded = done.saturating_sub(self.equilibration_cycles);
        self.equilibration_cycles + (recorded + 1).next_multiple_of(self.every_cycles)
    }
}

/// Which replicas of the batch are looked at.
#[derive(Debug, Clone, PartialEq)]
struct Selection {
    /// Those with a trajectory file, in the order of the files.
    written: Vec<usize>,
    /// Those at the temperature asked for.
    target: Vec<usize>,
}

/// Writes what a run leaves.
pub(super) struct Recorder {
    due: Due,
    selection: Selection,
    identity: RunIdentity,
    checkpoint_path: PathBuf,
    writers: WriterSet,
    progress: Progress,
    counters: Counters,
    interrupt: Interrupt,
    watch: Watch,
    cycle: u64,
    /// Decided before the cycles that lead to it are run, so that these are few.
    now: Now,
    last_checkpoint: Instant,
    clock: Clock,
}

impl Recorder {
    /// A recorder at the start of this process.
    pub(super) fn new(
        config: &Config,
        identity: RunIdentity,
        checkpoint_path: PathBuf,
        writers: WriterSet,
        progress: Progress,
        (cycle, counters): (u64, Counters),
        interrupt: Interrupt,
    ) -> Self {
        Self {
            due: Due {
                equilibration_cycles: config.run.equilibration_cycles,
                every_cycles: config.output.every_cycles,
                velocities: config.output.velocities,
                checkpoint_period: Duration::from_secs_f64(config.output.checkpoint_minutes * 60.0),
            },
            selection: Selection {
                written: config.written_replicas(),
                target: config.target_replicas(),
            },
            clock: Clock::start(counters.costs, cycle >= config.run.equilibration_cycles),
            identity,
            checkpoint_path,
            writers,
            progress,
            counters,
            interrupt,
            watch: Watch::default(),
            cycle,
            now: Now::default(),
            last_checkpoint: Instant::now(),
        }
    }

    /// Ends the recording: a checkpoint unless the run failed, then the last frames.
    ///
    /// # Errors
    /// Whatever the disk says; the files are closed all the same.
    pub(super) fn close(
        mut self,
        chain: &Chain,
        sampler: &dyn Sampler,
        is_sound: bool,
    ) -> Result<Record, CliError> {
        self.progress.finish();
        self.counters.costs = self.clock.costs();
        let saved = if is_sound {
            self.save_checkpoint(chain, sampler).blame_run()
        } else {
            // The last checkpoint stands: it is from before the failure.
            Ok(())
        };
        let record = Record {
            n_frames: self.counters.n_frames,
            mean_temperature_kelvin: self.counters.temperature_sum_kelvin
                / self.counters.n_frames as f64,
            rates: self.progress.rates(chain),
            costs: self.counters.costs,
            n_energy_evaluations: chain
                .n_energy_evaluations
                .saturating_sub(self.counters.costs.equilibration_evaluations),
            trajectories: self.writers.paths(),
            temperatures_kelvin: self
                .selection
                .written
                .iter()
                .map(|&replica| chain.temperatures_kelvin[replica])
                .collect(),
            kernels: sampler.reports(),
            frozen: self.counters.stillness.frozen(),
        };
        self.writers.finish().blame_run()?;
        self.counters
            .costs
            .of_run(chain, self.selection.target.len())
            .record(&record.trajectories)
            .blame_run()?;
        if let Some(exchange) = ExchangeSummary::of(&record.kernels) {
            let files = record.trajectories.iter().zip(&self.selection.written);
            for (file, &replica) in files {
                exchange.record_of(replica).record(file).blame_run()?;
            }
        }
        saved.map(|()| record)
    }

    fn record_frames(
        &mut self,
        chain: &mut Chain,
        sampler: &mut dyn Sampler,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let acceptance = self.acceptance(&sampler.statistics());
        let engine = sampler.engine();
        let energies = chain.energies(engine).to_vec();
        let kinetic = chain.kinetic_energies(engine.masses_da());
        check_energies(&energies, "potential")?;
        check_energies(&kinetic, "kinetic")?;
        let temperatures = temperatures_kelvin(&kinetic, engine.n_degrees_of_freedom());
        let written = self.selection.written.iter();
        let written = written.map(|&replica| energies[replica]);
        self.counters.stillness.look(written);
        for (file, &replica) in self.selection.written.iter().enumerate() {
            let frame = Frame {
                step: self.cycle,
                time_ps: chain.time_ps,
                positions: single(chain.state.replica_positions(replica)),
                velocities: self
                    .due
                    .velocities
                    .then(|| single(chain.state.replica_velocities(replica))),
                potential_energy_kj_per_mol: energies[replica],
                kinetic_energy_kj_per_mol: kinetic[replica],
                temperature_kelvin: temperatures[replica],
                acceptance: acceptance.clone(),
            };
            self.writers.append(file, frame)?;
        }
        self.counters.n_frames += 1;
        self.counters.temperature_sum_kelvin += self.target_mean(&temperatures);
        Ok(())
    }

    /// Acceptance of every kernel since the last frame, NaN where nothing was proposed.
    fn acceptance(&mut self, statistics: &[KernelStatistics]) -> Vec<f64> {
        let last = self.counters.at_last_frame.iter_mut();
        let acceptance = last.zip(statistics).map(|(last, now)| {
            let (proposed, accepted) = (now.proposed, now.accepted);
            let before = std::mem::replace(last, (proposed, accepted));
            (accepted - before.1) as f64 / (proposed - before.0) as f64
        });
        acceptance.collect()
    }

    /// Mean over the replicas at the temperature asked for.
    fn target_mean(&self, values: &[f64]) -> f64 {
        let target = self.selection.target.iter();
        target.map(|&replica| values[replica]).sum::<f64>() / self.selection.target.len() as f64
    }

    fn save_checkpoint(
        &mut self,
        chain: &Chain,
        sampler: &dyn Sampler,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        // A run could only go on to fail from there.
        check_arrays(chain)?;
        self.writers.flush()?;
        let kernels = sampler.reports().into_iter().zip(sampler.save());
        let kernels = kernels.map(|(report, saved)| KernelRecord {
            name: report.name,
            saved,
            statistics: report.statistics,
        });
        let checkpoint = Checkpoint {
            identity: self.identity.clone(),
            cycle: self.cycle,
            chain: chain.clone(),
            kernels: kernels.collect(),
            writers: self.writers.progress(),
            extra: serde_json::to_value(Counters {
                costs: self.clock.costs(),
                ..self.counters.clone()
            })?,
        };
        checkpoint.save(&self.checkpoint_path)?;
        self.last_checkpoint = Instant::now();
        Ok(())
    }

    fn show(&mut self, chain: &Chain, engine: &dyn Engine) {
        let kinetic = chain.kinetic_energies(engine.masses_da());
        let temperatures = temperatures_kelvin(&kinetic, engine.n_degrees_of_freedom());
        let temperature = self.target_mean(&temperatures);
        let phase = if self.cycle <= self.due.equilibration_cycles {
            "equilibrating"
        } else {
            "sampling"
        };
        if !self.progress.show(chain, self.cycle, phase, temperature) {
            self.interrupt.ask();
        }
    }
}

impl Observer for Recorder {
    fn next_look(&mut self, done: u64) -> u64 {
        self.now = Now {
            checkpoint: self.last_checkpoint.elapsed() >= self.due.checkpoint_period,
            progress: self.progress.is_due(),
            stop: self.interrupt.asked(),
        };
        match self.now == Now::default() {
            true => self.due.next_frame(done),
            false => done + 1,
        }
    }

    fn after_cycle(
        &mut self,
        cycle: u64,
        chain: &mut Chain,
        sampler: &mut dyn Sampler,
    ) -> Result<bool, Box<dyn Error + Send + Sync>> {
        self.cycle = cycle;
        for warning in self.watch.look(sampler) {
            log::warn!("cycle {cycle}: {warning}");
        }
        if cycle == self.due.equilibration_cycles {
            check_arrays(chain)?;
            self.clock.begin_production(chain.n_energy_evaluations);
        }
        if cycle == self.due.next_frame(cycle - 1) {
            self.record_frames(chain, sampler)?;
        }
        if self.now.checkpoint {
            self.save_checkpoint(chain, sampler)?;
        }
        if self.now.progress {
            self.show(chain, sampler.engine());
        }
        Ok(!self.now.stop)
    }
}

/// T = 2 K / (n R) with n degrees of freedom, in K.
fn temperatures_kelvin(kinetic: &[f64], n_degrees_of_freedom: usize) -> Vec<f64> {
    let half = n_degrees_of_freedom as f64 * BOLTZMANN_KJ_PER_MOL_K / 2.0;
    kinetic.iter().map(|kinetic| kinetic / half).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "trajectories are in single precision"
)]
fn single(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}
