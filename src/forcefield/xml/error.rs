//! What can be wrong in a force-field file.

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

/// A fault of a force-field file with its place.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{location}: {fault}")]
pub struct XmlError {
    /// Where.
    pub location: Location,
    /// What.
    pub fault: XmlFault,
}

/// What is wrong at one place of a force-field file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlFault {
    /// Not well-formed XML, or not what an OpenMM force-field file may contain; says what was expected.
    #[error("{0}")]
    Malformed(String),
    /// A section that changes energies and is not implemented.
    #[error("section <{section}> is not supported{remedy}")]
    Unsupported {
        /// Tag.
        section: String,
        /// What to do instead; starts with punctuation.
        remedy: String,
    },
    /// A force of a serialized OpenMM System that is not taken.
    #[error("{class} is not taken: {content}; {remedy}")]
    Refused {
        /// OpenMM's class, with the force's own name where it has one.
        class: String,
        /// What it holds that is not taken.
        content: String,
        /// What to do instead.
        remedy: String,
    },
    /// An attribute that has to be there is not.
    #[error("<{element}> has no attribute '{attribute}', which it needs")]
    MissingAttribute {
        /// Tag.
        element: String,
        /// Attribute name.
        attribute: String,
    },
    /// An attribute that is not the number it has to be.
    #[error("<{element}> has {attribute}=\"{value}\", expected {expected}")]
    MalformedNumber {
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
        "atom {atom} of residue {residue} has type '{type_name}', which no <AtomTypes> section defines{hint}; add the type or load the file that has it"
    )]
    UnknownAtomType {
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
    #[error("residue template {residue} has no atom {atom}{hint}")]
    UnknownTemplateAtom {
        /// Residue template.
        residue: String,
        /// Name or index that was given.
        atom: String,
        /// Nearest name, as a clause.
        hint: String,
    },
    /// A definition that contradicts an earlier one.
    #[error("{what} was already defined differently; keep one of the definitions")]
    Conflict {
        /// What is defined twice.
        what: String,
    },
}
