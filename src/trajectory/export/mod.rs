//! Trajectories for tools without HDF5: PDB, DCD, XTC. One file a format; reads in blocks, so memory stays constant.

mod dcd;
mod pdb;
mod xtc;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::{Reader, TrajectoryError};
use crate::topology::Topology;

/// Frames held in memory at a time.
const BLOCK: usize = 256;

/// Writes one PDB model of a topology at positions in nm.
pub type WriteModel<'a> = dyn FnMut(&mut dyn Write, &Topology, &[[f64; 3]]) -> io::Result<()> + 'a;

/// File formats to export to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Multi-model PDB.
    Pdb,
    /// CHARMM/NAMD DCD, f32 angstroms.
    Dcd,
    /// GROMACS XTC, compressed to 0.001 nm.
    Xtc,
}

impl ExportFormat {
    /// Format of a file name's ending.
    ///
    /// # Errors
    /// [`TrajectoryError::ExportFormat`] for any other than `.pdb`, `.dcd`, `.xtc`.
    pub fn from_path(path: &Path) -> Result<Self, TrajectoryError> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("pdb") => Ok(Self::Pdb),
            Some("dcd") => Ok(Self::Dcd),
            Some("xtc") => Ok(Self::Xtc),
            _ => Err(TrajectoryError::ExportFormat {
                path: path.to_path_buf(),
            }),
        }
    }
}

/// Writes all frames of a trajectory to `path` and returns their number. `write_model` serves the PDB format.
///
/// # Errors
/// [`TrajectoryError::Exists`] unless `overwrite`; a fault of the trajectory or of the disk.
pub fn export(
    reader: &Reader,
    path: &Path,
    overwrite: bool,
    write_model: &mut WriteModel,
) -> Result<usize, TrajectoryError> {
    let format = ExportFormat::from_path(path)?;
    if path.exists() && !overwrite {
        return Err(TrajectoryError::Exists {
            path: path.to_path_buf(),
        });
    }
    let file = File::create(path).map_err(TrajectoryError::io("create", path))?;
    let mut out = BufWriter::new(file);
    let failed = || TrajectoryError::io("write", path);
    if format == ExportFormat::Dcd {
        let steps = reader.read_steps(0..reader.n_frames().min(2))?;
        let times = reader.read_times_ps(0..reader.n_frames().min(2))?;
        dcd::write_header(
            &mut out,
            reader.n_frames(),
            reader.n_atoms(),
            &steps,
            &times,
        )
        .map_err(failed())?;
    }
    let mut models = pdb::Models::new(write_model);
    for block in reader.blocks(BLOCK) {
        for frame in block? {
            match format {
                ExportFormat::Pdb => models.write(&mut out, reader.topology(), &frame.positions),
                ExportFormat::Dcd => dcd::write_frame(&mut out, &frame.positions),
                ExportFormat::Xtc => xtc::write_frame(&mut out, &frame),
            }
            .map_err(failed())?;
        }
    }
    if format == ExportFormat::Pdb {
        models.finish(&mut out).map_err(failed())?;
    }
    out.flush().map_err(failed())?;
    Ok(reader.n_frames())
}
