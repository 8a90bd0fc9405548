//! The sampler whose cycle stays on the device, tuned while adaptation lasts. The cycle itself is in `runner.rs`.

use super::moves::ResidentMove;
use super::runner::Resident;
use crate::integrator::{Engine, EngineError};
use crate::mcmc::{Chain, DriveError, KernelReport, KernelStatistics, Sampler};
use crate::proposal::{AdaptedStep, DualAveraging};
use serde::de::DeserializeOwned;
use std::time::Instant;

/// Name of the one kernel that the whole cycle is to whoever watches.
const NAME: &str = "gpu_cycle";

/// Runs cycles of [`Resident`]. The chain comes back after the last of those asked for; it is uploaded only where someone
/// else changed it in between.
pub struct CycleSampler {
    resident: Resident,
    engine: Box<dyn Engine>,
    seconds: f64,
    /// Counters of every entry since the last reset.
    statistics: Vec<KernelStatistics>,
    /// Tests of every entry that the device had counted at the last look, `[accepted, rejected, not finite]`.
    counted: Vec<[u64; 3]>,
    /// What was downloaded last.
    known: (Vec<f64>, Vec<f64>),
    adapting: bool,
    /// Widths of the torsion blocks; empty for uniform angles.
    widths: Vec<AdaptedStep>,
    /// Time steps of the entries that tune theirs.
    timesteps: Vec<Option<DualAveraging>>,
}

impl CycleSampler {
    /// The cycle, and an engine of the same system for whatever else is done with the chain.
    #[must_use]
    pub fn new(resident: Resident, engine: Box<dyn Engine>) -> Self {
        let n_entries = resident.moves().len();
        let tuned = |entry: &ResidentMove| match *entry {
            ResidentMove::Hmc {
                timestep_ps,
                target_acceptance: Some(target),
                ..
            } => Some(DualAveraging::new(timestep_ps, target)),
            _ => None,
        };
        let widths = &resident.torsions().widths_rad;
        Self {
            adapting: true,
            widths: widths.iter().map(|&w| AdaptedStep::new(w)).collect(),
            timesteps: resident.moves().iter().map(tuned).collect(),
            resident,
            engine,
            seconds: 0.0,
            statistics: vec![KernelStatistics::default(); n_entries],
            counted: vec![[0; 3]; n_entries],
            known: (Vec::new(), Vec::new()),
        }
    }

    /// Cycles in one go, and what was learned from them.
    fn advance(&mut self, chain: &mut Chain, n_cycles: u64) -> Result<(), EngineError> {
        let state = &chain.state;
        if self.known.0 != state.positions || self.known.1 != state.velocities {
            self.resident.upload(state, &chain.temperatures_kelvin)?;
        }
        self.resident.run(n_cycles, u64::MAX, &mut |_| {})?;
        self.resident.download(&mut chain.state)?;
        chain.energies = Some(self.resident.potential_energies()?);
        self.known = (
            chain.state.positions.clone(),
            chain.state.velocities.clone(),
        );
        self.book_work(chain, n_cycles);
        let fresh = self.count_tests()?;
        if self.adapting {
            self.adapt(&fresh)?;
        }
        Ok(())
    }

    /// Books simulated time and evaluations.
    #[expect(
        clippy::cast_precision_loss,
        reason = "step counts stay far below 2^53"
    )]
    fn book_work(&self, chain: &mut Chain, n_cycles: u64) {
        let n_replicas = chain.state.n_replicas as u64;
        for (entry, &n_steps) in self.resident.moves().iter().zip(self.resident.n_steps()) {
            chain.time_ps += n_steps as f64 * entry.timestep_ps();
            let n_units = n_cycles * entry.n_units();
            chain.n_energy_evaluations += entry.n_evaluations(n_units, n_steps) * n_replicas;
        }
    }

    /// Tests of every entry since the last look, added to the statistics.
    fn count_tests(&mut self) -> Result<Vec<[u64; 3]>, EngineError> {
        let mut all_fresh = Vec::new();
        for (entry, outcomes) in self.resident.outcomes()?.iter().enumerate() {
            let total = outcomes.iter().fold([0; 3], |sum: [u64; 3], counts| {
                std::array::from_fn(|i| sum[i] + u64::from(counts[i]))
            });
            let before = std::mem::replace(&mut self.counted[entry], total);
            // The device starts from zero again when the batch is made anew.
            let fresh =
                std::array::from_fn(|i| total[i].checked_sub(before[i]).unwrap_or(total[i]));
            let statistics = &mut self.statistics[entry];
            statistics.proposed += fresh.iter().sum::<u64>();
            statistics.accepted += fresh[0];
            statistics.non_finite += fresh[2];
            all_fresh.push(fresh);
        }
        Ok(all_fresh)
    }

    /// Counters of all entries together.
    fn total(&self) -> KernelStatistics {
        let entries = self.statistics.iter().copied();
        KernelStatistics {
            seconds: self.seconds,
            ..entries.fold(KernelStatistics::default(), KernelStatistics::and)
        }
    }

    /// Whether anything is being tuned, and so changes after every cycle.
    fn is_tuning(&self) -> bool {
        let timesteps = self.timesteps.iter().flatten().count();
        self.adapting && (timesteps > 0 || !self.widths.is_empty())
    }

    /// Tunes widths by the tests of their blocks, time steps by the tests of their entries.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    fn adapt(&mut self, fresh: &[[u64; 3]]) -> Result<(), EngineError> {
        if !self.widths.is_empty() {
            let counts = self.resident.take_block_counts()?;
            for (width, [tried, accepted]) in self.widths.iter_mut().zip(counts) {
                if tried > 0 {
                    width.learn(tried.into(), accepted.into());
                }
            }
        }
        for (timestep, counts) in self.timesteps.iter_mut().zip(fresh) {
            if let Some(timestep) = timestep {
                let n_tests = counts.iter().sum::<u64>().max(1);
                timestep.update(counts[0] as f64 / n_tests as f64);
            }
        }
        self.apply_tuning();
        Ok(())
    }

    /// Brings widths and time steps to the device.
    fn apply_tuning(&mut self) {
        if !self.widths.is_empty() {
            let widths: Vec<f64> = self.widths.iter().map(|width| width.size_rad).collect();
            self.resident.set_widths_rad(&widths);
        }
        for (entry, timestep) in self.timesteps.iter().enumerate() {
            if let Some(timestep) = timestep {
                self.resident.set_timestep_ps(entry, timestep.value());
            }
        }
    }

    fn restore_cycle(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        let unreadable = |error| format!("the saved state of `gpu_cycle` is unreadable: {error}");
        let seconds = serde_json::from_value(saved["seconds"].clone()).map_err(unreadable)?;
        let adapting = serde_json::from_value(saved["adapting"].clone()).map_err(unreadable)?;
        let n_entries = self.resident.moves().len();
        let counters: Vec<u64> = list(saved, "counters", n_entries)?;
        let statistics = list(saved, "statistics", n_entries)?;
        self.widths = list(saved, "widths", self.widths.len())?;
        self.timesteps = list(saved, "timesteps", n_entries)?;
        (self.seconds, self.adapting, self.statistics) = (seconds, adapting, statistics);
        self.resident.set_counters(&counters);
        self.apply_tuning();
        Ok(())
    }

    /// The cycle, with its widths and time steps as they are now.
    #[must_use]
    pub fn resident(&self) -> &Resident {
        &self.resident
    }
}

