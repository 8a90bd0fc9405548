//! Everything that can be wrong with a PDB or mmCIF file, with file, line and remedy.

use super::mmcif::CifFault;
use crate::topology::residue_library::ResidueLibrary;
use std::path::PathBuf;
use thiserror::Error;

/// Why a PDB or mmCIF file cannot be used.
#[derive(Debug, Error)]
pub enum PdbError {
    /// The file cannot be read.
    #[error("{}: cannot read it: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file whose text is packed.
    #[error("{}: the file is {format}, expected the text of a PDB or mmCIF file: {remedy}", path.display())]
    Packed {
        /// The file.
        path: PathBuf,
        /// In what form it is.
        format: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// No atom (or waters only).
    #[error("{file}: no atoms of a peptide found: expected {expected}")]
    NoAtoms {
        /// The file.
        file: String,
        /// What holds atoms in its format.
        expected: &'static str,
    },
    /// No number where one is expected.
    #[error("{file}:{line}: {field} ({place}) is '{got}', expected a number")]
    BadField {
        /// The file.
        file: String,
        /// Line number from 1.
        line: usize,
        /// What it is.
        field: &'static str,
        /// Where it stands: columns from 1, or a data name.
        place: &'static str,
        /// What stands there.
        got: String,
    },
    /// An atom whose element is not known, in a file that is read as it is.
    #[error(
        "{file}:{line}: the element of {atom} ({place}, or the first letter of its name) is '{got}', expected a symbol such as C: correct it"
    )]
    UnknownElement {
        /// The file.
        file: String,
        /// Line number from 1.
        line: usize,
        /// Its name, residue, number and chain.
        atom: String,
        /// Where the element stands.
        place: &'static str,
        /// What stands there.
        got: String,
    },
    /// An atom with alternate locations, in a file that is read as it is.
    #[error(
        "{file}:{line}: {atom} has an alternate location: expected each atom once, as in the topology that the parameters were made of"
    )]
    AlternateLocation {
        /// The file.
        file: String,
        /// Line number from 1.
        line: usize,
        /// Its name, residue, number and chain.
        atom: String,
    },
    /// A residue that is no amino acid or cap.
    #[error(
        "{file}:{line}: unknown residue '{residue}': {hint} Known: {}. \
         A residue of another kind is taken with {all_bonds}, its hydrogens, and an OpenMM XML file that has it; \
         ions, and what no force field has, cannot be simulated: remove them from the file{others}",
        ResidueLibrary::get().known_names()
    )]
    UnknownResidue {
        /// The file.
        file: String,
        /// Line number from 1.
        line: usize,
        /// Its name, number and chain.
        residue: Box<str>,
        /// What it is, or the nearest known name.
        hint: Box<str>,
        /// What says how it is bonded.
        all_bonds: &'static str,
        /// Other unknown residues: empty or `; also unknown: ...`.
        others: Box<str>,
    },
    /// An atom name its residue does not have.
    #[error("{file}:{line}: unknown atom '{atom}' in residue {residue}: {hint}")]
    UnknownAtom {
        /// The file.
        file: String,
        /// Line number from 1.
        line: usize,
        /// Its name in the file.
        atom: String,
        /// Residue name, number and chain.
        residue: String,
        /// The nearest name and all that the residue has.
        hint: String,
    },
    /// The same atom twice.
    #[error(
        "{file}:{line}: atom {atom} of residue {residue} occurs twice: remove one, or mark the two as alternate locations in {alternate}"
    )]
    DuplicateAtom {
        /// The file.
        file: String,
        /// Line number from 1 of the second one.
        line: usize,
        /// Its name.
        atom: String,
        /// Residue name, chain and number.
        residue: String,
        /// Where alternate locations are marked.
        alternate: &'static str,
    },
    /// Heavy atoms that are not in the file.
    #[error(
        "{file}:{line}: residue {residue} lacks the heavy atoms {atoms}: only hydrogens and the terminal OXT are added here; \
         rebuild them with a tool such as PDBFixer, or give the peptide as a sequence"
    )]
    MissingHeavyAtoms {
        /// The file.
        file: String,
        /// First line of the residue.
        line: usize,
        /// Residue name, chain and number.
        residue: String,
        /// Their names.
        atoms: String,
    },
    /// Neighbours that are not bonded.
    #[error(
        "{file}:{line}: chain break: C of {before} and N of {after} are {distance_nm:.3} nm apart, expected about 0.133 nm: \
         residues are missing between them, or a periodic box cuts the molecule and the file has no {cell}; \
         rebuild them, make the molecule whole, or {separate}"
    )]
    ChainBreak {
        /// The file.
        file: String,
        /// First line of the second residue.
        line: usize,
        /// First residue.
        before: Box<str>,
        /// Second residue.
        after: Box<str>,
        /// Distance in nm.
        distance_nm: f64,
        /// What states a periodic box.
        cell: &'static str,
        /// How two peptides are told apart.
        separate: &'static str,
    },
    /// A cap inside a chain.
    #[error(
        "{file}:{line}: cap {residue} stands inside a chain: ACE can only be first, NME and NHE only last; {separate}"
    )]
    MisplacedCap {
        /// The file.
        file: String,
        /// First line of the cap.
        line: usize,
        /// Residue name, chain and number.
        residue: String,
        /// How two peptides are told apart.
        separate: &'static str,
    },
    /// A CYX without partner, or a disulfide record that names no two cysteines.
    #[error("{file}:{line}: {detail}")]
    Disulfide {
        /// The file.
        file: String,
        /// Line number from 1.
        line: usize,
        /// What is wrong and what to do.
        detail: String,
    },
    /// A record (CONECT, LINK, `_struct_conn`) for atoms that peptides of known residues do not bond.
    #[error(
        "{file}:{line}: {record} bonds {first} to {second}, which no peptide of known residues has: disulfides and head-to-tail rings are read from such records, \
         other cross-links need the hydrogens in the file and a force field that has the residues, and a ring has no OXT; remove the record if the two are not bonded"
    )]
    UnknownBond {
        /// The file.
        file: String,
        /// Line number from 1.
        line: usize,
        /// Name of the record.
        record: &'static str,
        /// First atom.
        first: String,
        /// Second atom.
        second: String,
    },
    /// Heavy atoms at bonding distance that no bond of the molecule joins.
    #[error(
        "{file}:{line}: {first} and {second} are {distance_nm:.3} nm apart, the length of a bond, but no peptide bonds them{others}: \
         cross-linked peptides other than head-to-tail rings and disulfides (lactams, isopeptides, thioethers) cannot be read yet; \
         if the two are not bonded, move them apart or remove the copy that lies on top"
    )]
    CovalentContact {
        /// The file.
        file: String,
        /// Line number from 1 of the second atom.
        line: usize,
        /// First atom.
        first: String,
        /// Second atom.
        second: String,
        /// Distance in nm.
        distance_nm: f64,
        /// How many more such pairs there are: empty or ` (and 3 more such pairs)`.
        others: String,
    },
    /// A bond that no force field could hold or make right.
    #[error(
        "{file}:{line}: {first} and {second} are bonded but {distance_nm:.4} nm apart, expected {remedy}"
    )]
    BondLength {
        /// The file.
        file: String,
        /// Line number from 1 of the second atom.
        line: usize,
        /// First atom.
        first: String,
        /// Second atom.
        second: String,
        /// Distance in nm.
        distance_nm: f64,
        /// What was expected, and what to do.
        remedy: String,
    },
    /// What makes a file no mmCIF file, or one without what is needed.
    #[error("{file}:{line}: {fault}")]
    Cif {
        /// The file.
        file: String,
        /// Line number from 1.
        line: usize,
        /// What is wrong and what to do.
        fault: CifFault,
    },
}
