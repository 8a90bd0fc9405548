//! The expressions of OpenMM's custom forces, `k*(r-r0)^2; r0=0.1`: text to numbers.

mod formula;
mod node;
mod parse;
mod table;
mod token;

pub(super) use formula::Expression;
pub(super) use parse::Names;
pub(super) use table::Table;
