//! A force field as its files define it: types, residue templates, parameter definitions. Not yet tied to a molecule.

use std::path::PathBuf;

use super::error::ForceFieldError;
use super::template::ResidueTemplate;
use crate::topology::Element;

/// An atom type: what templates name and definitions match.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AtomType {
    pub(super) name: String,
    /// Index into [`ForceField::class_names`].
    pub(super) class_index: usize,
    pub(super) mass_da: f64,
    /// `None` for extra particles and elements that no peptide has.
    pub(super) element: Option<Element>,
}

/// The atoms that one attribute of a definition stands for: `type1="..."`, `class1="..."` or an empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtomPattern {
    /// Every type.
    Any,
    /// One type, by index.
    Type(usize),
    /// All types of a class, by index.
    Class(usize),
}

/// One `<Bond>` or `<Angle>`: equilibrium value (nm or rad) and force constant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HarmonicDefinition<const N: usize> {
    pub(super) patterns: [AtomPattern; N],
    pub(super) equilibrium: f64,
    pub(super) force_constant: f64,
}

/// One term of a Fourier series: k (1 + cos(n phi - phase)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FourierTerm {
    pub(super) periodicity: u32,
    pub(super) phase_rad: f64,
    pub(super) k_kj_per_mol: f64,
}

/// How the four atoms of an improper torsion are put in order; the attribute `ordering` of the section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImproperOrdering {
    Default,
    Charmm,
    Amber,
    Smirnoff,
}

/// One `<Proper>` or `<Improper>`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TorsionDefinition {
    pub(super) patterns: [AtomPattern; 4],
    pub(super) terms: Vec<FourierTerm>,
    /// Only for impropers.
    pub(super) ordering: ImproperOrdering,
}

impl TorsionDefinition {
    pub(super) fn has_wildcard(&self) -> bool {
        self.patterns.contains(&AtomPattern::Any)
    }
}

/// The nonbonded parameters, in this order wherever they are stored as arrays.
pub(super) const NONBONDED_PARAMETERS: [&str; 3] = ["charge", "sigma", "epsilon"];

/// Charge (e), sigma (nm), epsilon (kJ/mol); `None` where another place defines the value.
pub(crate) type NonbondedParameters = [Option<f64>; 3];

/// Scale factors of 1-4 interactions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct OneFourScales {
    pub(super) coulomb: f64,
    pub(super) lennard_jones: f64,
}

/// A force field read from OpenMM's XML format, to be assigned to molecules with [`ForceField::assign`].
///
/// ```
/// use saltus::forcefield::ForceField;
/// assert!(ForceField::builtin("amber14").is_ok());
/// assert!(ForceField::builtin("amber15").is_err());
/// ```
#[derive(Debug, Clone, Default)]
pub struct ForceField {
    pub(super) types: Vec<AtomType>,
    pub(super) class_names: Vec<String>,
    pub(super) templates: Vec<ResidueTemplate>,
    pub(super) bonds: Vec<HarmonicDefinition<2>>,
    pub(super) angles: Vec<HarmonicDefinition<3>>,
    pub(super) propers: Vec<TorsionDefinition>,
    pub(super) impropers: Vec<TorsionDefinition>,
    /// By type index.
    pub(super) nonbonded: Vec<Option<NonbondedParameters>>,
    pub(super) one_four: Option<OneFourScales>,
}

/// Names and texts of the built-in force fields.
const BUILTIN: [(&str, &str); 2] = [
    (
        "amber14",
        include_str!("../../data/forcefields/protein.ff14SB.xml"),
    ),
    (
        "amber99sbildn",
        include_str!("../../data/forcefields/amber99sbildn.xml"),
    ),
];

impl ForceField {
    /// Names that [`ForceField::builtin`] knows.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().map(|&(name, _)| name)
    }

    /// A force field that comes with this program: `amber14` (ff14SB, doi:10.1021/acs.jctc.5b00255) or
    /// `amber99sbildn` (ff99SB-ILDN, doi:10.1002/prot.22711).
    ///
    /// # Errors
    /// [`ForceFieldError::UnknownBuiltin`] for any other name.
    pub fn builtin(name: &str) -> Result<Self, ForceFieldError> {
        let Some((_, text)) = BUILTIN.iter().find(|(known, _)| *known == name) else {
            return Err(ForceFieldError::UnknownBuiltin {
                name: name.to_owned(),
                known: Self::builtin_names().collect::<Vec<_>>().join(", "),
            });
        };
        super::xml::files::from_text(&format!("builtin:{name}"), text)
    }

    /// Reads one force field from OpenMM XML files; later files add to earlier ones, `<Include>`s are followed.
    ///
    /// # Errors
    /// Any [`ForceFieldError`] that has a place in a file.
    pub fn from_files(paths: &[PathBuf]) -> Result<Self, ForceFieldError> {
        super::xml::files::from_files(paths)
    }

    /// Reads a force field from the text of one OpenMM XML file, called `name` in messages. An `<Include>` is not followed.
    ///
    /// # Errors
    /// Any [`ForceFieldError`] that has a place in a file.
    pub fn from_text(name: &str, text: &str) -> Result<Self, ForceFieldError> {
        super::xml::files::from_text(name, text)
    }

    /// `name (class CLASS)` of a type, for messages.
    pub(super) fn type_label(&self, type_index: usize) -> String {
        let atom_type = &self.types[type_index];
        format!(
            "{} (class {})",
            atom_type.name, self.class_names[atom_type.class_index]
        )
    }

    pub(super) fn pattern_matches(&self, pattern: AtomPattern, type_index: usize) -> bool {
        match pattern {
            AtomPattern::Any => true,
            AtomPattern::Type(index) => index == type_index,
            AtomPattern::Class(index) => index == self.types[type_index].class_index,
        }
    }

    /// Whether the patterns match the types in this direction.
    pub(super) fn patterns_match(&self, patterns: &[AtomPattern], types: &[usize]) -> bool {
        patterns
            .iter()
            .zip(types)
            .all(|(&pattern, &type_index)| self.pattern_matches(pattern, type_index))
    }

    /// Whether the patterns match the types in either direction.
    pub(super) fn patterns_match_either_way<const N: usize>(
        &self,
        patterns: &[AtomPattern; N],
        types: [usize; N],
    ) -> bool {
        let mut reversed = types;
        reversed.reverse();
        self.patterns_match(patterns, &types) || self.patterns_match(patterns, &reversed)
    }
}
