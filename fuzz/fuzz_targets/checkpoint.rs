//! Checkpoints: the file as it is, and its content behind a head and a checksum that are right, which damage would not pass.
#![no_main]

use std::path::Path;

use saltus::trajectory::Checkpoint;

/// Bytes of the magic word and the version.
const HEAD: usize = 16;

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    let path = Path::new("fuzzed");
    let _ = Checkpoint::from_bytes(content, path);
    let mut sealed = Checkpoint::default().to_bytes();
    sealed.truncate(HEAD);
    sealed.extend_from_slice(&(content.len() as u64).to_le_bytes());
    sealed.extend_from_slice(content);
    let hash = blake3::hash(&sealed);
    sealed.extend_from_slice(hash.as_bytes());
    if let Ok(checkpoint) = Checkpoint::from_bytes(&sealed, path) {
        let again = Checkpoint::from_bytes(&checkpoint.to_bytes(), path);
        assert!(again.is_ok(), "what was read is not read again");
    }
});
