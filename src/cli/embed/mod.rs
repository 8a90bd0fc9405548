//! The subcommands as functions for a host program: values in, values out, nothing printed. The Python package is one such.
//!
//! They say what the command line says, in the same words: a [`CliError`] has the messages of the program.

mod analysis;
mod input;
mod molecule;
mod run;

pub use analysis::{Analysis, AnalysisOptions};
pub use input::Input;
pub use molecule::{Evaluator, build};
pub use run::{RunOptions, run};

pub use super::error::{CliError, Fault};
pub use super::run::progress::{RunProgress, Watcher};
