//! A file that any program can open at any moment, however the writer ends: two copies, of which only the unpublished one is ever
//! written.
//!
//! HDF5 changes a file in place, in many writes; a kill between two of them can leave it unreadable. So the writer works
//! on `NAME.next`, closes it, and exchanges the two names. The copy that was public until then becomes the next one, and
//! catches up when it is written again. While a run lasts it takes twice the disk space.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::durable::DurableStore;
use super::error::TrajectoryError;
use super::store::Store;

/// Endings of the copy being written and of the one that waits while names are exchanged.
const NEXT: &str = ".next";
const HELD: &str = ".held";

/// Names of a file and of its unpublished copy.
#[derive(Debug)]
pub(crate) struct PublishedFile {
    path: PathBuf,
    next: PathBuf,
    held: PathBuf,
}

impl PublishedFile {
    /// The names; touches no file.
    pub(crate) fn at(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            next: with_ending(path, NEXT),
            held: with_ending(path, HELD),
        }
    }

    /// Whether `name` is one of the copies that a killed run leaves behind for a trajectory ending in `.h5`.
    pub(crate) fn is_left_over(name: &str) -> bool {
        [NEXT, HELD]
            .iter()
            .filter_map(|ending| name.strip_suffix(ending))
            .any(|name| name.ends_with(".h5"))
    }

    /// The file that others see.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// An empty store, still unpublished; a file of that name is an error or will be replaced.
    pub(crate) fn create(&self, overwrite: bool) -> Result<DurableStore, TrajectoryError> {
        match fs::metadata(&self.path) {
            Ok(found) if !overwrite || !found.is_file() => {
                return Err(TrajectoryError::Exists {
                    path: self.path.clone(),
                });
            }
            _ => self.discard(),
        }
        DurableStore::create(&self.next)
    }

    /// Puts back what a kill between two renamings took away, and removes copies of unknown state.
    pub(crate) fn recover(&self) -> Result<(), TrajectoryError> {
        if !self.path.exists() && self.held.exists() {
            rename(&self.held, &self.path)?;
        }
        self.discard();
        Ok(())
    }

    /// The unpublished copy, to be written: as it was left, or a new copy of the public one.
    pub(crate) fn begin(&self, n_frames_on_disk: usize) -> Result<DurableStore, TrajectoryError> {
        if self.next.exists() {
            // A reader of this process may still hold it; then it keeps it.
            if let Ok(store) = DurableStore::open(&self.next) {
                return Ok(store);
            }
            self.discard();
        }
        if let Err(source) = fs::copy(&self.path, &self.next) {
            let needed_bytes = fs::metadata(&self.path).map_or(0, |file| file.len());
            self.discard();
            return Err(match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::FileTooLarge => {
                    TrajectoryError::DiskFull {
                        path: self.path.clone(),
                        needed_bytes,
                        n_frames_on_disk,
                        source,
                    }
                }
                _ => TrajectoryError::io("copy", &self.path)(source),
            });
        }
        DurableStore::open(&self.next)
    }

    /// Closes a store that [`PublishedFile::create`] or [`PublishedFile::begin`] opened and makes it the public one.
    pub(crate) fn publish(&self, store: DurableStore) -> Result<(), TrajectoryError> {
        store.close()?;
        if !self.path.exists() {
            return rename(&self.next, &self.path);
        }
        if fs::hard_link(&self.path, &self.held).is_err() {
            // A file system without hard links: the name is missing for a moment, which `recover` puts right.
            rename(&self.path, &self.held)?;
        }
        rename(&self.next, &self.path)?;
        rename(&self.held, &self.next)
    }

    /// As [`PublishedFile::publish`], and keeps no copy of what was public before.
    pub(crate) fn replace(&self, store: DurableStore) -> Result<(), TrajectoryError> {
        store.close()?;
        rename(&self.next, &self.path)
    }

    /// Changes a finished file by way of a copy of it.
    pub(crate) fn edit(
        &self,
        change: impl FnOnce(&Store) -> Result<(), TrajectoryError>,
    ) -> Result<(), TrajectoryError> {
        self.discard();
        let file = self.begin(0)?;
        change(file.store())?;
        self.replace(file)
    }

    /// Waits until the public file and its name are on the disk.
    pub(crate) fn sync(&self) -> Result<(), TrajectoryError> {
        let failed = || TrajectoryError::io("sync", &self.path);
        let file = File::open(&self.path).map_err(failed())?;
        file.sync_all().map_err(failed())?;
        #[cfg(unix)]
        {
            let directory = self
                .path
                .parent()
                .filter(|path| !path.as_os_str().is_empty());
            let directory = File::open(directory.unwrap_or(Path::new("."))).map_err(failed())?;
            directory.sync_all().map_err(failed())?;
        }
        Ok(())
    }

    /// Removes the unpublished copies, if there are any.
    pub(crate) fn discard(&self) {
        for path in [&self.next, &self.held] {
            if let Err(error) = fs::remove_file(path)
                && error.kind() != io::ErrorKind::NotFound
            {
                log::warn!("cannot remove {}: {error}", path.display());
            }
        }
    }
}

impl Drop for PublishedFile {
    fn drop(&mut self) {
        self.discard();
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

fn rename(from: &Path, to: &Path) -> Result<(), TrajectoryError> {
    fs::rename(from, to).map_err(TrajectoryError::io("rename", from))
}
