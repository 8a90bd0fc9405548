//! What can be wrong with a force-field file or its assignment, each with place and remedy. Decides nothing.

use std::path::PathBuf;

/// A place in a force-field file, printed `file:line`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Path as the user gave it, or `builtin:NAME`.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

impl std::fmt::Display for Location {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}", self.file, self.line)
    }
}

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
    /// Not well-formed XML, or not a `<ForceField>`.
    #[error("{location}: {message}")]
    Malformed {
        /// Where.
        location: Location,
        /// What is wrong and what was expected.
        message: String,
    },
    /// A section that changes energies and is not implemented.
    #[error("{location}: section <{section}> is not supported{remedy}")]
    Unsupported {
        /// Where.
        location: Location,
        /// Tag.
        section: String,
        /// What to do instead; starts with punctuation.
        remedy: String,
    },
    /// An attribute that has to be there is not.
    #[error("{location}: <{element}> has no attribute '{attribute}', which it needs")]
    MissingAttribute {
        /// Where.
        location: Location,
        /// Tag.
        element: String,
        /// Attribute name.
        attribute: String,
    },
    /// An attribute that is not the number it has to be.
    #[error("{location}: <{element}> has {attribute}=\"{value}\", expected {expected}")]
    MalformedNumber {
        /// Where.
        location: Location,
        /// Tag.
        element: String,
        /// Attribute name.
        attribute: String,
        /// What stands there.
        value: String,
        /// What should.
        expected: &'static str,
    },
    /// A template uses an atom type that no file defines.
    #[error(
        "{location}: atom {atom} of residue {residue} has type '{type_name}', which no <AtomTypes> section defines{hint}; add the type or load the file that has it"
    )]
    UnknownAtomType {
        /// Where.
        location: Location,
        /// Residue template.
        residue: String,
        /// Atom name.
        atom: String,
        /// The missing type.
        type_name: String,
        /// Nearest defined type, as a clause.
        hint: String,
    },
    /// A name that does not occur in the template it refers to.
    #[error("{location}: residue template {residue} has no atom {atom}{hint}")]
    UnknownTemplateAtom {
        /// Where.
        location: Location,
        /// Residue template.
        residue: String,
        /// Name or index that was given.
        atom: String,
        /// Nearest name, as a clause.
        hint: String,
    },
    /// Two definitions that contradict each other.
    #[error("{location}: {what} was already defined differently; keep one of the definitions")]
    Conflict {
        /// Where the second stands.
        location: Location,
        /// What is defined twice.
        what: String,
    },
    /// A residue whose name no template has and whose bonds no template matches.
    #[error("residue {residue}: the force field has no template for it{hint}")]
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
        "the force field has no {term} parameters for {atoms} (types {types}); add a definition for these types or classes"
    )]
    MissingParameters {
        /// `bond`, `angle` or `nonbonded`.
        term: &'static str,
        /// Labels of the atoms.
        atoms: String,
        /// Their types, with classes.
        types: String,
    },
    /// A Born radius outside of what the model's neck table covers.
    #[error(
        "atom {atom} has a Born radius of {radius_nm} nm, but the neck tables of GBn and GBn2 cover 0.1 to 0.2 nm; take hct, obc1 or obc2"
    )]
    RadiusOutOfRange {
        /// Label of the atom.
        atom: String,
        /// Its intrinsic Born radius in nm.
        radius_nm: f64,
    },
    /// Hydrogen mass repartitioning leaves a heavy atom lighter than its hydrogens.
    #[error(
        "hydrogen_mass_da {hydrogen_mass_da} leaves {atom} with {remaining_da:.3} Da, less than its hydrogens; the largest possible value for this molecule is about {largest_da:.2}"
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

/// `; the nearest is 'X'` for the candidate closest to a name, or nothing where none is close.
pub(super) fn nearest_clause<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .min()
        .filter(|&(distance, _)| distance <= name.len().max(2).div_ceil(2))
        .map(|(_, candidate)| format!("; the nearest is '{candidate}'"))
        .unwrap_or_default()
}
