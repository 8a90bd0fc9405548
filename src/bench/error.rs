//! Why a comparison of samplers ended without a result.

use crate::analysis::SamplerComparisonError;
use crate::integrator::EngineError;
use crate::mcmc::DriveError;

/// A failed comparison.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A kernel of a sampler failed.
    #[error("sampler `{sampler}`, {source}")]
    Cycle {
        /// Name of the sampler.
        sampler: String,
        /// What failed.
        source: DriveError,
    },
    /// An energy is not a number.
    #[error(
        "sampler `{sampler}`: replica {replica} has a potential energy of {energy} kJ/mol\n  help: take a smaller time step, or minimise the starting structure (`minimize: true`)"
    )]
    Energy {
        /// Name of the sampler.
        sampler: String,
        /// Its replica, from 0.
        replica: usize,
        /// The energy.
        energy: f64,
    },
    /// The caller did not let it go on.
    #[error("stopped by the user, before there was anything to compare")]
    Stopped,
    /// The engine failed where replicas were started on rare sides.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// What was sampled cannot be compared.
    #[error(transparent)]
    Comparison(#[from] SamplerComparisonError),
}
