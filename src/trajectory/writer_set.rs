//! All trajectories of a run, one file a replica, in one directory. Each file is a matter of its writer.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::TrajectoryError;
use super::format::header::Header;
use super::published::PublishedFile;
use super::writer::{Writer, WriterProgress};
use crate::state::Frame;

/// Name of a replica's trajectory: `trajectory_0000.h5`.
#[must_use]
pub fn trajectory_name(replica: usize) -> String {
    format!("trajectory_{replica:04}.h5")
}

/// Writers of all replicas.
#[derive(Debug)]
pub struct WriterSet {
    writers: Vec<Writer>,
}

impl WriterSet {
    /// Starts a file for each temperature in K (`[n_replicas]`); `header` is that of all but for replica and temperature.
    ///
    /// Makes the directory. `topology_pdb` goes beside the trajectories as `topology.pdb`.
    ///
    /// # Errors
    /// [`TrajectoryError::Exists`] before anything is written if any of the files is there, unless `overwrite`.
    pub fn create(
        directory: &Path,
        header: &Header,
        temperatures_kelvin: &[f64],
        topology_pdb: &[u8],
        overwrite: bool,
    ) -> Result<Self, TrajectoryError> {
        fs::create_dir_all(directory)
            .map_err(TrajectoryError::io("create the directory", directory))?;
        let pdb = directory.join("topology.pdb");
        // All of them, not only those of the same names: replicas of a former, larger run must not be taken for this one's.
        for path in former_outputs(directory, &pdb)? {
            if !overwrite {
                return Err(TrajectoryError::Exists { path });
            }
            fs::remove_file(&path).map_err(TrajectoryError::io("remove", &path))?;
        }
        fs::write(&pdb, topology_pdb).map_err(TrajectoryError::io("write", &pdb))?;
        let start = |(replica, &temperature_kelvin): (usize, &f64)| {
            let header = Header {
                replica,
                temperature_kelvin,
                ..header.clone()
            };
            let path = directory.join(trajectory_name(replica));
            Writer::create(&path, &header, overwrite)
        };
        let writers = temperatures_kelvin.iter().enumerate().map(start);
        Ok(Self {
            writers: writers.collect::<Result<_, _>>()?,
        })
    }

    /// Goes on where a checkpoint left the files, see [`Writer::resume`].
    ///
    /// # Errors
    /// As for [`Writer::resume`].
    pub fn resume(
        directory: &Path,
        progress: Vec<WriterProgress>,
    ) -> Result<Self, TrajectoryError> {
        let go_on = |(replica, progress)| {
            let path = directory.join(trajectory_name(replica));
            Writer::resume(&path, progress)
        };
        let writers = progress.into_iter().enumerate().map(go_on);
        Ok(Self {
            writers: writers.collect::<Result<_, _>>()?,
        })
    }

    /// Number of replicas.
    #[must_use]
    pub fn n_replicas(&self) -> usize {
        self.writers.len()
    }

    /// The files, in the order of the replicas.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        let paths = self
            .writers
            .iter()
            .map(|writer| writer.path().to_path_buf());
        paths.collect()
    }

    /// Takes a frame of one replica.
    ///
    /// # Errors
    /// As for [`Writer::append`].
    pub fn append(&mut self, replica: usize, frame: Frame) -> Result<(), TrajectoryError> {
        self.writers[replica].append(frame)
    }

    /// Waits until all whole chunks are on the disk; call before [`WriterSet::progress`].
    ///
    /// # Errors
    /// As for [`Writer::flush`].
    pub fn flush(&mut self) -> Result<(), TrajectoryError> {
        self.writers.iter_mut().try_for_each(Writer::flush)
    }

    /// What a checkpoint must keep, in the order of the replicas.
    #[must_use]
    pub fn progress(&self) -> Vec<WriterProgress> {
        self.writers.iter().map(Writer::progress).collect()
    }

    /// Writes the partial chunks and closes all files; goes through all of them even when one fails.
    ///
    /// # Errors
    /// The first error.
    pub fn finish(self) -> Result<(), TrajectoryError> {
        let results: Vec<_> = self.writers.into_iter().map(Writer::finish).collect();
        results.into_iter().collect()
    }
}

/// Trajectories and topology that lie in a directory, sorted.
fn former_outputs(directory: &Path, pdb: &Path) -> Result<Vec<PathBuf>, TrajectoryError> {
    let failed = || TrajectoryError::io("list", directory);
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed())? {
        let path = entry.map_err(failed())?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if name.is_some_and(is_trajectory_file) || path == pdb {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
/// Whether a run writes files of that name: trajectories, and the second copies that a killed run leaves.
#[must_use]
pub fn is_trajectory_file(name: &str) -> bool {
    name.starts_with("trajectory_") && (name.ends_with(".h5") || PublishedFile::is_left_over(name))
}

#[cfg(test)]
mod tests {
    use super::is_trajectory_file;

    #[test]
    fn second_copies_of_a_killed_run_are_its_files_too() {
        for name in [
            "trajectory_0000.h5",
            "trajectory_0000.h5.next",
            "trajectory_0012.h5.held",
        ] {
            assert!(is_trajectory_file(name), "{name}");
        }
        for name in [
            "trajectory_0000.dcd",
            "other.h5",
            "notes.next",
            "trajectory_0000.h5.part",
        ] {
            assert!(!is_trajectory_file(name), "{name}");
        }
    }
}
