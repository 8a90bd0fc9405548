//! What makes a text no CIF, or one that lacks what a molecule needs, each with its remedy.

use thiserror::Error;

/// A fault and its line.
#[derive(Debug)]
pub(super) struct Located {
    /// From 1.
    pub(super) line: usize,
    pub(super) fault: CifFault,
}

/// Why a CIF file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CifFault {
    /// A text field without its last line.
    #[error(
        "the text that begins with `;` here has no end: expected a later line that begins with `;`"
    )]
    UnendedText,
    /// A quoted value without its last mark.
    #[error(
        "the value that begins with {quote} has no end in this line: expected {quote} and a blank after it; \
         a value that holds the mark itself is put between marks of the other kind"
    )]
    UnendedQuote {
        /// The mark.
        quote: char,
    },
    /// Something before the first data block.
    #[error(
        "got `{got}` before any `data_NAME`, expected that line first: is this a part of a file?"
    )]
    NoBlock {
        /// What stands there.
        got: String,
    },
    /// A word of dictionaries and of STAR files.
    #[error(
        "`{word}` belongs to dictionaries and STAR files, expected an mmCIF file of coordinates"
    )]
    Reserved {
        /// The word.
        word: String,
    },
    /// A loop without names.
    #[error("loop_ without names, expected data names such as _atom_site.id after it")]
    EmptyLoop,
    /// A name without a value.
    #[error("{name} has no value: expected one after it, `?` if it is not known")]
    MissingValue {
        /// The name.
        name: String,
    },
    /// A value without a name.
    #[error(
        "`{got}` belongs to no data name: one value too many, or a value with blanks that lacks its quotes"
    )]
    StrayValue {
        /// The value.
        got: String,
    },
    /// A name twice in a block.
    #[error("{name} stands here a second time, first in line {first}: remove one of the two")]
    Twice {
        /// The name.
        name: String,
        /// Line number from 1.
        first: usize,
    },
    /// A loop of two categories.
    #[error("a loop_ of {first} holds {other}, expected names of one category")]
    MixedLoop {
        /// The category of the first name.
        first: String,
        /// The other name.
        other: String,
    },
    /// A loop whose last row is not whole.
    #[error(
        "the loop_ of {category} has {n_names} names and {n_values} values, expected {n_names} in every row, and this row seems to have \
         more or fewer: a value with blanks needs quotes, an unknown one is `?`; or the file is cut off"
    )]
    RaggedLoop {
        /// The category of its names.
        category: String,
        /// How many names it has.
        n_names: usize,
        /// How many values.
        n_values: usize,
    },
    /// The dictionary of small molecules.
    #[error(
        "{name} is of the CIF of crystals of small molecules, expected mmCIF, with _atom_site.Cartn_x: \
         save the molecule as mmCIF or PDB, with Cartesian coordinates"
    )]
    SmallMolecule {
        /// The name that tells.
        name: String,
    },
    /// Atoms without an item that is needed.
    #[error(
        "_atom_site has no {item}, expected the data names of wwPDB's files: \
         write the file anew with a program that knows mmCIF (gemmi, PyMOL, ChimeraX), or as PDB"
    )]
    MissingItem {
        /// One or more names.
        item: &'static str,
    },
    /// More chains than letters.
    #[error(
        "the file has {n_chains} chains, waters not counted, expected at most {most}: keep only the peptides to be simulated"
    )]
    TooManyChains {
        /// How many.
        n_chains: usize,
        /// How many can be told apart.
        most: usize,
    },
}
