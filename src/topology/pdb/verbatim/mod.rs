//! Files of molecules with parameters of their own: every atom where the file has it, nothing added, renamed or known.

mod bonds;
mod read;

pub(super) use read::read;
