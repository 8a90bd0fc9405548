//! `saltus bench` for a host program.

use std::path::PathBuf;

use super::input::Input;
use crate::cli::bench::{BenchArguments, bench_hosted};
use crate::cli::error::CliError;

/// What `saltus bench` takes beside its input.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchOptions {
    /// `--seconds`.
    pub seconds: f64,
    /// `--md-seconds`.
    pub md_seconds: Option<f64>,
    /// `--chains`.
    pub chains: usize,
    /// `--samplers`; none for all.
    pub samplers: Vec<String>,
    /// `--device`.
    pub device: Option<String>,
    /// `--output`.
    pub output: Option<PathBuf>,
}

/// Compares samplers; the JSON object of `saltus bench --json`, and its table.
///
/// `tell` hears in a line what begins, and answers whether it may.
///
/// # Errors
/// As those of `saltus bench`.
pub fn bench(
    input: &Input,
    options: BenchOptions,
    tell: &mut dyn FnMut(&str) -> bool,
) -> Result<(String, String), CliError> {
    let arguments = BenchArguments::hosted(options);
    let loaded = input.load(arguments.overrides())?;
    bench_hosted(&arguments, loaded, tell)
}
