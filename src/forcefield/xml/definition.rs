//! A force field as its files define it: types, residue templates, parameter definitions. Not yet tied to a molecule.

use crate::forcefield::system::CorrectionMap;
use crate::topology::Element;

/// An atom type: what templates name and definitions match.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AtomType {
    pub(in crate::forcefield) name: String,
    /// Index into [`ForceField::class_names`].
    pub(in crate::forcefield) class_index: usize,
    pub(in crate::forcefield) mass_da: f64,
    /// `None` for extra particles and elements that no peptide has.
    pub(in crate::forcefield) element: Option<Element>,
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
    pub(in crate::forcefield) patterns: [AtomPattern; N],
    pub(in crate::forcefield) equilibrium: f64,
    pub(in crate::forcefield) force_constant: f64,
}

/// One term of a Fourier series: k (1 + cos(n phi - phase)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FourierTerm {
    pub(in crate::forcefield) periodicity: u32,
    pub(in crate::forcefield) phase_rad: f64,
    pub(in crate::forcefield) k_kj_per_mol: f64,
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
    pub(in crate::forcefield) patterns: [AtomPattern; 4],
    pub(in crate::forcefield) terms: Vec<FourierTerm>,
    /// Only for impropers.
    pub(in crate::forcefield) ordering: ImproperOrdering,
}

impl TorsionDefinition {
    pub(in crate::forcefield) fn has_wildcard(&self) -> bool {
        self.patterns.contains(&AtomPattern::Any)
    }
}

/// One `<Torsion>` of a `<CMAPTorsionForce>`: a chain of five atoms whose two torsions have a map.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MapDefinition {
    pub(in crate::forcefield) patterns: [AtomPattern; 5],
    /// Index into [`ForceField::correction_maps`].
    pub(in crate::forcefield) map: usize,
}

/// The nonbonded parameters, in this order wherever they are stored as arrays.
pub(in crate::forcefield) const NONBONDED_PARAMETERS: [&str; 3] = ["charge", "sigma", "epsilon"];

/// Charge (e), sigma (nm), epsilon (kJ/mol); `None` where another place defines the value.
pub(crate) type NonbondedParameters = [Option<f64>; 3];

/// One atom of a template; bonds are indices into the template.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::forcefield) struct TemplateAtom {
    pub(in crate::forcefield) name: String,
    pub(in crate::forcefield) type_index: usize,
    /// `None` matches no atom of a molecule.
    pub(in crate::forcefield) element: Option<Element>,
    pub(in crate::forcefield) parameters: NonbondedParameters,
    pub(in crate::forcefield) neighbors: Vec<usize>,
    pub(in crate::forcefield) n_external_bonds: usize,
}

/// One `<Residue>`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::forcefield) struct ResidueTemplate {
    pub(in crate::forcefield) name: String,
    pub(in crate::forcefield) override_level: u32,
    pub(in crate::forcefield) atoms: Vec<TemplateAtom>,
}

/// Scale factors of 1-4 interactions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct OneFourScales {
    pub(in crate::forcefield) coulomb: f64,
    pub(in crate::forcefield) lennard_jones: f64,
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
    pub(in crate::forcefield) types: Vec<AtomType>,
    pub(in crate::forcefield) class_names: Vec<String>,
    pub(in crate::forcefield) templates: Vec<ResidueTemplate>,
    pub(in crate::forcefield) bonds: Vec<HarmonicDefinition<2>>,
    pub(in crate::forcefield) angles: Vec<HarmonicDefinition<3>>,
    pub(in crate::forcefield) propers: Vec<TorsionDefinition>,
    pub(in crate::forcefield) impropers: Vec<TorsionDefinition>,
    pub(in crate::forcefield) correction_maps: Vec<CorrectionMap>,
    pub(in crate::forcefield) mapped_chains: Vec<MapDefinition>,
    /// By type index.
    pub(in crate::forcefield) nonbonded: Vec<Option<NonbondedParameters>>,
    pub(in crate::forcefield) one_four: Option<OneFourScales>,
}

impl ForceField {
    /// `name (class CLASS)` of a type, for messages.
    pub(in crate::forcefield) fn type_label(&self, type_index: usize) -> String {
        let atom_type = &self.types[type_index];
        format!(
            "{} (class {})",
            atom_type.name, self.class_names[atom_type.class_index]
        )
    }

    pub(in crate::forcefield) fn pattern_matches(
        &self,
        pattern: AtomPattern,
        type_index: usize,
    ) -> bool {
        match pattern {
            AtomPattern::Any => true,
            AtomPattern::Type(index) => index == type_index,
            AtomPattern::Class(index) => index == self.types[type_index].class_index,
        }
    }

    /// Whether the patterns match the types in this direction.
    pub(in crate::forcefield) fn patterns_match(
        &self,
        patterns: &[AtomPattern],
        types: &[usize],
    ) -> bool {
        patterns
            .iter()
            .zip(types)
            .all(|(&pattern, &type_index)| self.pattern_matches(pattern, type_index))
    }

    /// Whether the patterns match the types in either direction.
    pub(in crate::forcefield) fn patterns_match_either_way<const N: usize>(
        &self,
        patterns: &[AtomPattern; N],
        types: [usize; N],
    ) -> bool {
        let mut reversed = types;
        reversed.reverse();
        self.patterns_match(patterns, &types) || self.patterns_match(patterns, &reversed)
    }
}
