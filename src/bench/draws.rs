//! Records observables of all chains within a fixed memory: when full, every other draw goes and the stride doubles.

use crate::analysis::ObservableSet;
use crate::integrator::{Engine, on_threads_of};
use crate::mcmc::Chain;

use super::error::BenchError;
use super::reservoirs::Reservoirs;
use rayon::prelude::*;

/// Most draws a chain.
const MAX_DRAWS: usize = 16_384;
/// Fewest replicas worth a thread of their own.
const REPLICAS_AT_ONCE: usize = 8;
/// Most numbers kept of one sampler: 64 MB.
const MAX_VALUES: usize = 1 << 24;

/// Time series `[n_observables][n_chains][n_draws]` in single precision.
pub(super) struct Draws<'a> {
    set: &'a ObservableSet,
    replicas: Vec<usize>,
    series: Vec<Vec<Vec<f32>>>,
    max_draws: usize,
    stride: u64,
    cycles: u64,
    reservoirs: Option<Reservoirs>,
}

impl<'a> Draws<'a> {
    /// No draws yet; the chains are these replicas of the batch. Every draw is offered to the reservoirs.
    pub(super) fn new(
        set: &'a ObservableSet,
        replicas: Vec<usize>,
        reservoirs: Option<Reservoirs>,
    ) -> Self {
        let n_series = set.names().len() * replicas.len();
        Self {
            series: vec![vec![Vec::new(); replicas.len()]; set.names().len()],
            max_draws: (MAX_VALUES / n_series.max(1)).clamp(64, MAX_DRAWS),
            set,
            replicas,
            stride: 1,
            cycles: 0,
            reservoirs,
        }
    }

    /// Draws a chain.
    pub(super) fn n_draws(&self) -> usize {
        self.series[0][0].len()
    }

    /// Cycles between two draws.
    pub(super) fn stride(&self) -> u64 {
        self.stride
    }

    /// Looks at the chain after a cycle and records it if a draw is due.
    ///
    /// # Errors
    /// [`BenchError::Energy`].
    pub(super) fn record(
        &mut self,
        chain: &mut Chain,
        engine: &mut dyn Engine,
        sampler: &str,
    ) -> Result<(), BenchError> {
        self.cycles += 1;
        if !self.cycles.is_multiple_of(self.stride) {
            return Ok(());
        }
        let energies = chain.energies(engine).to_vec();
        if let Some(replica) = energies.iter().position(|energy| !energy.is_finite()) {
            return Err(BenchError::Energy {
                sampler: sampler.to_owned(),
                replica,
                energy: energies[replica],
            });
        }
        let (state, set) = (&chain.state, self.set);
        let look = |&replica: &usize| {
            let positions = state.replica_positions(replica);
            (
                positions,
                set.evaluate(&single(positions), energies[replica]),
            )
        };
        let chunks = self.replicas.par_iter().with_min_len(REPLICAS_AT_ONCE);
        let looked_at: Vec<_> = on_threads_of(engine, || chunks.map(look).collect());
        for (place, (positions, values)) in looked_at.into_iter().enumerate() {
            if let Some(reservoirs) = &mut self.reservoirs {
                reservoirs.offer(&values, positions, self.stride);
            }
            for (chains, value) in self.series.iter_mut().zip(single(&values)) {
                chains[place].push(value);
            }
        }
        if self.n_draws() >= self.max_draws {
            self.thin();
        }
        Ok(())
    }

    /// Keeps the draws at multiples of the doubled stride.
    fn thin(&mut self) {
        self.stride *= 2;
        for draws in self.series.iter_mut().flatten() {
            let mut index = 0;
            draws.retain(|_| {
                index += 1;
                index % 2 == 0
            });
        }
    }

    /// The reservoirs, which get nothing from here on.
    pub(super) fn take_reservoirs(&mut self) -> Option<Reservoirs> {
        self.reservoirs.take()
    }

    /// Name and chains of every observable.
    pub(super) fn finish(self) -> Vec<(String, Vec<Vec<f32>>)> {
        self.set.names().into_iter().zip(self.series).collect()
    }
}

/// In single precision.
#[expect(
    clippy::cast_possible_truncation,
    reason = "draws are kept in single precision"
)]
pub(super) fn single(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}
