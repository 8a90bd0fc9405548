//! Whether a proposal is exact: targets whose distribution is known, and checks that notice where a kernel changes it.
//!
//! [`check`] puts a proposal of anybody's through them. `tests/conformance` has a row for every kernel of this crate and shows by
//! planted errors that the checks notice what they are for: wrong signs, forgotten Jacobians, stale energies.

pub mod checks;
mod crystal;
pub mod molecules;
mod suite;
pub mod targets;
mod tethered;
pub mod toy_engine;

pub use crystal::Crystal;
pub use suite::{Effort, Maker, Outcome, Verdict, check};
