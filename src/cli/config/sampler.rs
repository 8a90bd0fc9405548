//! The `sampler:` list: one struct of settings for each kernel. Makes no kernel.
//!
//! A new kernel needs a struct, a variant of [`KernelConfig`], a name in [`KERNEL_NAMES`] and a line in the visitor.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Deserialize as DeriveDeserialize, Serialize};

use super::load::HELP_MARK;

/// Names of all kernels as the YAML file spells them.
pub(crate) const KERNEL_NAMES: &[&str] = &["langevin", "velocity_verlet"];

/// One entry of the sampler list, `- NAME: {settings}`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KernelConfig {
    /// Langevin dynamics (LF-middle scheme); samples the Boltzmann distribution up to its time-step error.
    Langevin(LangevinConfig),
    /// Velocity Verlet at constant energy; samples no temperature.
    VelocityVerlet(VelocityVerletConfig),
}

/// Settings of `langevin`.
#[derive(Debug, Clone, PartialEq, Serialize, DeriveDeserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LangevinConfig {
    /// Time steps a cycle.
    pub(crate) steps: u64,
    /// Time step in fs, at most 5.
    pub(crate) timestep_fs: f64,
    /// Friction in ps⁻¹.
    #[serde(default = "default_friction_per_ps")]
    pub(crate) friction_per_ps: f64,
}

/// Settings of `velocity_verlet`.
#[derive(Debug, Clone, PartialEq, Serialize, DeriveDeserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VelocityVerletConfig {
    /// Time steps a cycle.
    pub(crate) steps: u64,
    /// Time step in fs, at most 5.
    pub(crate) timestep_fs: f64,
}

impl KernelConfig {
    /// Name as in the YAML file.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Langevin(_) => "langevin",
            Self::VelocityVerlet(_) => "velocity_verlet",
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

fn default_friction_per_ps() -> f64 {
    1.0
}
