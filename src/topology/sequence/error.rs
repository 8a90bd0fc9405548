//! Why a sequence cannot be read.

use thiserror::Error;

/// Why a sequence cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SequenceError {
    /// No residue at all.
    #[error(
        "the sequence is empty: expected residues such as ACE-ALA-NME (three-letter) or AAAY (one-letter)"
    )]
    Empty,
    /// A three-letter name that is not known.
    #[error(
        "unknown residue '{name}' at position {position} of '{sequence}': did you mean {nearest}? Known: {known}"
    )]
    UnknownResidue {
        /// What was typed.
        name: String,
        /// Position from 1.
        position: usize,
        /// The whole sequence.
        sequence: String,
        /// The nearest known name.
        nearest: String,
        /// All known names.
        known: String,
    },
    /// A one-letter code that is not known.
    #[error(
        "unknown one-letter code '{letter}' at position {position} of '{sequence}': expected one of \
         ACDEFGHIKLMNPQRSTVWY, or one of them in lower case for a D residue (three-letter names are joined by hyphens, as in ACE-ALA-NME)"
    )]
    UnknownLetter {
        /// What was typed.
        letter: char,
        /// Position from 1.
        position: usize,
        /// The whole sequence.
        sequence: String,
    },
    /// A lower-case letter that asks for the D form of a residue that has none.
    #[error(
        "'{letter}' at position {position} of '{sequence}' asks for D-glycine, but glycine is its own mirror image: \
         write {upper} (lower-case letters are D residues)"
    )]
    NoMirrorImage {
        /// What was typed.
        letter: char,
        /// The letter of the residue.
        upper: char,
        /// Position from 1.
        position: usize,
        /// The whole sequence.
        sequence: String,
    },
    /// A three-letter name that is not in capitals and has no hyphen: D residues, or one residue?
    #[error(
        "'{sequence}' can be one residue {name}, or the D and L residues of its letters: write {name} for the one, \
         three-letter names with hyphens ({spelled}) for the other"
    )]
    NameOrLetters {
        /// The whole sequence.
        sequence: String,
        /// The residue.
        name: String,
        /// The letters as three-letter names.
        spelled: String,
    },
    /// Brackets that are not `cyclo(...)`.
    #[error(
        "'{sequence}' {fault}: expected cyclo(...) around the whole sequence for a head-to-tail ring, as in cyclo(RGDfV) or \
         cyclo(GLY-DPN-PRO-ALA), and no other brackets"
    )]
    Brackets {
        /// The whole sequence.
        sequence: String,
        /// What is wrong with them.
        fault: &'static str,
    },
    /// A cap in a ring.
    #[error(
        "cap {name} stands at position {position} of '{sequence}': a head-to-tail ring has no ends to cap; leave it out"
    )]
    CapInRing {
        /// The cap.
        name: String,
        /// Position from 1.
        position: usize,
        /// The whole sequence.
        sequence: String,
    },
    /// A ring of one residue.
    #[error(
        "'{sequence}' is a ring of {n_residues} residue: expected 4 or more to close head to tail"
    )]
    RingTooSmall {
        /// The whole sequence.
        sequence: String,
        /// How many residues it has.
        n_residues: usize,
    },
    /// ACE not first, or NME or NHE not last.
    #[error(
        "cap {name} stands at position {position} of '{sequence}': ACE can only be first, NME and NHE only last"
    )]
    MisplacedCap {
        /// The cap.
        name: String,
        /// Position from 1.
        position: usize,
        /// The whole sequence.
        sequence: String,
    },
    /// Nothing between the caps.
    #[error(
        "'{sequence}' has caps only: put at least one amino acid between them, as in ACE-ALA-NME"
    )]
    OnlyCaps {
        /// The whole sequence.
        sequence: String,
    },
}
