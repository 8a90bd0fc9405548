//! What replica exchange did, from the report of its kernel.

use serde::{Deserialize, Serialize};

use crate::mcmc::{KernelReport, PairStatistics};
use crate::trajectory::ExchangeRecord;

/// What the kernel tells beside its counters.
#[derive(Debug, Deserialize)]
struct Details {
    temperatures_kelvin: Vec<f64>,
    pairs: Vec<PairStatistics>,
    round_trips: Vec<u64>,
}

/// Acceptance and round trips of a ladder, all copies together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ExchangeSummary {
    /// The ladder in K, as tuned where it was.
    temperatures_kelvin: Vec<f64>,
    /// Share of swaps made between each temperature and the next, `[n - 1]`; `None` where none was tried.
    acceptance: Vec<Option<f64>>,
    /// Ways of walkers from the lowest temperature to the highest and back.
    round_trips: u64,
    /// The same of every walker, ladder by ladder.
    #[serde(skip)]
    round_trips_of_walkers: Vec<u64>,
}

impl ExchangeSummary {
    /// From the kernels of a run; `None` where none exchanges replicas.
    pub(super) fn of(kernels: &[KernelReport]) -> Option<Self> {
        let kernel = kernels.iter().find(|k| k.name == "replica_exchange")?;
        let details = Details::deserialize(&kernel.details).ok()?;
        let share = |pair: &PairStatistics| {
            (pair.attempted > 0).then(|| pair.accepted as f64 / pair.attempted as f64)
        };
        Some(Self {
            temperatures_kelvin: details.temperatures_kelvin,
            acceptance: details.pairs.iter().map(share).collect(),
            round_trips: details.round_trips.iter().sum(),
            round_trips_of_walkers: details.round_trips,
        })
    }

    /// What the trajectory of a replica notes of its ladder.
    pub(super) fn record_of(&self, replica: usize) -> ExchangeRecord {
        let n_rungs = self.temperatures_kelvin.len();
        let ladder = replica / n_rungs;
        ExchangeRecord {
            ladder,
            temperatures_kelvin: self.temperatures_kelvin.clone(),
            acceptance: self.acceptance.clone(),
            round_trips: self.round_trips_of_walkers[ladder * n_rungs..(ladder + 1) * n_rungs]
                .to_vec(),
        }
    }

    /// One line: temperatures with the acceptance between them, then the round trips.
    pub(super) fn line(&self) -> String {
        let mut ladder = format!("{:.1}", self.temperatures_kelvin[0]);
        let steps = self.temperatures_kelvin[1..].iter().zip(&self.acceptance);
        for (temperature, acceptance) in steps {
            let percent =
                acceptance.map_or("?".to_owned(), |share| format!("{:.0} %", 100.0 * share));
            ladder.push_str(&format!(" -({percent})- {temperature:.1}"));
        }
        format!("ladder in K: {ladder}; {} round trips", self.round_trips)
    }
}
