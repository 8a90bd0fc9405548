//! What a checkpoint holds. The file: `file.rs`.

use serde_json::Value;

use crate::mcmc::{Chain, KernelStatistics};
use crate::trajectory::writer::WriterProgress;

/// What must be equal for a run to continue bit for bit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunIdentity {
    /// The input as text, in any form that two runs which may continue each other share; differences are named by line.
    pub input: String,
    /// Hash of the system: topology and parameters; [`RunIdentity::hash`] makes one.
    pub system_blake3: String,
    /// Device, instruction set and precision.
    pub device: String,
}

impl RunIdentity {
    /// BLAKE3 hash in hexadecimal.
    #[must_use]
    pub fn hash(bytes: &[u8]) -> String {
        blake3::hash(bytes).to_hex().to_string()
    }
}

/// A kernel at a checkpoint.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KernelRecord {
    /// Its name.
    pub name: String,
    /// What its `save` returned.
    pub saved: Value,
    /// Its counters.
    pub statistics: KernelStatistics,
}

/// All that the rest of a run depends on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Checkpoint {
    /// The run it belongs to.
    pub identity: RunIdentity,
    /// Cycles done, equilibration included or not as the caller counts.
    pub cycle: u64,
    /// Positions, velocities, temperatures, energies and counters, bit for bit.
    pub chain: Chain,
    /// Kernels in the order of the sampler list.
    pub kernels: Vec<KernelRecord>,
    /// Trajectory writers, one for each replica.
    pub writers: Vec<WriterProgress>,
    /// Anything else, such as random number generators. JSON numbers keep their bits but for NaN, which JSON lacks.
    pub extra: Value,
}
