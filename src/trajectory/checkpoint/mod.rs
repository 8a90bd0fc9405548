//! All that the rest of a run depends on, in one file that is replaced whole or not at all.

pub(super) mod file;
pub(super) mod record;
