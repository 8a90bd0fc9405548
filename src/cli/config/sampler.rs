//! The sampler of an input: a list of kernels, or `auto`.

use std::fmt;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::mcmc::{HELP_MARK, KernelEntry};

const AUTO: &str = "auto";

/// One cycle.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SamplerConfig {
    /// The program chooses once it knows the molecule.
    Auto,
    /// These, in order.
    Kernels(Vec<KernelEntry>),
}

impl Default for SamplerConfig {
    fn default() -> Self {
        Self::Kernels(Vec::new())
    }
}

impl From<Vec<KernelEntry>> for SamplerConfig {
    fn from(kernels: Vec<KernelEntry>) -> Self {
        Self::Kernels(kernels)
    }
}

/// The kernels that are known: none as long as nobody chose.
impl Deref for SamplerConfig {
    type Target = [KernelEntry];

    fn deref(&self) -> &[KernelEntry] {
        match self {
            Self::Auto => &[],
            Self::Kernels(kernels) => kernels,
        }
    }
}

impl Serialize for SamplerConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str(AUTO),
            Self::Kernels(kernels) => kernels.serialize(serializer),
        }
    }
}

struct SamplerVisitor;

impl<'de> Visitor<'de> for SamplerVisitor {
    type Value = SamplerConfig;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a sequence")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<SamplerConfig, E> {
        if text == AUTO {
            return Ok(SamplerConfig::Auto);
        }
        Err(E::custom(format!(
            "got \"{text}\", expected `auto` or a list of kernels{HELP_MARK}write `sampler: auto`, or `- hmc: {{steps: 10, timestep_fs: 1.0}}` \
             on lines of their own"
        )))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, kernels: A) -> Result<SamplerConfig, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(kernels)).map(SamplerConfig::Kernels)
    }
}

impl<'de> Deserialize<'de> for SamplerConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SamplerVisitor)
    }
}

impl JsonSchema for SamplerConfig {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Vec::<KernelEntry>::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let kernels = generator.subschema_for::<Vec<KernelEntry>>();
        json_schema!({"anyOf": [{"const": AUTO}, kernels]})
    }
}
