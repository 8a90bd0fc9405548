//! What can go wrong with a trajectory file. Checkpoints and the directory lock have errors of their own.

use std::io;
use std::path::{Path, PathBuf};

/// A trajectory could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum TrajectoryError {
    /// The file to be written exists.
    #[error(
        "{path} exists already; choose another output directory, continue it with --resume, or overwrite it with --force"
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Its reason.
        source: io::Error,
    },
    /// No room for the next frames; what was written before is intact and closed properly.
    #[error(
        "no room for {needed_bytes} more bytes in {path} ({source}); its first {n_frames_on_disk} frames are safe: free some space"
    )]
    DiskFull {
        /// The file.
        path: PathBuf,
        /// Bytes that the next chunk may take.
        needed_bytes: u64,
        /// Frames that the file holds.
        n_frames_on_disk: usize,
        /// The system's reason.
        source: io::Error,
    },
    /// Not an HDF5 file at all.
    #[error(
        "{path} is not an HDF5 file: it starts with {got}, expected the HDF5 signature; give a trajectory_*.h5 written by saltus, or any MDTraj HDF5 or H5MD file"
    )]
    NotHdf5 {
        /// The file.
        path: PathBuf,
        /// Its first bytes, printable.
        got: String,
    },
    /// An HDF5 file that lost its end.
    #[error(
        "{path} is truncated: its header promises {expected_bytes} bytes, it has {got_bytes}; copy it again, or continue its run from the checkpoint"
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Size that the superblock records.
        expected_bytes: u64,
        /// Size on disk.
        got_bytes: u64,
    },
    /// HDF5 without a trajectory in it.
    #[error(
        "{path} is HDF5 but holds no trajectory: it has neither `/coordinates` (MDTraj) nor `/particles/*/position/value` (H5MD), only [{got}]"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Names at its root.
        got: String,
    },
    /// A trajectory that does not say what its atoms are.
    #[error(
        "{path} has no `/topology`, so its atoms are unknown; add one with MDTraj (`mdtraj.load(file, top=pdb).save_hdf5(new)`) or give a PDB or mmCIF file beside it"
    )]
    NoTopology {
        /// The file.
        path: PathBuf,
    },
    /// A topology that makes no sense.
    #[error(
        "{path}: `/topology` cannot be used: {detail}; write the file again with MDTraj or saltus"
    )]
    BadTopology {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A unit that is missing or unknown.
    #[error("{path}: `{dataset}` is in {got}, expected {expected}; correct its `units` attribute")]
    Unit {
        /// The file.
        path: PathBuf,
        /// Dataset.
        dataset: String,
        /// Unit found.
        got: String,
        /// Units understood.
        expected: &'static str,
    },
    /// A dataset of the wrong shape.
    #[error(
        "{path}: `{dataset}` has shape {got}, expected {expected}; the file is damaged or not a trajectory"
    )]
    Shape {
        /// The file.
        path: PathBuf,
        /// Dataset.
        dataset: String,
        /// Shape found.
        got: String,
        /// Shape needed.
        expected: String,
    },
    /// A frame that does not fit the file.
    #[error(
        "a frame for {path} has {got} {what}, expected {expected}; write it to a trajectory of its own"
    )]
    Frame {
        /// The file.
        path: PathBuf,
        /// What was counted.
        what: &'static str,
        /// Number in the frame.
        got: usize,
        /// Number in the file.
        expected: usize,
    },
    /// Frames beyond the end.
    #[error("{path} holds {n_frames} frames; frames {start} to {end} were asked for")]
    OutOfRange {
        /// The file.
        path: PathBuf,
        /// First frame asked for.
        start: usize,
        /// One past the last.
        end: usize,
        /// Frames in the file.
        n_frames: usize,
    },
    /// The file lost frames that the checkpoint counts on.
    #[error(
        "{path} holds {got} frames, the checkpoint counts on {expected}: they are not of the same run; restore the file or start again with --force"
    )]
    Resume {
        /// The file.
        path: PathBuf,
        /// Frames in the file.
        got: usize,
        /// Frames that the checkpoint recorded.
        expected: usize,
    },
    /// HDF5 failed where nothing of the above explains it.
    #[error(
        "{path}: HDF5 could not {action} `{object}`: {detail}; the file is damaged, or its disk failing: restore it from a copy or continue its run from the checkpoint"
    )]
    Storage {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Object inside the file.
        object: String,
        /// HDF5's own words.
        detail: String,
    },
    /// A file name whose ending names no format.
    #[error("{path} ends in none of .pdb, .dcd, .xtc; rename the file to be exported")]
    ExportFormat {
        /// The file.
        path: PathBuf,
    },
}

impl TrajectoryError {
    /// Wraps an error of the operating system.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
