//! The force fields that come with the program: names, texts, and which one adds to which.

use crate::forcefield::error::ForceFieldError;
use crate::forcefield::xml::definition::ForceField;
use std::path::PathBuf;

/// One part of a force field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A name of a built-in force field or addition.
    Builtin(String),
    /// An OpenMM XML file.
    File(PathBuf),
}

/// A file that comes with the program.
struct Builtin {
    name: &'static str,
    /// Another name of the same.
    alias: Option<&'static str>,
    text: &'static str,
    /// What it adds residues to; empty where it is a whole force field.
    adds_to: &'static [&'static str],
}

macro_rules! builtin {
    ($name:literal, $alias:expr, $file:literal, $adds_to:expr) => {
        Builtin {
            name: $name,
            alias: $alias,
            text: include_str!(concat!("../../../data/forcefields/", $file)),
            adds_to: &$adds_to,
        }
    };
}

/// All of them; sources, licences and literature are in data/forcefields/README.md.
static BUILTIN: [Builtin; 7] = [
    builtin!("amber14", Some("ff14SB"), "protein.ff14SB.xml", []),
    builtin!("amber99sbildn", None, "amber99sbildn.xml", []),
    builtin!("ff14SBonlysc", None, "protein.ff14SBonlysc.xml", []),
    builtin!("ff15ipq", None, "protein.ff15ipq.xml", []),
    builtin!("ff19SB", None, "protein.ff19SB.xml", []),
    builtin!(
        "phosaa14SB",
        None,
        "phosaa14SB.xml",
        ["amber14", "ff14SBonlysc"]
    ),
    builtin!("phosaa19SB", None, "phosaa19SB.xml", ["ff19SB"]),
];

fn find(name: &str) -> Option<&'static Builtin> {
    BUILTIN
        .iter()
        .find(|known| known.name == name || known.alias == Some(name))
}

impl ForceField {
    /// Names of the force fields that come with this program and stand by themselves.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        let whole = BUILTIN.iter().filter(|known| known.adds_to.is_empty());
        whole.map(|known| known.name)
    }

    /// Names of the files that add residues to others, with the force fields each may be added to.
    pub fn builtin_additions() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        let additions = BUILTIN.iter().filter(|known| !known.adds_to.is_empty());
        additions.map(|known| (known.name, known.adds_to))
    }

    /// The name that a built-in force field has in models and records, `amber14` for `ff14SB`; any other name as it is.
    #[must_use]
    pub fn canonical_name(name: &str) -> &str {
        find(name).map_or(name, |known| known.name)
    }

    /// A force field that comes with this program:
    ///
    /// | name | parameters |
    /// |---|---|
    /// | `amber14`, `ff14SB` | ff14SB, doi:10.1021/acs.jctc.5b00255 |
    /// | `ff14SBonlysc` | ff14SB's side chains with ff99SB's backbone, doi:10.1021/acs.jctc.5b00255 |
    /// | `amber99sbildn` | ff99SB-ILDN, doi:10.1002/prot.22711 |
    /// | `ff19SB` | ff19SB, doi:10.1021/acs.jctc.9b00591 |
    /// | `ff15ipq` | ff15ipq, doi:10.1021/acs.jctc.6b00567 |
    ///
    /// `phosaa14SB` and `phosaa19SB` (doi:10.1021/acs.jctc.4c00732) add phosphorylated residues to others: see
    /// [`ForceField::from_sources`].
    ///
    /// # Errors
    /// [`ForceFieldError::UnknownBuiltin`] for any other name, [`ForceFieldError::AdditionAlone`] for an addition.
    pub fn builtin(name: &str) -> Result<Self, ForceFieldError> {
        Self::from_sources(&[Source::Builtin(name.to_owned())])
    }
}

/// The text of a built-in file, called `builtin:NAME` in messages.
///
/// # Errors
/// An unknown name; an addition none of whose force fields is among `all`.
pub(super) fn text(name: &str, all: &[String]) -> Result<(String, &'static str), ForceFieldError> {
    let Some(known) = find(name) else {
        let names = BUILTIN.iter().map(|known| known.name);
        return Err(ForceFieldError::UnknownBuiltin {
            name: name.to_owned(),
            known: names.collect::<Vec<_>>().join(", "),
        });
    };
    let has_base = |base: &&str| {
        all.iter()
            .any(|other| ForceField::canonical_name(other) == *base)
    };
    if !known.adds_to.is_empty() && !known.adds_to.iter().any(has_base) {
        return Err(ForceFieldError::AdditionAlone {
            name: name.to_owned(),
            adds_to: known.adds_to.join(" or "),
            example: format!("[{}, {name}]", known.adds_to[0]),
        });
    }
    Ok((format!("builtin:{name}"), known.text))
}
