//! What can be wrong with a coordinate file.

/// A fault of a coordinate file, with its line where it is a text.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InpcrdError {
    /// The file cannot be read.
    #[error("cannot read coordinate file {file}: {reason}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// The second line does not begin with the number of atoms.
    #[error(
        "{file}:2: expected the number of atoms in the second line of an inpcrd or rst7 file, found '{got}'; coordinates of another format are written as rst7 by cpptraj (`parm X.prmtop`, `trajin FILE`, `trajout X.rst7 onlyframes 1`)"
    )]
    NoCount {
        /// The file.
        file: String,
        /// What stands there.
        got: String,
    },
    /// A coordinate that is no number.
    #[error(
        "{file}:{line}: '{got}' in columns {first} to {last}, expected a coordinate in twelve columns; stars mean that it was too large: bring the molecule to the origin (cpptraj: `autoimage`, `center origin`)"
    )]
    Number {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Columns, from 1.
        first: usize,
        /// Last column.
        last: usize,
        /// What stands there.
        got: String,
    },
    /// Neither coordinates, nor velocities after them, nor a box.
    #[error(
        "{file}:{line}: {got} numbers follow the {atoms} atoms that the second line promises, expected {expected} coordinates, as many velocities or none, and 3 or 6 numbers of a box or none; the file is cut or was edited by hand"
    )]
    Length {
        /// The file.
        file: String,
        /// Last line.
        line: usize,
        /// Atoms by the second line.
        atoms: usize,
        /// Numbers found.
        got: usize,
        /// Coordinates expected.
        expected: usize,
    },
    /// Not a NetCDF restart.
    #[error(
        "{file}: {fault}; cpptraj writes a text in its place (`parm X.prmtop`, `trajin FILE`, `trajout X.rst7`)"
    )]
    Netcdf {
        /// The file.
        file: String,
        /// What is wrong.
        fault: String,
    },
    /// Another molecule than that of the prmtop.
    #[error(
        "{file} has {got} atoms, but the prmtop has {expected}: the two files belong to different molecules, or solvent was stripped from one only"
    )]
    AtomCount {
        /// The file.
        file: String,
        /// Atoms of the coordinate file.
        got: usize,
        /// Atoms of the prmtop.
        expected: usize,
    },
    /// A molecule cut by a periodic box, or atoms in another order.
    #[error(
        "{file}: the bond of {first} and {second} is {length_nm:.3} nm long: either a periodic box cuts the molecule (cpptraj: `autoimage`, or `unwrap`) or the prmtop has another order of atoms"
    )]
    BrokenBond {
        /// The file.
        file: String,
        /// An atom.
        first: String,
        /// The atom bonded to it.
        second: String,
        /// Their distance in nm.
        length_nm: f64,
    },
}
