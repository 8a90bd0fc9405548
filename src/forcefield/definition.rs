//! A force field as its files define it: types, residue templates, parameter definitions. Not yet tied to a molecule.

use super::system::CorrectionMap;
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

/// One `<Torsion>` of a `<CMAPTorsionForce>`: a chain of five atoms whose two torsions have a map.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MapDefinition {
    pub(super) patterns: [AtomPattern; 5],
    /// Index into [`ForceField::correction_maps`].
    pub(super) map: usize,
}

/// The nonbonded parameters, in this order wherever they are stored as arrays.
pub(super) const NONBONDED_PARAMETERS: [&str; 3] = ["charge", "sigma", "epsilon"];

/// Charge (e), sigma (nm), epsilon (kJ/mol); `None` where another place defines the value.
pub(crate) type NonbondedParameters = [Option<f64>; 3];

/// One atom of a template; bonds are indices into the template.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TemplateAtom {
    pub(super) name: String,
    pub(super) type_index: usize,
    /// `None` matches no atom of a molecule.
    pub(super) element: Option<Element>,
    pub(super) parameters: NonbondedParameters,
    pub(super) neighbors: Vec<usize>,
    pub(super) n_external_bonds: usize,
}

/// One `<Residue>`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ResidueTemplate {
    pub(super) name: String,
    pub(super) override_level: u32,
    pub(super) atoms: Vec<TemplateAtom>,
}

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
    pub(super) correction_maps: Vec<CorrectionMap>,
    pub(super) mapped_chains: Vec<MapDefinition>,
    /// By type index.
    pub(super) nonbonded: Vec<Option<NonbondedParameters>>,
    pub(super) one_four: Option<OneFourScales>,
}

impl ForceField {
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
