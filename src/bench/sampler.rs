//! One sampler that runs in turns with the others, each turn on its own clock.

use std::time::Instant;

use super::draws::Draws;
use super::error::BenchError;
use super::reservoirs::Reservoirs;
use crate::analysis::{ObservableSet, SamplerDraws};
use crate::mcmc::{Chain, KernelReport, Sampler, check_sampler};

/// Draws a chain that a sampler records even where its time is up: ESS and R-hat need a few.
pub(super) const MIN_DRAWS: usize = 8;

/// A sampler set up to run, its replicas at their start.
pub struct BenchSampler {
    /// Name of the sampler.
    pub name: String,
    /// Whether it is plain MD; the strongest of these is the baseline.
    pub is_plain_md: bool,
    /// What runs the cycles.
    pub cycles: Box<dyn Sampler>,
    /// All replicas.
    pub chain: Chain,
    /// Replicas that sample the temperature asked for, each a chain to be looked at; all but where temperatures differ.
    pub replicas: Vec<usize>,
    /// Starts the streams that choose configurations and draw velocities.
    pub seed: u64,
}

impl BenchSampler {
    /// A sampler all of whose replicas are looked at.
    #[must_use]
    pub fn new(name: &str, cycles: Box<dyn Sampler>, chain: Chain, seed: u64) -> Self {
        Self {
            name: name.to_owned(),
            is_plain_md: false,
            cycles,
            replicas: (0..chain.state.n_replicas).collect(),
            chain,
            seed,
        }
    }

    /// The same as a candidate for the baseline.
    #[must_use]
    pub fn plain_md(mut self) -> Self {
        self.is_plain_md = true;
        self
    }

    /// One application of every kernel.
    pub(super) fn cycle(&mut self) -> Result<(), BenchError> {
        let cycled = self.cycles.run(&mut self.chain, 1);
        cycled.map_err(|source| BenchError::Cycle {
            sampler: self.name.clone(),
            source,
        })
    }
}

/// What one sampler did.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Its draws with the collective coordinates of all samplers, and the seconds they cost.
    pub draws: SamplerDraws,
    /// Whether every kernel is exact.
    pub exact: bool,
    /// Chains that were looked at.
    pub n_chains: usize,
    /// Replicas of the batch.
    pub n_replicas: usize,
    /// Draws a chain.
    pub n_draws: usize,
    /// Cycles between two draws.
    pub stride_cycles: u64,
    /// Seconds of equilibration, part of the total.
    pub equilibration_seconds: f64,
    /// Evaluations, equilibration included.
    pub n_energy_evaluations: u64,
    /// Every kernel with its counters of the production.
    pub kernels: Vec<KernelReport>,
    /// The machine.
    pub device: String,
}

/// A sampler whose time is up.
pub(super) struct Finished {
    /// What it did.
    pub(super) measured: Measured,
    /// Where it stands.
    pub(super) sampler: BenchSampler,
    /// Configurations that it kept.
    pub(super) reservoirs: Option<Reservoirs>,
}

/// A sampler ready to go on where its last turn ended.
pub(super) struct Turns<'a> {
    sampler: BenchSampler,
    draws: Draws<'a>,
    /// On the clock so far.
    seconds: f64,
    equilibration_seconds: f64,
    is_frozen: bool,
}

impl<'a> Turns<'a> {
    /// The clock stands at 0. An exact sampler keeps configurations from every side where that is asked for.
    pub(super) fn new(
        sampler: BenchSampler,
        set: &'a ObservableSet,
        keeps_configurations: bool,
    ) -> Self {
        for warning in check_sampler(sampler.cycles.as_ref()) {
            log::warn!("sampler `{}`: {warning}", sampler.name);
        }
        let keeps = keeps_configurations && sampler.cycles.is_exact();
        let reservoirs = keeps.then(|| Reservoirs::new(set, sampler.seed));
        Self {
            draws: Draws::new(set, sampler.replicas.clone(), reservoirs),
            sampler,
            seconds: 0.0,
            equilibration_seconds: 0.0,
            is_frozen: false,
        }
    }

    /// Goes on equilibrating until the clock reads so many seconds: kernels may tune themselves, nothing is recorded.
    ///
    /// # Errors
    /// A kernel that fails.
    pub(super) fn equilibrate(&mut self, until_seconds: f64) -> Result<(), BenchError> {
        let before = self.seconds;
        let start = Instant::now();
        while self.seconds < until_seconds {
            self.sampler.cycle()?;
            self.seconds = before + start.elapsed().as_secs_f64();
        }
        self.equilibration_seconds = self.seconds;
        Ok(())
    }

    /// Goes on with frozen kernels and records, until the clock reads so many seconds and there are so many draws.
    ///
    /// # Errors
    /// A kernel that fails, an energy that is not finite.
    pub(super) fn produce(
        &mut self,
        until_seconds: f64,
        at_least_draws: usize,
    ) -> Result<(), BenchError> {
        let before = self.seconds;
        let start = Instant::now();
        if !self.is_frozen {
            self.sampler.cycles.freeze();
            self.is_frozen = true;
        }
        while self.seconds < until_seconds || self.draws.n_draws() < at_least_draws {
            self.sampler.cycle()?;
            let own = &mut self.sampler;
            self.draws
                .record(&mut own.chain, own.cycles.engine(), &own.name)?;
            self.seconds = before + start.elapsed().as_secs_f64();
        }
        Ok(())
    }

    /// The result, and what can go on from here.
    pub(super) fn finish(mut self) -> Finished {
        let mut sampler = self.sampler;
        let n_chains = sampler.replicas.len();
        let simulated_ps = sampler.chain.time_ps * n_chains as f64;
        let reservoirs = self.draws.take_reservoirs();
        let measured = Measured {
            exact: sampler.cycles.is_exact(),
            n_chains,
            n_replicas: sampler.chain.state.n_replicas,
            n_draws: self.draws.n_draws(),
            stride_cycles: self.draws.stride(),
            equilibration_seconds: self.equilibration_seconds,
            n_energy_evaluations: sampler.chain.n_energy_evaluations,
            kernels: sampler.cycles.reports(),
            device: sampler.cycles.engine().description(),
            draws: SamplerDraws {
                name: sampler.name.clone(),
                is_plain_md: sampler.is_plain_md,
                wall_seconds: self.seconds,
                simulated_ps,
                observables: self.draws.finish(),
            },
        };
        Finished {
            measured,
            sampler,
            reservoirs,
        }
    }
}
