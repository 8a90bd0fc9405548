//! A whole cycle on the device as one kernel of the sampler. The cycle itself is in `resident`.

use super::resident::{Resident, ResidentMove};
use crate::integrator::{Engine, EngineError};
use crate::mcmc::{Chain, Kernel, KernelError, KernelReport, KernelStatistics};
use std::time::Instant;

/// Runs a cycle of [`Resident`] a step. Steps are put off until someone wants to see the chain, and then run in one go; the
/// state is uploaded only where someone else changed it in between.
#[derive(Debug)]
pub struct ResidentKernel {
    resident: Resident,
    /// Steps put off.
    n_due: u64,
    seconds: f64,
    /// Counters of every entry since the last reset.
    statistics: Vec<KernelStatistics>,
    /// Tests of every entry that the device had counted at the last look, `[accepted, rejected, not finite]`.
    counted: Vec<[u64; 3]>,
    /// What was downloaded last.
    known: (Vec<f64>, Vec<f64>),
}

impl ResidentKernel {
    /// A kernel that runs one cycle a step.
    #[must_use]
    pub fn new(resident: Resident) -> Self {
        let n_entries = resident.moves().len();
        Self {
            resident,
            n_due: 0,
            seconds: 0.0,
            statistics: vec![KernelStatistics::default(); n_entries],
            counted: vec![[0; 3]; n_entries],
            known: (Vec::new(), Vec::new()),
        }
    }

    /// The cycles that were put off, on the device.
    fn advance(&mut self, chain: &mut Chain) -> Result<(), EngineError> {
        let state = &chain.state;
        if self.known.0 != state.positions || self.known.1 != state.velocities {
            self.resident.upload(state, &chain.temperatures_kelvin)?;
        }
        self.resident.run(self.n_due, u64::MAX, &mut |_| {})?;
        self.resident.download(&mut chain.state)?;
        chain.energies = Some(self.resident.potential_energies()?);
        self.known = (
            chain.state.positions.clone(),
            chain.state.velocities.clone(),
        );
        self.book(chain)
    }

    /// Books time, evaluations and tests.
    #[expect(
        clippy::cast_precision_loss,
        reason = "step counts stay far below 2^53"
    )]
    fn book(&mut self, chain: &mut Chain) -> Result<(), EngineError> {
        let n_replicas = chain.state.n_replicas as u64;
        for entry in self.resident.moves() {
            let (n_steps, timestep_ps) = entry.segment();
            chain.time_ps += (self.n_due * n_steps) as f64 * timestep_ps;
            chain.n_energy_evaluations += self.n_due * entry.n_evaluations() * n_replicas;
        }
        for (entry, outcomes) in self.resident.outcomes()?.iter().enumerate() {
            let mut total = [0; 3];
            for counts in outcomes {
                for (sum, &count) in total.iter_mut().zip(counts) {
                    *sum += u64::from(count);
                }
            }
            let before = std::mem::replace(&mut self.counted[entry], total);
            // The device starts from zero again when the batch is made anew.
            let fresh = |i: usize| total[i].checked_sub(before[i]).unwrap_or(total[i]);
            let statistics = &mut self.statistics[entry];
            statistics.proposed += fresh(0) + fresh(1) + fresh(2);
            statistics.accepted += fresh(0);
            statistics.non_finite += fresh(2);
        }
        self.n_due = 0;
        Ok(())
    }
}

impl Kernel for ResidentKernel {
    fn name(&self) -> &str {
        "gpu_cycle"
    }

    fn is_exact(&self) -> bool {
        self.resident.moves().iter().all(ResidentMove::is_exact)
    }

    fn is_ergodic(&self) -> bool {
        let moves = self.resident.moves();
        !moves
            .iter()
            .all(|entry| matches!(entry, ResidentMove::Torsion { .. }))
    }

    fn step(&mut self, _chain: &mut Chain, _engine: &mut dyn Engine) -> Result<(), KernelError> {
        self.n_due += 1;
        Ok(())
    }

    fn settle(&mut self, chain: &mut Chain) -> Result<(), KernelError> {
        if self.n_due == 0 {
            return Ok(());
        }
        let start = Instant::now();
        self.advance(chain)?;
        self.seconds += start.elapsed().as_secs_f64();
        Ok(())
    }

    fn statistics(&self) -> KernelStatistics {
        let mut sum = KernelStatistics {
            seconds: self.seconds,
            ..KernelStatistics::default()
        };
        for part in &self.statistics {
            sum.proposed += part.proposed;
            sum.accepted += part.accepted;
            sum.non_finite += part.non_finite;
        }
        sum
    }

    fn report(&self) -> KernelReport {
        let entries = self.resident.moves().iter().zip(&self.statistics);
        let child = |(entry, statistics): (&ResidentMove, &KernelStatistics)| KernelReport {
            name: entry.name().to_owned(),
            statistics: *statistics,
            exact: entry.is_exact(),
            children: Vec::new(),
            details: serde_json::Value::Null,
        };
        KernelReport {
            children: entries.map(child).collect(),
            ..KernelReport::of(self)
        }
    }

    fn freeze(&mut self) {
        self.seconds = 0.0;
        self.statistics.fill(KernelStatistics::default());
    }

    fn save(&self) -> serde_json::Value {
        serde_json::json!({
            "seconds": self.seconds,
            "statistics": self.statistics,
            "counters": self.resident.counters(),
        })
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        let unreadable = |error| format!("the saved state of `gpu_cycle` is unreadable: {error}");
        let seconds = serde_json::from_value(saved["seconds"].clone()).map_err(unreadable)?;
        let statistics: Vec<KernelStatistics> =
            serde_json::from_value(saved["statistics"].clone()).map_err(unreadable)?;
        let counters: Vec<u64> =
            serde_json::from_value(saved["counters"].clone()).map_err(unreadable)?;
        let n_entries = self.resident.moves().len();
        if counters.len() != n_entries || statistics.len() != n_entries {
            return Err(format!(
                "the saved state of `gpu_cycle` has {} entries, the cycle has {n_entries}; it belongs to another input file",
                counters.len(),
            ));
        }
        self.resident.set_counters(&counters);
        (self.seconds, self.statistics) = (seconds, statistics);
        Ok(())
    }
}
