//! Helpers that several test files share. No tests of its own.

pub(crate) mod openmm_reference;
pub(crate) mod plain_energy;
