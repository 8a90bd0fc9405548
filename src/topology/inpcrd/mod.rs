//! AMBER's coordinate files (inpcrd, rst7, restrt, ncrst): positions for a topology that a prmtop has.

mod error;
mod netcdf;
mod text;

use std::path::Path;

pub use error::InpcrdError;

use super::chirality::mirrored_residues;
use super::{Molecule, Topology};

/// What a coordinate file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Coordinates {
    /// Positions in nm, `[n_atoms][3]`.
    pub positions: Vec<[f64; 3]>,
    /// Whether the file has velocities too, which nothing here uses.
    pub has_velocities: bool,
    /// Whether the file has a periodic box, which nothing here uses.
    pub has_box: bool,
}

/// No covalent bond is longer, in nm: a longer one goes through the wall of a periodic box.
const LONGEST_BOND_NM: f64 = 0.5;

/// Reads a coordinate file, text or classic NetCDF.
///
/// # Errors
/// [`InpcrdError`] with the line of a text: cut, not numbers, not of this format.
pub fn read(path: &Path) -> Result<Coordinates, InpcrdError> {
    let file = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| InpcrdError::Unreadable {
        file: file.clone(),
        reason: error.to_string(),
    })?;
    from_bytes(&bytes, &file)
}

/// The same from the content of a file; `file` is for messages.
///
/// # Errors
/// As [`read`].
pub fn from_bytes(bytes: &[u8], file: &str) -> Result<Coordinates, InpcrdError> {
    if bytes.starts_with(b"CDF") {
        netcdf::parse(bytes, file)
    } else if bytes.starts_with(b"\x89HDF") {
        Err(InpcrdError::Netcdf {
            file: file.to_owned(),
            fault: "it is NetCDF 4 (HDF5), expected classic NetCDF as AMBER writes restarts"
                .to_owned(),
        })
    } else {
        text::parse(&String::from_utf8_lossy(bytes), file)
    }
}

/// A topology with the positions of a file.
///
/// # Errors
/// As [`read`]; another number of atoms, a bond that no bond is as long as.
pub fn read_molecule(topology: &Topology, path: &Path) -> Result<Molecule, InpcrdError> {
    let Coordinates { positions, .. } = read(path)?;
    let file = path.display().to_string();
    if positions.len() != topology.n_atoms() {
        return Err(InpcrdError::AtomCount {
            file,
            got: positions.len(),
            expected: topology.n_atoms(),
        });
    }
    let length = |&[i, j]: &[usize; 2]| {
        let squares = (0..3).map(|axis| (positions[i][axis] - positions[j][axis]).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let mut bonds = topology.bonds.iter();
    if let Some(bond) = bonds.find(|bond| length(bond) > LONGEST_BOND_NM) {
        return Err(InpcrdError::BrokenBond {
            file,
            first: topology.label(bond[0]),
            second: topology.label(bond[1]),
            length_nm: length(bond),
        });
    }
    let mut topology = topology.clone();
    topology.mirrored_residues = mirrored_residues(&topology, &positions);
    Ok(Molecule {
        topology,
        positions,
    })
}

/// Coordinates from the text of a file; `file` is for messages.
///
/// # Errors
/// [`InpcrdError`] with the line.
pub fn parse(text: &str, file: &str) -> Result<Coordinates, InpcrdError> {
    text::parse(text, file)
}
