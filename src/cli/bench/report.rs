//! The result of a comparison as it is written in JSON.

use serde::Serialize;

use super::exits_report::{self, ExitsReport};
use crate::analysis::{BaselineBasis, ObservableEss, Ratio, SamplerVerdict};
use crate::bench::{BenchOutcome, Measured};
use crate::cli::config::LoadedConfig;
use crate::cli::soundness::kernel_warnings;
use crate::mcmc::KernelReport;

/// The whole comparison.
#[derive(Debug, Serialize)]
pub(super) struct BenchReport {
    /// One entry a sampler.
    pub(super) samplers: Vec<SamplerReport>,
    /// Name of the plain MD that the ratios are to.
    pub(super) baseline: String,
    /// Its ESS of the slowest observable a second, or the upper bound of it.
    pub(super) baseline_ess_per_second: f64,
    /// Whether it is a bound.
    pub(super) baseline_is_bound: bool,
    /// What it rests on: `exit rates from basin alpha_left_2: 23 exits in 12.3 ns`.
    pub(super) baseline_basis: String,
    /// Whether these are its exits.
    #[serde(skip)]
    pub(super) baseline_rests_on_exits: bool,
    /// Plain MD from the rare sides, where it ran.
    pub(super) exits: Option<ExitsReport>,
    /// Input file.
    pub(super) input: String,
    /// Seed, given or drawn.
    pub(super) seed: u64,
    /// Temperature in K.
    pub(super) temperature_kelvin: f64,
    /// Device, instruction set, precision.
    pub(super) device: String,
    /// Version of the program.
    pub(super) version: &'static str,
}

/// One sampler. Seconds and evaluations include equilibration; those of setup are apart.
#[derive(Debug, Serialize)]
pub(super) struct SamplerReport {
    pub(super) name: String,
    pub(super) exact: bool,
    pub(super) wall_seconds: f64,
    pub(super) equilibration_seconds: f64,
    pub(super) setup_seconds: f64,
    pub(super) energy_evaluations: u64,
    pub(super) slowest: SlowestReport,
    pub(super) ratio_to_md: RatioReport,
    pub(super) mixed: bool,
    pub(super) visited_every_basin: bool,
    pub(super) missed_basins: Vec<String>,
    /// `None` where nothing effective was sampled.
    pub(super) evaluations_per_effective_sample: Option<f64>,
    pub(super) simulated_ns: f64,
    pub(super) chains: usize,
    pub(super) replicas: usize,
    pub(super) draws_per_chain: usize,
    pub(super) cycles_between_draws: u64,
    pub(super) kernels: Vec<KernelReport>,
    pub(super) warnings: Vec<String>,
    pub(super) observables: Vec<ObservableReport>,
}

/// The observable with the smallest ESS.
#[derive(Debug, Serialize)]
pub(super) struct SlowestReport {
    pub(super) observable: String,
    pub(super) ess: f64,
    pub(super) ess_per_second: f64,
    /// `None` stands for infinite: a constant, or every chain stuck apart.
    pub(super) r_hat: Option<f64>,
    pub(super) limited_by_crossings: bool,
}

/// Speed relative to plain MD with its 95 % interval.
#[derive(Debug, Serialize)]
pub(super) struct RatioReport {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) lower_bound: bool,
}

/// ESS of one observable.
#[derive(Debug, Serialize)]
pub(super) struct ObservableReport {
    name: String,
    ess: f64,
    ess_per_second: f64,
    r_hat: Option<f64>,
    crossings: f64,
    limited_by_crossings: bool,
}

impl BenchReport {
    /// Everything together, with the seconds before the clock of each sampler started.
    pub(super) fn of(loaded: &LoadedConfig, outcome: &BenchOutcome, setup_seconds: &[f64]) -> Self {
        let BenchOutcome {
            comparison,
            measured,
            exits,
        } = outcome;
        let exits = exits.as_ref();
        let parts = measured.iter().zip(setup_seconds).zip(&comparison.samplers);
        Self {
            samplers: parts
                .map(|((measured, &seconds), verdict)| {
                    SamplerReport::of(measured, seconds, verdict)
                })
                .collect(),
            baseline_rests_on_exits: matches!(comparison.baseline_basis, BaselineBasis::Exits(_)),
            baseline: comparison.baseline.clone(),
            baseline_ess_per_second: comparison.baseline_ess_per_second,
            baseline_is_bound: comparison.baseline_is_bound,
            baseline_basis: exits_report::basis(
                &comparison.baseline_basis,
                exits.map(|(run, _)| run),
            ),
            exits: exits.map(|(run, rates)| ExitsReport::of(run, rates)),
            input: loaded.source.name.clone(),
            seed: loaded.config.seed(),
            temperature_kelvin: loaded.config.temperature_kelvin,
            device: measured
                .first()
                .map_or(String::new(), |first| first.device.clone()),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

impl SamplerReport {
    fn of(measured: &Measured, setup_seconds: f64, verdict: &SamplerVerdict) -> Self {
        let run = &measured.draws;
        let slowest = &verdict.slowest;
        let evaluations = measured.n_energy_evaluations as f64;
        Self {
            name: verdict.name.clone(),
            exact: measured.exact,
            wall_seconds: run.wall_seconds,
            equilibration_seconds: measured.equilibration_seconds,
            setup_seconds,
            energy_evaluations: measured.n_energy_evaluations,
            slowest: SlowestReport {
                observable: slowest.observable.clone(),
                ess: slowest.ess,
                ess_per_second: verdict.ess_per_second,
                r_hat: finite(slowest),
                limited_by_crossings: slowest.limited_by_crossings,
            },
            ratio_to_md: RatioReport::of(verdict.ratio_to_md),
            mixed: verdict.mixed,
            visited_every_basin: verdict.missed_basins.is_empty(),
            missed_basins: verdict.missed_basins.clone(),
            evaluations_per_effective_sample: (slowest.ess > 0.0)
                .then(|| evaluations / slowest.ess),
            simulated_ns: run.simulated_ps / 1000.0,
            chains: measured.n_chains,
            replicas: measured.n_replicas,
            draws_per_chain: measured.n_draws,
            cycles_between_draws: measured.stride_cycles,
            kernels: measured.kernels.clone(),
            warnings: kernel_warnings(&measured.kernels),
            observables: verdict
                .observables
                .iter()
                .map(|observable| ObservableReport {
                    name: observable.observable.clone(),
                    ess: observable.ess,
                    ess_per_second: observable.ess / run.wall_seconds,
                    r_hat: finite(observable),
                    crossings: observable.n_crossings,
                    limited_by_crossings: observable.limited_by_crossings,
                })
                .collect(),
        }
    }
}

impl RatioReport {
    fn of(ratio: Ratio) -> Self {
        Self {
            value: ratio.value,
            low: ratio.low,
            high: ratio.high,
            lower_bound: ratio.lower_bound,
        }
    }
}

fn finite(observable: &ObservableEss) -> Option<f64> {
    Some(observable.r_hat).filter(|r_hat| r_hat.is_finite())
}
