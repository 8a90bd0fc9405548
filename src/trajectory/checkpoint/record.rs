//! What a checkpoint holds. The file: `file.rs`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::mcmc::{Chain, KernelStatistics};
use crate::trajectory::writer::WriterProgress;

/// What must be equal for a run to continue bit for bit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct KernelRecord {
    /// Its name.
    pub name: String,
    /// What its `save` returned.
    #[serde(with = "text")]
    pub saved: Value,
    /// Its counters.
    pub statistics: KernelStatistics,
}

/// All that the rest of a run depends on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
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
    #[serde(with = "text")]
    pub extra: Value,
}

/// JSON as a text: the format of checkpoints does not describe itself, as JSON does.
mod text {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;
    use serde_json::Value;

    pub(super) fn serialize<S: Serializer>(
        value: &Value,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(source: D) -> Result<Value, D::Error> {
        let text = String::deserialize(source)?;
        serde_json::from_str(&text).map_err(Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcmc::Chain;
    use std::path::Path;

    #[test]
    fn every_bit_of_a_number_comes_back() {
        let odd = f64::from_bits(0x7ff8_dead_beef_0001);
        let checkpoint = Checkpoint {
            chain: Chain {
                temperatures_kelvin: vec![odd, -0.0, f64::MIN_POSITIVE / 4.0, f64::INFINITY],
                ..Chain::default()
            },
            ..Checkpoint::default()
        };
        let back = Checkpoint::from_bytes(&checkpoint.to_bytes(), Path::new("checkpoint")).unwrap();
        let bits = |of: &Checkpoint| -> Vec<u64> {
            let all = of.chain.temperatures_kelvin.iter();
            all.map(|number| number.to_bits()).collect()
        };
        assert_eq!(bits(&back), bits(&checkpoint));
    }
}
