//! A checkpoint: all that the rest of a run depends on, in one file that is replaced whole or not at all.
//!
//! Layout: 8 bytes `SALTUSCK`, format version (u64), length of the content (u64), content (postcard), BLAKE3 hash of all before.

use crate::files;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::record::{Checkpoint, RunIdentity};

const MAGIC: &[u8; 8] = b"SALTUSCK";
const VERSION: u64 = 2;
const HEAD_BYTES: usize = 24;
const HASH_BYTES: usize = blake3::OUT_LEN;

/// A checkpoint could not be written or used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
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
    /// Another kind of file.
    #[error(
        "{path} is not a checkpoint of saltus: it starts with `{got}`, expected `SALTUSCK`; start the run again with --force"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Its first bytes, printable.
        got: String,
    },
    /// Written by a program with another format.
    #[error(
        "{path} has checkpoint format {got}, expected {expected}; resume with the version of saltus that wrote it"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Format of the file.
        got: u64,
        /// Format of this program.
        expected: u64,
    },
    /// The end is missing.
    #[error(
        "{path} is truncated: {got} bytes, expected {expected}; copy it again, or start the run again with --force"
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes found.
        got: u64,
        /// Bytes recorded.
        expected: u64,
    },
    /// The bytes are not those that were written.
    #[error(
        "{path} is corrupt: its checksum does not match its content; restore it from a copy, or start the run again with --force"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
    },
    /// The checkpoint belongs to another run.
    #[error(
        "{path} belongs to another run: {what} differs: the checkpoint has {got}, the input has {expected}; resume with the same, or start again with --force"
    )]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// What differs.
        what: String,
        /// In the checkpoint.
        got: String,
        /// Now.
        expected: String,
    },
}

impl Checkpoint {
    /// Replaces `path`: written beside it, synced, renamed, directory synced. A crash leaves the old or the new file.
    ///
    /// # Errors
    /// [`CheckpointError::Io`]; the old checkpoint is then still there.
    pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
        files::replace(path, &self.to_bytes()).map_err(io_error("write", path))
    }

    /// Reads a checkpoint and verifies its checksum.
    ///
    /// # Errors
    /// Every fault has its own variant of [`CheckpointError`].
    pub fn load(path: &Path) -> Result<Self, CheckpointError> {
        let bytes = fs::read(path).map_err(io_error("read", path))?;
        Self::from_bytes(&bytes, path)
    }

    /// Reads the content of a checkpoint file and verifies its checksum; `path` is for messages.
    ///
    /// # Errors
    /// As [`Checkpoint::load`].
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, CheckpointError> {
        let path = path.to_path_buf();
        if !bytes.starts_with(MAGIC) {
            let got = bytes[..bytes.len().min(16)].escape_ascii().to_string();
            return Err(CheckpointError::Foreign { path, got });
        }
        let truncated = |expected: usize| CheckpointError::Truncated {
            path: path.clone(),
            got: bytes.len() as u64,
            expected: expected as u64,
        };
        let (Some(version), Some(length)) = (u64_at(bytes, 8), u64_at(bytes, 16)) else {
            return Err(truncated(HEAD_BYTES + HASH_BYTES));
        };
        if version != VERSION {
            return Err(CheckpointError::Version {
                path,
                got: version,
                expected: VERSION,
            });
        }
        let hashed = HEAD_BYTES.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
        let end = hashed.saturating_add(HASH_BYTES);
        if bytes.len() < end {
            return Err(truncated(end));
        }
        if bytes.len() > end || blake3::hash(&bytes[..hashed]).as_bytes()[..] != bytes[hashed..] {
            return Err(CheckpointError::Corrupt { path });
        }
        match postcard::take_from_bytes(&bytes[HEAD_BYTES..hashed]) {
            Ok((checkpoint, [])) => Ok(checkpoint),
            _ => Err(CheckpointError::Corrupt { path }),
        }
    }

    /// The content of a checkpoint file: magic (8 bytes), version and length (u64, little endian), content, BLAKE3 hash of all before.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let content = postcard::to_stdvec(self)
            .expect("invariant: a checkpoint has nothing that cannot be encoded");
        let mut bytes = Vec::with_capacity(HEAD_BYTES + content.len() + HASH_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&content);
        let hash = blake3::hash(&bytes);
        bytes.extend_from_slice(hash.as_bytes());
        bytes
    }

    /// Whether this checkpoint belongs to the run that wants to continue. `path` is for the message.
    ///
    /// # Errors
    /// [`CheckpointError::Mismatch`] naming the first difference.
    pub fn verify(&self, expected: &RunIdentity, path: &Path) -> Result<(), CheckpointError> {
        let mismatch = |what: String, got: &str, expected: &str| CheckpointError::Mismatch {
            path: path.to_path_buf(),
            what,
            got: got.to_owned(),
            expected: expected.to_owned(),
        };
        if let Some((line, got, now)) = first_difference(&self.identity.input, &expected.input) {
            return Err(mismatch(format!("line {line} of the input"), &got, &now));
        }
        let identity = &self.identity;
        if identity.system_blake3 != expected.system_blake3 {
            return Err(mismatch(
                "the system (atoms or force field; a file that the input names has changed)"
                    .to_owned(),
                &format!("hash {}", short(&identity.system_blake3)),
                &format!("hash {}", short(&expected.system_blake3)),
            ));
        }
        if identity.device != expected.device {
            return Err(mismatch(
                "the device".to_owned(),
                &format!("`{}`", identity.device),
                &format!("`{}`", expected.device),
            ));
        }
        Ok(())
    }
}

fn io_error(
    action: &'static str,
    path: &Path,
) -> impl FnOnce(io::Error) -> CheckpointError + use<> {
    let path = path.to_path_buf();
    move |source| CheckpointError::Io {
        action,
        path,
        source,
    }
}

fn u64_at(bytes: &[u8], start: usize) -> Option<u64> {
    let bytes = bytes.get(start..start + 8)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// First line (from 1) in which two texts differ, and both versions of it.
fn first_difference(got: &str, expected: &str) -> Option<(usize, String, String)> {
    if got == expected {
        return None;
    }
    let (mut got, mut expected) = (got.lines(), expected.lines());
    let quoted = |line: Option<&str>| match line {
        Some(line) => format!("`{}`", line.trim()),
        None => "no such line".to_owned(),
    };
    let mut line = 1;
    loop {
        match (got.next(), expected.next()) {
            (Some(left), Some(right)) if left == right => line += 1,
            (None, None) => return Some((line, "another line end".into(), "this one".into())),
            (left, right) => return Some((line, quoted(left), quoted(right))),
        }
    }
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}
