//! The subcommands as functions for a host program: values in, values out, nothing printed. The Python package is one such.
//!
//! They say what the command line says, in the same words: a [`CliError`] has the messages of the program.

mod analysis;
mod bench;
mod input;
mod molecule;
mod potential;
mod run;

pub use analysis::{Analysis, AnalysisOptions};
pub use bench::{BenchOptions, bench};
pub use input::Input;
pub use molecule::{Evaluator, build};
pub(crate) use potential::potentials;
pub use potential::{EngineMaker, Potentials, register_potentials};
pub use run::{RunOptions, run};

pub use super::error::{CliError, Fault};
pub use super::run::progress::{RunProgress, Watcher};
