//! The one list of everything that may stand in a sampler list: YAML, its schema, `saltus info` and the documentation read it.
//!
//! A kernel of this crate is one line of [`entries!`]. A program of its own hands its kernels to [`register`], before anything is read.

use std::any::Any;
use std::fmt::{self, Debug};
use std::sync::OnceLock;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize as DeriveDeserialize;
use serde::Serialize as DeriveSerialize;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use super::Entry;
use super::dynamics::{LangevinEntry, VelocityVerletEntry};
use crate::mcmc::composition::{KernelSequence, Mixture};
use crate::mcmc::kernel::Kernel;
#[cfg(feature = "timewarp")]
use crate::proposal::TimewarpSettings;
use crate::proposal::{
    AdaptivePuckerSettings, AdaptiveTorsionSettings, ClosedLeapSettings, ConcertedSettings,
    Crosses, EntryChecks, EntryContext, EntryError, HmcSettings, MalaSettings, PuckerSettings,
    Settings, TorsionLeapSettings, TorsionSettings,
};

/// Separates problem and remedy in a message of our own visitors.
pub const HELP_MARK: &str = "; help: ";

macro_rules! entries {
    ($($(#[$when:meta])? $name:ident($settings:ty)),* $(,)?) => {
        /// One entry of the sampler list, `- NAME: {settings}`.
        #[derive(Debug, Clone, PartialEq)]
        #[expect(missing_docs, reason = "each says what it is by its settings' `ABOUT`")]
        pub enum KernelEntry {
            $($(#[$when])? $name($settings),)*
            /// A kernel that another crate registered.
            Outside(OutsideEntry),
        }

        /// Names of this crate's kernels.
        const OWN: &[&str] = &[$($(#[$when])? <$settings as Settings>::NAME),*];

        impl KernelEntry {
            fn entry(&self) -> &dyn AnyEntry {
                match self {
                    $($(#[$when])? Self::$name(settings) => settings,)*
                    Self::Outside(outside) => &*outside.settings,
                }
            }

            /// Reads the settings of a kernel; `name` is one of [`names`].
            fn read<'de, A: MapAccess<'de>>(name: &str, map: &mut A) -> Result<Self, A::Error> {
                $($(#[$when])? if name == <$settings as Settings>::NAME {
                    return Ok(Self::$name(map.next_value()?));
                })*
                match outside().iter().find(|kind| kind.name == name) {
                    Some(kind) => Ok(Self::Outside((kind.read)(map.next_value()?).map_err(de::Error::custom)?)),
                    None => Err(de::Error::unknown_variant(name, names())),
                }
            }
        }

        fn schemas(generator: &mut SchemaGenerator) -> Vec<Schema> {
            let own = [$(
                $(#[$when])? one_of(<$settings as Settings>::NAME, <$settings as Settings>::ABOUT, generator.subschema_for::<$settings>())
            ),*];
            let mut all = Vec::from(own);
            for kind in outside() {
                let schema = (kind.schema)(generator);
                all.push(one_of(kind.name, kind.about, schema));
            }
            all
        }
    };
}

entries![
    Langevin(LangevinEntry),
    VelocityVerlet(VelocityVerletEntry),
    Hmc(HmcSettings),
    Mala(MalaSettings),
    Torsion(TorsionSettings),
    Concerted(ConcertedSettings),
    ClosedLeap(ClosedLeapSettings),
    Pucker(PuckerSettings),
    AdaptivePucker(AdaptivePuckerSettings),
    AdaptiveTorsion(AdaptiveTorsionSettings),
    #[cfg(feature = "timewarp")]
    Timewarp(TimewarpSettings),
    TorsionLeap(TorsionLeapSettings),
    Mixture(MixtureEntry),
    Sequence(SequenceEntry),
];

/// A kind of entry of another crate.
#[derive(Debug, Clone, Copy)]
pub struct OutsideKind {
    name: &'static str,
    about: &'static str,
    read: fn(Value) -> Result<OutsideEntry, String>,
    schema: fn(&mut SchemaGenerator) -> Schema,
}

impl OutsideKind {
    /// The kind whose settings are `E`.
    #[must_use]
    pub const fn of<E: Entry>() -> Self {
        Self {
            name: E::NAME,
            about: E::ABOUT,
            read: |value| {
                let settings: E =
                    serde_json::from_value(value).map_err(|error| error.to_string())?;
                let settings = Box::new(settings);
                Ok(OutsideEntry { settings })
            },
            schema: |generator| generator.subschema_for::<E>(),
        }
    }
}

/// Settings of a kernel of another crate.
#[derive(Debug)]
pub struct OutsideEntry {
    settings: Box<dyn AnyEntry>,
}

impl Clone for OutsideEntry {
    fn clone(&self) -> Self {
        Self {
            settings: self.settings.boxed(),
        }
    }
}

impl PartialEq for OutsideEntry {
    fn eq(&self, other: &Self) -> bool {
        self.settings.equals(&*other.settings)
    }
}

static OUTSIDE: OnceLock<Vec<OutsideKind>> = OnceLock::new();
static NAMES: OnceLock<Vec<&'static str>> = OnceLock::new();

/// Adds kernels of another crate to the list, once, before anything is read.
///
/// # Errors
/// A message where a name is taken, or the list has been read already.
pub fn register(kinds: &[OutsideKind]) -> Result<(), String> {
    for (index, kind) in kinds.iter().enumerate() {
        let is_taken = kinds[..index].iter().any(|other| other.name == kind.name);
        if OWN.contains(&kind.name) || is_taken {
            return Err(format!("there is a kernel `{}` already", kind.name));
        }
    }
    let taken = OUTSIDE.set(kinds.to_vec());
    taken.map_err(|_| "kernels are registered once, before any input is read".to_owned())
}

fn outside() -> &'static [OutsideKind] {
    OUTSIDE.get_or_init(Vec::new)
}

/// Names of all kernels as the YAML file spells them.
#[must_use]
pub fn names() -> &'static [&'static str] {
    NAMES.get_or_init(|| {
        let foreign = outside().iter().map(|kind| kind.name);
        OWN.iter().copied().chain(foreign).collect()
    })
}

/// An [`Entry`] whose type is forgotten.
trait AnyEntry: Debug + Send + Sync {
    fn name(&self) -> &'static str;
    fn value(&self) -> Value;
    fn check(&self, checks: &mut EntryChecks<'_>);
    fn name_adapting(&self, names: &mut Vec<&'static str>);
    fn crosses(&self) -> Crosses;
    fn kernel(&self, context: &EntryContext<'_>) -> Result<Box<dyn Kernel>, EntryError>;
    fn boxed(&self) -> Box<dyn AnyEntry>;
    fn equals(&self, other: &dyn AnyEntry) -> bool;
    fn any(&self) -> &dyn Any;
}

impl<E: Entry> AnyEntry for E {
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn value(&self) -> Value {
        json!(self)
    }

    fn check(&self, checks: &mut EntryChecks<'_>) {
        Entry::check(self, checks);
    }

    fn name_adapting(&self, names: &mut Vec<&'static str>) {
        Entry::name_adapting(self, names);
    }

    fn crosses(&self) -> Crosses {
        Entry::crosses(self)
    }

    fn kernel(&self, context: &EntryContext<'_>) -> Result<Box<dyn Kernel>, EntryError> {
        Entry::kernel(self, context)
    }

    fn boxed(&self) -> Box<dyn AnyEntry> {
        Box::new(self.clone())
    }

    fn equals(&self, other: &dyn AnyEntry) -> bool {
        other
            .any()
            .downcast_ref::<E>()
            .is_some_and(|other| self == other)
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

impl KernelEntry {
    /// Name as in the YAML file.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.entry().name()
    }

    /// Reports values that no molecule allows; the path of `checks` is that of the entry, above the kernel's name.
    pub fn check(&self, checks: &mut EntryChecks<'_>) {
        checks.within(&format!(".{}", self.name()), |checks| {
            self.entry().check(checks)
        });
    }

    /// Adds the names of what equilibration changes.
    pub fn name_adapting(&self, names: &mut Vec<&'static str>) {
        self.entry().name_adapting(names);
    }

    /// Which slow things its moves cross.
    #[must_use]
    pub fn crosses(&self) -> Crosses {
        self.entry().crosses()
    }

    /// The kernel for a molecule.
    ///
    /// # Errors
    /// [`EntryError`] where the molecule, or a value, does not allow it; its place begins with the kernel's name.
    pub fn kernel(&self, context: &EntryContext<'_>) -> Result<Box<dyn Kernel>, EntryError> {
        let kernel = self.entry().kernel(context);
        kernel.map_err(|error| error.within(&format!(".{}", self.name())))
    }
}

impl Serialize for KernelEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.name(), &self.entry().value())?;
        map.end()
    }
}

impl JsonSchema for KernelEntry {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "KernelEntry".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let all = schemas(generator);
        let about = "One entry of the sampler list, `- NAME: {settings}`.";
        let schema = json!({ "description": about, "oneOf": all });
        Schema::try_from(schema).expect("invariant: an object is a schema")
    }
}

fn one_of(name: &str, about: &str, settings: Schema) -> Schema {
    let schema = json!({
        "description": about,
        "type": "object",
        "properties": { name: settings },
        "additionalProperties": false,
        "required": [name],
    });
    Schema::try_from(schema).expect("invariant: an object is a schema")
}

// Written out because serde_yaml would want `!langevin {...}` for an enum, and its `singleton_map` helpers
// do not terminate at compile time once a kernel contains kernels.
impl<'de> Deserialize<'de> for KernelEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = KernelEntry;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "a kernel with its settings, such as `langevin: {steps: 100, timestep_fs: 1.0}`",
        )
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<KernelEntry, A::Error> {
        let Some(name) = map.next_key_seed(KernelName)? else {
            return Err(de::Error::invalid_length(0, &self));
        };
        let kernel = KernelEntry::read(name, &mut map)?;
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

/// Reads a key and answers with the matching one of [`names`].
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
        let known = names().iter().find(|&&known| known == name);
        known
            .copied()
            .ok_or_else(|| E::unknown_variant(name, names()))
    }
}

/// One kernel of a mixture.
#[derive(Debug, Clone, PartialEq, DeriveSerialize, DeriveDeserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MixturePart {
    /// Relative probability, over 0.
    pub weight: f64,
    /// The kernel, written as an entry of the sampler list.
    pub kernel: KernelEntry,
}

/// Settings of `mixture`: its parts.
#[derive(Debug, Clone, PartialEq, DeriveSerialize, DeriveDeserialize, JsonSchema)]
#[serde(transparent)]
pub struct MixtureEntry(pub Vec<MixturePart>);

/// What an empty list of kernels is told.
pub const EMPTY: &str = "the list is empty, expected at least one kernel";

impl Settings for MixtureEntry {
    const NAME: &'static str = "mixture";
    const ABOUT: &'static str =
        "One kernel out of several a cycle, drawn with fixed weights for all replicas together.";
}

impl Entry for MixtureEntry {
    fn check(&self, checks: &mut EntryChecks<'_>) {
        if self.0.is_empty() {
            let help = "list kernels: `- mixture: [{weight: 1, kernel: {hmc: {steps: 10, timestep_fs: 1.0}}}]`";
            checks.fault("", EMPTY, help);
        }
        for (index, part) in self.0.iter().enumerate() {
            checks.within(&format!("[{index}]"), |checks| {
                if !(part.weight > 0.0 && part.weight.is_finite()) {
                    checks.fault(
                        "weight",
                        &format!("got {}, expected a finite number over 0", part.weight),
                        "leave the kernel out of the mixture instead of giving it no weight; weights need not sum to 1",
                    );
                }
                checks.within(".kernel", |checks| part.kernel.check(checks));
            });
        }
    }

    fn name_adapting(&self, names: &mut Vec<&'static str>) {
        for part in &self.0 {
            part.kernel.name_adapting(names);
        }
    }

    fn crosses(&self) -> Crosses {
        all_of(self.0.iter().map(|part| &part.kernel))
    }

    fn kernel(&self, context: &EntryContext<'_>) -> Result<Box<dyn Kernel>, EntryError> {
        let seed = context.seed();
        let mut weighted = Vec::with_capacity(self.0.len());
        for (index, part) in self.0.iter().enumerate() {
            let kernel = part.kernel.kernel(context);
            let kernel = kernel.map_err(|error| error.within(&format!("[{index}].kernel")))?;
            weighted.push((part.weight, kernel));
        }
        let mixture = Mixture::new(weighted, seed).map_err(EntryError::of)?;
        Ok(Box::new(mixture))
    }
}

/// Settings of `sequence`: its kernels.
#[derive(Debug, Clone, PartialEq, DeriveSerialize, DeriveDeserialize, JsonSchema)]
#[serde(transparent)]
pub struct SequenceEntry(pub Vec<KernelEntry>);

impl Settings for SequenceEntry {
    const NAME: &'static str = "sequence";
    const ABOUT: &'static str = "Several kernels one after another, for use within a mixture.";
}

impl Entry for SequenceEntry {
    fn check(&self, checks: &mut EntryChecks<'_>) {
        if self.0.is_empty() {
            checks.fault("", EMPTY, "list kernels as in `sampler`, or remove it");
        }
        for (index, kernel) in self.0.iter().enumerate() {
            checks.within(&format!("[{index}]"), |checks| kernel.check(checks));
        }
    }

    fn name_adapting(&self, names: &mut Vec<&'static str>) {
        for kernel in &self.0 {
            kernel.name_adapting(names);
        }
    }

    fn crosses(&self) -> Crosses {
        all_of(self.0.iter())
    }

    fn kernel(&self, context: &EntryContext<'_>) -> Result<Box<dyn Kernel>, EntryError> {
        let mut parts = Vec::with_capacity(self.0.len());
        for (index, kernel) in self.0.iter().enumerate() {
            let kernel = kernel.kernel(context);
            parts.push(kernel.map_err(|error| error.within(&format!("[{index}]")))?);
        }
        Ok(Box::new(
            KernelSequence::new(parts).map_err(EntryError::of)?,
        ))
    }
}

/// What several kernels cross together.
pub fn all_of<'a>(kernels: impl Iterator<Item = &'a KernelEntry>) -> Crosses {
    kernels.fold(Crosses::default(), |all, kernel| {
        let own = kernel.crosses();
        Crosses {
            torsions: all.torsions || own.torsions,
            rings: all.rings || own.rings,
            isomers: all.isomers || own.isomers,
            loops: all.loops || own.loops,
            isomers_in_rings: all.isomers_in_rings || own.isomers_in_rings,
        }
    })
}
