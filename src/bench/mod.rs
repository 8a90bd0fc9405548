//! Several samplers, one molecule, equal wall-clock time: who yields more effective samples a second.

mod compare;
mod draws;
mod error;
mod exits;
mod reservoirs;
mod sampler;

pub use compare::{BenchOutcome, BenchPhase, BenchTimes, EQUILIBRATION_ROUNDS, N_ROUNDS, compare};
pub use error::BenchError;
pub use exits::ExitRun;
pub use sampler::{BenchSampler, Measured};
