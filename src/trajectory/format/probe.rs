//! Looks at a file's first bytes to say what is wrong with it before HDF5 does.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::trajectory::error::TrajectoryError;

const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";
/// Where a superblock may lie: behind no user block, or behind one of these sizes.
const OFFSETS: [u64; 6] = [0, 512, 1024, 2048, 4096, 8192];
const N_BYTES: u64 = 64;

/// Whether a path is an HDF5 file of full length.
///
/// # Errors
/// [`TrajectoryError::NotHdf5`], [`TrajectoryError::Truncated`], or why it cannot be read.
pub(crate) fn check(path: &Path) -> Result<(), TrajectoryError> {
    let mut file = File::open(path).map_err(TrajectoryError::io("open", path))?;
    let failed = || TrajectoryError::io("read", path);
    let got_bytes = file.metadata().map_err(failed())?.len();
    let mut start = Vec::new();
    for offset in OFFSETS {
        file.seek(SeekFrom::Start(offset)).map_err(failed())?;
        let mut block = Vec::new();
        (&file)
            .take(N_BYTES)
            .read_to_end(&mut block)
            .map_err(failed())?;
        if block.starts_with(SIGNATURE) {
            let expected_bytes = end_of_file(&block).unwrap_or(N_BYTES);
            if got_bytes < expected_bytes {
                return Err(TrajectoryError::Truncated {
                    path: path.to_path_buf(),
                    expected_bytes,
                    got_bytes,
                });
            }
            return Ok(());
        }
        if offset == 0 {
            start = block;
        }
    }
    Err(TrajectoryError::NotHdf5 {
        path: path.to_path_buf(),
        got: describe(&start),
    })
}

/// End-of-file address of a superblock with 8-byte addresses, versions 0 to 3; `None` for any other or a cut one.
fn end_of_file(superblock: &[u8]) -> Option<u64> {
    let (size_at, end_at) = match superblock.get(8)? {
        0 => (13, 40),
        1 => (13, 44),
        2 | 3 => (9, 28),
        _ => return None,
    };
    if *superblock.get(size_at)? != 8 {
        return None;
    }
    let bytes = superblock.get(end_at..end_at + 8)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

fn describe(start: &[u8]) -> String {
    match start {
        [] => "nothing (it is empty)".to_owned(),
        _ => format!("`{}`", start[..start.len().min(16)].escape_ascii()),
    }
}
