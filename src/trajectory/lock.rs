//! A lock on an output directory, so that two runs never write the same files. Does not look inside the files.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

const LOCK_FILE: &str = "saltus.lock";

/// An output directory could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process writes there.
    #[error(
        "{directory} is being written by process {pid} ({file} is locked); wait for it to end, or choose another output directory"
    )]
    Held {
        /// The directory.
        directory: PathBuf,
        /// Name of the lock file.
        file: &'static str,
        /// Process that holds the lock, as it wrote it.
        pid: String,
    },
    /// The operating system refused.
    #[error("cannot lock {path}: {source}; check that the directory exists and is writable")]
    Io {
        /// The lock file.
        path: PathBuf,
        /// Its reason.
        source: io::Error,
    },
}

/// Holds `saltus.lock` of a directory until it is dropped.
///
/// The operating system keeps the lock, so that of a killed process ends with it: a file left behind is stale and is
/// taken over. Where the file system knows no locks, a warning is logged and the directory is used unlocked.
#[derive(Debug)]
pub struct OutputLock {
    path: PathBuf,
    _file: File,
}

impl OutputLock {
    /// Locks a directory.
    ///
    /// # Errors
    /// [`LockError::Held`] when another process has it, [`LockError::Io`] when the file cannot be made.
    pub fn acquire(directory: &Path) -> Result<Self, LockError> {
        let path = directory.join(LOCK_FILE);
        loop {
            let mut file = open(&path).map_err(|source| failed(&path, source))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(held(directory, &mut file)),
                Err(TryLockError::Error(error)) => {
                    log::warn!("{} is not locked: {error}", directory.display());
                }
            }
            // The former holder may have removed the file between our opening and locking it.
            if is_same_file(&file, &path) {
                write_pid(&mut file).map_err(|source| failed(&path, source))?;
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for OutputLock {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            log::debug!("{} stays behind: {error}", self.path.display());
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn failed(path: &Path, source: io::Error) -> LockError {
    LockError::Io {
        path: path.to_path_buf(),
        source,
    }
}

fn held(directory: &Path, file: &mut File) -> LockError {
    let mut pid = String::new();
    if file.read_to_string(&mut pid).is_err() || pid.trim().is_empty() {
        pid = "(unknown)".to_owned();
    }
    LockError::Held {
        directory: directory.to_path_buf(),
        file: LOCK_FILE,
        pid: pid.trim().to_owned(),
    }
}

#[cfg(unix)]
fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(named)) => open.ino() == named.ino() && open.dev() == named.dev(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_same_file(_file: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_locked_once_and_freed() {
        let directory = tempfile::tempdir().unwrap();
        let lock = OutputLock::acquire(directory.path()).unwrap();
        let message = OutputLock::acquire(directory.path())
            .unwrap_err()
            .to_string();
        assert!(
            message.contains(&std::process::id().to_string()),
            "{message}"
        );
        drop(lock);
        assert!(!directory.path().join(LOCK_FILE).exists());
        OutputLock::acquire(directory.path()).unwrap();
    }

    #[test]
    fn a_stale_file_is_taken_over() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(LOCK_FILE), "1\n").unwrap();
        let _lock = OutputLock::acquire(directory.path()).unwrap();
        let pid = fs::read_to_string(directory.path().join(LOCK_FILE)).unwrap();
        assert_eq!(pid.trim(), std::process::id().to_string());
    }

    #[test]
    fn a_missing_directory_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing");
        assert!(matches!(
            OutputLock::acquire(&missing),
            Err(LockError::Io { .. })
        ));
    }
}
