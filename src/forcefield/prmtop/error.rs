//! What can be wrong with a prmtop, each with file, line and remedy.

use std::fmt;

/// A fault of a prmtop with its place, printed `file:line`, or `file` where no line is at fault.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}: {fault}", Place(file, *line))]
pub struct PrmtopError {
    /// Path as the user gave it.
    pub file: String,
    /// Line, from 1.
    pub line: Option<usize>,
    /// What.
    pub fault: PrmtopFault,
}

struct Place<'a>(&'a str, Option<usize>);

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(line) => write!(formatter, "{}:{line}", self.0),
            None => write!(formatter, "{}", self.0),
        }
    }
}

/// What is wrong in a prmtop.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PrmtopFault {
    /// The file cannot be read.
    #[error("cannot read the prmtop: {0}")]
    Unreadable(String),
    /// Neither `%VERSION` nor `%FLAG` at the start.
    #[error(
        "expected '%VERSION' or '%FLAG' at the start of a prmtop, found '{found}'; a file of AMBER 6 and before, which has no %FLAG lines, is brought into the new format by ParmEd (load it, `outparm new.prmtop`) or made anew by tleap"
    )]
    NoFlags {
        /// The first line, cut.
        found: String,
    },
    /// A line out of place, or data that do not fit their format.
    #[error("{0}")]
    Layout(String),
    /// A section that has to be there is not.
    #[error(
        "there is no %FLAG {flag}, which {needed_for}; write the file anew with tleap (`saveamberparm`) or ParmEd (`outparm`)"
    )]
    MissingFlag {
        /// Name of the section.
        flag: String,
        /// Who needs it.
        needed_for: &'static str,
    },
    /// A section with too few or too many entries.
    #[error(
        "%FLAG {flag} has {got} entries, expected {expected} ({reason}); the file is cut or was edited by hand"
    )]
    Count {
        /// Name of the section.
        flag: String,
        /// Entries found.
        got: usize,
        /// Entries expected.
        expected: usize,
        /// Where the expectation comes from.
        reason: String,
    },
    /// A section in a format that cannot hold what it should.
    #[error("%FLAG {flag} has %FORMAT({got}), expected {expected}")]
    Format {
        /// Name of the section.
        flag: String,
        /// The format found.
        got: String,
        /// As `integers, as in 10I8`.
        expected: &'static str,
    },
    /// An entry that is not the number it has to be.
    #[error("%FLAG {flag}, entry {entry}: '{text}' where {expected} is expected")]
    Entry {
        /// Name of the section.
        flag: String,
        /// Place in the section, from 1.
        entry: usize,
        /// What stands there.
        text: String,
        /// What should.
        expected: String,
    },
    /// Physics that this program does not have.
    #[error("{what}; {remedy}")]
    Unsupported {
        /// What the file holds.
        what: String,
        /// What to do instead.
        remedy: String,
    },
}
