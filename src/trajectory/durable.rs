//! A store whose disk space is secured before HDF5 writes.
//!
//! HDF5 cannot take back half a write, so a full disk in the midst of one would tear the file. Zeros are therefore
//! written behind the file's end first, through a handle of our own: if there is no room, HDF5 has not been touched.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::error::TrajectoryError;
use super::store::Store;

/// For what HDF5 allocates beside the chunks: index nodes, headers.
const METADATA_BYTES: u64 = 128 * 1024;
const ZEROS: [u8; 16 * 1024] = [0; 16 * 1024];

/// An open trajectory file with room to grow.
#[derive(Debug)]
pub(crate) struct DurableStore {
    store: Option<Store>,
    disk: File,
    path: PathBuf,
}

impl DurableStore {
    /// A new file; an existing one is emptied.
    pub(crate) fn create(path: &Path) -> Result<Self, TrajectoryError> {
        let disk = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)
            .map_err(TrajectoryError::io("create", path))?;
        let mut created = Self {
            store: None,
            disk,
            path: path.to_path_buf(),
        };
        created.reserve(0, 0)?;
        created.store = Some(Store::create(path)?);
        created.reserve(0, 0)?;
        Ok(created)
    }

    /// An existing file.
    pub(crate) fn open(path: &Path) -> Result<Self, TrajectoryError> {
        let disk = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(TrajectoryError::io("open", path))?;
        Ok(Self {
            store: Some(Store::open_write(path)?),
            disk,
            path: path.to_path_buf(),
        })
    }

    /// The store itself.
    pub(crate) fn store(&self) -> &Store {
        self.store
            .as_ref()
            .expect("invariant: open until closed or abandoned")
    }

    /// Makes sure that `data_bytes` more, and HDF5's own records of them, fit on the disk.
    pub(crate) fn reserve(
        &mut self,
        data_bytes: u64,
        n_frames_on_disk: usize,
    ) -> Result<(), TrajectoryError> {
        // Deflate can lengthen incompressible data a little.
        let needed_bytes = data_bytes + data_bytes / 64 + METADATA_BYTES;
        let end = self.store.as_ref().map_or(0, Store::size) + needed_bytes;
        self.extend_with_zeros(end)
            .map_err(|source| TrajectoryError::DiskFull {
                path: self.path.clone(),
                needed_bytes,
                n_frames_on_disk,
                source,
            })
    }

    fn extend_with_zeros(&mut self, end: u64) -> io::Result<()> {
        let mut position = self.disk.seek(SeekFrom::End(0))?;
        while position < end {
            let n = ZEROS
                .len()
                .min(usize::try_from(end - position).unwrap_or(usize::MAX));
            self.disk.write_all(&ZEROS[..n])?;
            position += n as u64;
        }
        Ok(())
    }

    /// Flushes, gives the reserve back and closes.
    pub(crate) fn close(mut self) -> Result<(), TrajectoryError> {
        self.close_store()
    }

    fn close_store(&mut self) -> Result<(), TrajectoryError> {
        let Some(store) = self.store.take() else {
            return Ok(());
        };
        if let Err(error) = store.flush() {
            store.abandon();
            return Err(error);
        }
        let trimmed = self.disk.set_len(store.size());
        store.close()?;
        trimmed.map_err(TrajectoryError::io("shorten", &self.path))
    }

    /// Leaves the file as it was at the last flush; for a store that failed halfway.
    pub(crate) fn abandon(mut self) {
        if let Some(store) = self.store.take() {
            store.abandon();
        }
    }
}

impl Drop for DurableStore {
    fn drop(&mut self) {
        if let Err(error) = self.close_store() {
            log::warn!("{error}");
        }
    }
}
