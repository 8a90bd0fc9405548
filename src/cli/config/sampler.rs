//! The `sampler:` list: which kernel an entry means. The settings have a file of their own; no kernel is made here.
//!
//! A new kernel needs a struct, a variant of [`KernelConfig`], a name in [`KERNEL_NAMES`] and a line in the visitor.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Deserialize as DeriveDeserialize, Serialize};

use super::kernels::{
    AdaptiveTorsionConfig, ConcertedConfig, HmcConfig, LangevinConfig, MalaConfig, PuckerConfig,
    TorsionConfig, TorsionLeapConfig, VelocityVerletConfig,
};
use super::read::load::HELP_MARK;
use super::timewarp::kernel::TimewarpKernelConfig;

/// Names of all kernels as the YAML file spells them.
pub(crate) const KERNEL_NAMES: &[&str] = &[
    "langevin",
    "velocity_verlet",
    "hmc",
    "mala",
    "torsion",
    "concerted",
    "pucker",
    "adaptive_pucker",
    "adaptive_torsion",
    "timewarp",
    "torsion_leap",
    "mixture",
    "sequence",
];

/// One entry of the sampler list, `- NAME: {settings}`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KernelConfig {
    /// Langevin dynamics (LF-middle scheme); samples the Boltzmann distribution up to its time-step error.
    Langevin(LangevinConfig),
    /// Velocity Verlet at constant energy; samples no temperature.
    VelocityVerlet(VelocityVerletConfig),
    /// Hybrid Monte Carlo: trajectories of constant energy, accepted or rejected. Exact.
    Hmc(HmcConfig),
    /// Metropolis-adjusted Langevin algorithm: one step, accepted or rejected. Exact; not for rigid bonds.
    Mala(MalaConfig),
    /// Rotations about one or several bonds. Exact, but bonds and angles stay: not ergodic by itself.
    Torsion(TorsionConfig),
    /// Loop-closing moves that turn a stretch of backbone and leave the rest in place. Exact, not ergodic by itself.
    Concerted(ConcertedConfig),
    /// Flips of a proline's ring between its two puckers. Exact, not ergodic by itself.
    Pucker(PuckerConfig),
    /// A proline's ring and phi drawn from a density learned during equilibration. Exact, not ergodic by itself.
    AdaptivePucker(PuckerConfig),
    /// Torsions drawn from a density learned during equilibration. Exact, not ergodic by itself.
    AdaptiveTorsion(AdaptiveTorsionConfig),
    /// Jumps drawn from a conditional flow on Cartesian coordinates. Exact in its mode `exact`.
    Timewarp(TimewarpKernelConfig),
    /// Torsions drawn from a density that a trained network gives for their surroundings. Exact, not ergodic by itself.
    TorsionLeap(TorsionLeapConfig),
    /// One kernel out of several a cycle, drawn with fixed weights for all replicas together.
    Mixture(Vec<MixturePart>),
    /// Several kernels one after another, for use within a mixture.
    Sequence(Vec<KernelConfig>),
}

/// One kernel of a mixture.
#[derive(Debug, Clone, PartialEq, Serialize, DeriveDeserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MixturePart {
    /// Relative probability, over 0.
    pub(crate) weight: f64,
    /// The kernel, written as an entry of the sampler list.
    pub(crate) kernel: KernelConfig,
}

impl KernelConfig {
    /// Name as in the YAML file.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Langevin(_) => "langevin",
            Self::VelocityVerlet(_) => "velocity_verlet",
            Self::Hmc(_) => "hmc",
            Self::Mala(_) => "mala",
            Self::Torsion(_) => "torsion",
            Self::Concerted(_) => "concerted",
            Self::Pucker(_) => "pucker",
            Self::AdaptivePucker(_) => "adaptive_pucker",
            Self::AdaptiveTorsion(_) => "adaptive_torsion",
            Self::Timewarp(_) => "timewarp",
            Self::TorsionLeap(_) => "torsion_leap",
            Self::Mixture(_) => "mixture",
            Self::Sequence(_) => "sequence",
        }
    }
}

// Written out because serde_yaml would want `!langevin {...}` for an enum, and its `singleton_map` helpers
// do not terminate at compile time once a kernel contains kernels.
impl<'de> Deserialize<'de> for KernelConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KernelVisitor)
    }
}

struct KernelVisitor;

impl<'de> Visitor<'de> for KernelVisitor {
    type Value = KernelConfig;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "a kernel with its settings, such as `langevin: {steps: 100, timestep_fs: 1.0}`",
        )
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<KernelConfig, A::Error> {
        let Some(name) = map.next_key_seed(KernelName)? else {
            return Err(de::Error::invalid_length(0, &self));
        };
        let kernel = match name {
            "langevin" => KernelConfig::Langevin(map.next_value()?),
            "hmc" => KernelConfig::Hmc(map.next_value()?),
            "mala" => KernelConfig::Mala(map.next_value()?),
            "torsion" => KernelConfig::Torsion(map.next_value()?),
            "concerted" => KernelConfig::Concerted(map.next_value()?),
            "pucker" => KernelConfig::Pucker(map.next_value()?),
            "adaptive_pucker" => KernelConfig::AdaptivePucker(map.next_value()?),
            "adaptive_torsion" => KernelConfig::AdaptiveTorsion(map.next_value()?),
            "timewarp" => KernelConfig::Timewarp(map.next_value()?),
            "torsion_leap" => KernelConfig::TorsionLeap(map.next_value()?),
            "mixture" => KernelConfig::Mixture(map.next_value()?),
            "sequence" => KernelConfig::Sequence(map.next_value()?),
            _ => KernelConfig::VelocityVerlet(map.next_value()?),
        };
        map.next_key_seed(NoMoreKeys { first: name })?;
        Ok(kernel)
    }
}

/// Refuses a second key, at its place.
struct NoMoreKeys {
    first: &'static str,
}

impl<'de> de::DeserializeSeed<'de> for NoMoreKeys {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NoMoreKeys {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("one kernel an entry")
    }

    fn visit_str<E: de::Error>(self, second: &str) -> Result<(), E> {
        Err(E::custom(format_args!(
            "`{second}` follows `{}` in one entry, expected one kernel an entry{HELP_MARK}start `{second}` with a dash of its own",
            self.first
        )))
    }
}

/// Reads a key and answers with the matching entry of [`KERNEL_NAMES`].
struct KernelName;

impl<'de> de::DeserializeSeed<'de> for KernelName {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'static str, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KernelName {
    type Value = &'static str;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a kernel")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<&'static str, E> {
        KERNEL_NAMES
            .iter()
            .find(|&&known| known == name)
            .copied()
            .ok_or_else(|| E::unknown_variant(name, KERNEL_NAMES))
    }
}
