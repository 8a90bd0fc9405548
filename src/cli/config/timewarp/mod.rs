//! The training of Timewarp models as an input file has it.

pub(super) mod schema;
pub(super) mod training;
