//! Replica exchange as the trajectories note it: one line, a table, numbers.

use std::collections::HashSet;

use serde::Serialize;

use crate::report::{Cell, Table};

use super::chain_file::ChainFile;

/// The ladders that the trajectories belong to, taken together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Exchange {
    /// Ladders, each counted once.
    n_ladders: usize,
    /// Temperatures of the first one in K; each run tunes its own.
    temperatures_kelvin: Vec<f64>,
    /// Share of swaps made between each temperature and the next, of the first one's run.
    acceptance: Vec<Option<f64>>,
    /// Ways from the lowest temperature to the highest and back, of all walkers of all ladders.
    round_trips: u64,
    /// Walkers.
    n_walkers: usize,
    /// Walkers that made none.
    n_walkers_without_round_trip: usize,
}

impl Exchange {
    /// From the files that note any; `None` where none does.
    pub(super) fn of(chains: &[ChainFile]) -> Option<Self> {
        let mut seen = HashSet::new();
        let ladders = chains.iter().filter_map(|chain| {
            let record = chain.exchange.as_ref()?;
            let is_new = seen.insert((chain.path.parent(), record.ladder));
            is_new.then_some(record)
        });
        let ladders: Vec<_> = ladders.collect();
        let first = ladders.first()?;
        let trips = || ladders.iter().flat_map(|ladder| &ladder.round_trips);
        Some(Self {
            n_ladders: ladders.len(),
            temperatures_kelvin: first.temperatures_kelvin.clone(),
            acceptance: first.acceptance.clone(),
            round_trips: trips().sum(),
            n_walkers: trips().count(),
            n_walkers_without_round_trip: trips().filter(|&&trips| trips == 0).count(),
        })
    }

    /// Ladders and round trips in a line.
    pub(super) fn line(&self) -> String {
        let [first, .., last] = self.temperatures_kelvin[..] else {
            return "replica exchange: no ladder".to_owned();
        };
        let never = match self.n_walkers_without_round_trip {
            0 => "every walker made one or more".to_owned(),
            n => format!("{n} made none: run longer, or with more temperatures"),
        };
        format!(
            "replica exchange: {} ladders of {} temperatures from {first:.0} to {last:.0} K, {} round trips of {} walkers, {never}",
            self.n_ladders,
            self.temperatures_kelvin.len(),
            self.round_trips,
            self.n_walkers,
        )
    }

    /// A row for every pair of neighbours.
    pub(super) fn table(&self) -> Table {
        let pairs = self.temperatures_kelvin.windows(2).zip(&self.acceptance);
        let number = |value: f64, text: String| Cell {
            text,
            value: Some(value),
            flagged: false,
        };
        let row = |(pair, share): (&[f64], &Option<f64>)| {
            let share = share.unwrap_or(f64::NAN);
            vec![
                number(pair[0], format!("{:.1}", pair[0])),
                number(pair[1], format!("{:.1}", pair[1])),
                Cell {
                    flagged: share < 0.05,
                    ..number(share, format!("{:.1}", 100.0 * share))
                },
            ]
        };
        Table {
            caption: "Replica exchange".to_owned(),
            headings: ["from (K)", "to (K)", "swaps made (%)"]
                .map(str::to_owned)
                .to_vec(),
            rows: pairs.map(row).collect(),
            remarks: vec![self.line()],
        }
    }
}
