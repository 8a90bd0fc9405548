//! Trajectories for tools without HDF5: PDB, DCD, XTC. One file a format; reads in blocks, so memory stays constant.

mod dcd;
mod pdb;
mod xtc;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::Path;

use super::error::TrajectoryError;
use super::reader::Reader;
use crate::integrator::whole_nanometres;
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

/// What was exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Frames written.
    pub n_frames: usize,
    /// How many of them were moved to the origin, because the format has no room for coordinates where they were.
    pub n_moved: usize,
}

/// Writes every `stride`-th frame of a trajectory, the first included, to `path`.
/// `write_model` serves the PDB format.
///
/// A frame too far away for the format, or for its digits to tell bond lengths, is moved to the origin by whole nanometres.
///
/// # Errors
/// [`TrajectoryError::Exists`] unless `overwrite`; a fault of the trajectory or of the disk.
pub fn export(
    reader: &Reader,
    path: &Path,
    stride: NonZeroUsize,
    overwrite: bool,
    write_model: &mut WriteModel,
) -> Result<Exported, TrajectoryError> {
    let format = ExportFormat::from_path(path)?;
    if path.exists() && !overwrite {
        return Err(TrajectoryError::Exists {
            path: path.to_path_buf(),
        });
    }
    let file = File::create(path).map_err(TrajectoryError::io("create", path))?;
    let mut out = BufWriter::new(file);
    let failed = || TrajectoryError::io("write", path);
    let n_frames = reader.n_frames().div_ceil(stride.get());
    if format == ExportFormat::Dcd {
        let two = 0..reader.n_frames().min(stride.get() + 1);
        let steps: Vec<u64> = strided(reader.read_steps(two.clone())?, stride);
        let times: Vec<f64> = strided(reader.read_times_ps(two)?, stride);
        dcd::write_header(&mut out, n_frames, reader.n_atoms(), &steps, &times).map_err(failed())?;
    }
    let mut models = pdb::Models::new(write_model);
    let (mut frame_index, mut n_moved) = (0, 0);
    for block in reader.blocks(BLOCK) {
        for mut frame in block? {
            frame_index += 1;
            if !(frame_index - 1_usize).is_multiple_of(stride.get()) {
                continue;
            }
            n_moved += usize::from(moved_home(&mut frame.positions));
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
    Ok(Exported { n_frames, n_moved })
}

/// Farthest from the origin, in nm, that frames are written as they are: a PDB file ends at -99.9 nm, and f32 angstroms
/// still tell 0.0001 nm apart.
const FARTHEST_NM: f32 = 90.0;

/// Moves a frame to the origin if it is too far from it; says whether it was.
fn moved_home(positions: &mut [f32]) -> bool {
    if positions.iter().all(|x| x.abs() <= FARTHEST_NM) {
        return false;
    }
    let wide: Vec<f64> = positions.iter().copied().map(f64::from).collect();
    let origin = whole_nanometres(&wide);
    for atom in positions.as_chunks_mut::<3>().0 {
        for axis in 0..3 {
            #[expect(clippy::cast_possible_truncation, reason = "back to what it was")]
            let moved = (f64::from(atom[axis]) - origin[axis]) as f32;
            atom[axis] = moved;
        }
    }
    origin != [0.0; 3]
}

fn strided<T>(values: Vec<T>, stride: NonZeroUsize) -> Vec<T> {
    values.into_iter().step_by(stride.get()).collect()
}
