//! `saltus schema`: the JSON schema of the input file.

use super::config::Config;
use super::error::Blame;
use super::{CliResult, console};

/// Prints the schema, indented, to stdout.
pub(crate) fn schema() -> CliResult {
    let schema = schemars::schema_for!(Config);
    let text = serde_json::to_string_pretty(&schema).blame_run()?;
    console::print(&format!("{text}\n"))
}
