//! Replica exchange: the ladder of temperatures, swaps between its rungs, and who walked where.

pub(super) mod ladder;
mod swaps;
mod walkers;

pub use ladder::{Ladder, LadderError};
pub use swaps::{PairStatistics, ReplicaExchange, Swaps};
pub use walkers::Walkers;
