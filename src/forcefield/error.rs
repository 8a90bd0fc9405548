//! What can be wrong with a force-field file or its assignment, each with place and remedy.

use std::path::PathBuf;

use super::prmtop::error::PrmtopError;
use super::xml::error::{Location, XmlError, XmlFault};

/// Faults of force-field files (they name file and line) and of their assignment to a molecule (they name atoms).
#[derive(Debug, thiserror::Error)]
pub enum ForceFieldError {
    /// No built-in force field of that name.
    #[error(
        "unknown force field '{name}': built in are {known}; for a file of your own give the path of an OpenMM XML file"
    )]
    UnknownBuiltin {
        /// What was asked for.
        name: String,
        /// Names of the built-in force fields.
        known: String,
    },
    /// A built-in file that adds to a force field, without that one.
    #[error("{name} only adds residues to {adds_to}: name both, {example}")]
    AdditionAlone {
        /// The addition.
        name: String,
        /// What it adds to.
        adds_to: String,
        /// A list that would do.
        example: String,
    },
    /// A file cannot be read.
    #[error(
        "cannot read force-field file {path}{}: {source}",
        included_from.as_ref().map(|place| format!(" (included at {place})")).unwrap_or_default()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The `<Include>` that names it, if one does.
        included_from: Option<Location>,
        /// Why.
        source: std::io::Error,
    },
    /// A fault in a file, with its line.
    #[error(transparent)]
    Xml(Box<XmlError>),
    /// A fault of a prmtop, with its line.
    #[error(transparent)]
    Prmtop(Box<PrmtopError>),
    /// A residue whose name no template has and whose bonds no template matches.
    #[error(
        "residue {residue}: the force field has no template for it{hint}; give its parameters in an OpenMM XML file beside those of the others (force_field: [...])"
    )]
    UnknownResidue {
        /// `XYZ 12`.
        residue: String,
        /// Nearest template name, as a clause.
        hint: String,
    },
    /// No template has the atoms and bonds of a residue.
    #[error(
        "residue {residue} matches no template of the force field; compared with the closest one, {template}: {differences}"
    )]
    NoTemplate {
        /// `ALA 2`.
        residue: String,
        /// Closest template.
        template: String,
        /// Missing and extra atoms, or bonds.
        differences: String,
    },
    /// Several templates fit and would give different parameters.
    #[error(
        "residue {residue} matches several templates with different parameters: {templates}; name the residue as one of them"
    )]
    AmbiguousTemplate {
        /// `ALA 2`.
        residue: String,
        /// Names of the templates.
        templates: String,
    },
    /// No parameters for a bond or angle of the molecule.
    #[error(
        "the force field has no {term} parameters for {atoms} (types {types}); add a definition for these types or classes, or give the molecule with the parameters of another program, as a prmtop (tleap) or a serialized System"
    )]
    MissingParameters {
        /// `bond`, `angle` or `nonbonded`.
        term: &'static str,
        /// Labels of the atoms.
        atoms: String,
        /// Their types, with classes.
        types: String,
    },
    /// An atom whose mass no atom has.
    #[error(
        "atom {atom} has a mass of {mass_da} Da, expected {expected}; correct the <Type> of its type {type_label}"
    )]
    Mass {
        /// Label of the atom.
        atom: String,
        /// Its type, with class.
        type_label: String,
        /// Mass of that type in Da.
        mass_da: f64,
        /// Which masses are taken.
        expected: &'static str,
    },
    /// A Born radius outside of what the model's neck table covers.
    #[error(
        "atom {atom} has a Born radius of {radius_nm:.3} nm, but the neck tables of GBn and GBn2 cover 0.1 to 0.2 nm; take hct, obc1 or obc2, or a prmtop with the radii these models are made for (ParmEd: `changeRadii bondi` for gbn, `changeRadii mbondi3` for gbn2)"
    )]
    RadiusOutOfRange {
        /// Label of the atom.
        atom: String,
        /// Its intrinsic Born radius in nm.
        radius_nm: f64,
    },
    /// Hydrogen mass repartitioning leaves a heavy atom lighter than its hydrogens.
    #[error(
        "hydrogen_mass_da {hydrogen_mass_da} leaves {atom} with {remaining_da:.3} Da, too little to stay the slower atom; the largest possible value for this molecule is about {largest_da:.2}"
    )]
    HydrogenMass {
        /// Asked-for mass in Da.
        hydrogen_mass_da: f64,
        /// Label of the heavy atom.
        atom: String,
        /// Its mass after repartitioning in Da.
        remaining_da: f64,
        /// The mass at which this atom and its hydrogens would weigh the same, in Da.
        largest_da: f64,
    },
    /// An option outside its range.
    #[error("{option} is {value}, expected {expected}")]
    InvalidOption {
        /// Name of the field of `SystemOptions`.
        option: &'static str,
        /// What was given.
        value: f64,
        /// What is possible.
        expected: &'static str,
    },
}

impl From<PrmtopError> for ForceFieldError {
    fn from(error: PrmtopError) -> Self {
        Self::Prmtop(Box::new(error))
    }
}

impl XmlFault {
    /// The fault at a place.
    pub(super) fn at(self, location: &Location) -> ForceFieldError {
        ForceFieldError::Xml(Box::new(XmlError {
            location: location.clone(),
            fault: self,
        }))
    }
}

/// `; the nearest is 'X'` for the candidate closest to a name, or nothing where none is close.
pub(super) fn nearest_clause<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .min()
        .filter(|&(distance, _)| distance <= name.len().max(2).div_ceil(2))
        .map(|(_, candidate)| format!("; the nearest is '{candidate}'"))
        .unwrap_or_default()
}