impl Sampler for CycleSampler {
    fn run(&mut self, chain: &mut Chain, n_cycles: u64) -> Result<(), DriveError> {
        let start = Instant::now();
        let mut left = n_cycles;
        while left > 0 {
            let n_cycles = left.min(self.at_once());
            let advanced = self.advance(chain, n_cycles);
            advanced.map_err(|error| DriveError::Kernel {
                name: NAME.to_owned(),
                source: error.into(),
            })?;
            left -= n_cycles;
        }
        self.seconds += start.elapsed().as_secs_f64();
        Ok(())
    }

    fn at_once(&self) -> u64 {
        match self.is_tuning() {
            true => 1,
            false => u64::MAX,
        }
    }

    fn engine(&mut self) -> &mut dyn Engine {
        self.engine.as_mut()
    }

    fn is_ergodic(&self) -> bool {
        let moves = self.resident.moves();
        !moves.iter().all(|entry| {
            matches!(
                entry,
                ResidentMove::Torsion { .. } | ResidentMove::TorsionLeap { .. }
            )
        })
    }

    fn statistics(&self) -> Vec<KernelStatistics> {
        vec![self.total()]
    }

    fn reports(&self) -> Vec<KernelReport> {
        let report = |name: &str, statistics: KernelStatistics, exact| KernelReport {
            name: name.to_owned(),
            statistics,
            exact,
            children: Vec::new(),
            details: serde_json::Value::Null,
        };
        let moves = self.resident.moves();
        let entries = moves.iter().zip(&self.statistics);
        vec![KernelReport {
            children: entries
                .map(|(entry, own)| report(entry.name(), *own, entry.is_exact()))
                .collect(),
            ..report(NAME, self.total(), moves.iter().all(ResidentMove::is_exact))
        }]
    }

    fn freeze(&mut self) {
        self.adapting = false;
        for timestep in self.timesteps.iter_mut().flatten() {
            timestep.finish();
        }
        self.apply_tuning();
        self.seconds = 0.0;
        self.statistics.fill(KernelStatistics::default());
    }

    fn save(&self) -> Vec<serde_json::Value> {
        vec![serde_json::json!({
            "seconds": self.seconds,
            "statistics": self.statistics,
            "counters": self.resident.counters(),
            "adapting": self.adapting,
            "widths": self.widths,
            "timesteps": self.timesteps,
        })]
    }

    fn restore(&mut self, saved: &[serde_json::Value]) -> Result<(), String> {
        let saved = saved.first().unwrap_or(&serde_json::Value::Null);
        let restored = self.restore_cycle(saved);
        restored.map_err(|reason| format!("kernel `{NAME}`: {reason}"))
    }
}

/// A list of a saved kernel, which must have `expected` elements.
fn list<T: DeserializeOwned>(
    saved: &serde_json::Value,
    field: &str,
    expected: usize,
) -> Result<Vec<T>, String> {
    let list: Vec<T> = serde_json::from_value(saved[field].clone())
        .map_err(|error| format!("the saved `{field}` of `gpu_cycle` are unreadable: {error}"))?;
    if list.len() == expected {
        Ok(list)
    } else {
        Err(format!(
            "the saved state of `gpu_cycle` has {} {field}, the cycle takes {expected}; it belongs to another input file",
            list.len()
        ))
    }
}
