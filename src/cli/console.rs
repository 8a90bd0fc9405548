//! Printing: results to stdout, everything else to stderr.

use std::io::{ErrorKind, Write};

use serde::Serialize;

use super::CliResult;
use super::error::{Blame, CliError};

/// Writes a result to stdout. A reader that left early (`| head`) is no error.
pub(crate) fn print(text: &str) -> CliResult {
    let mut stdout = std::io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::run(format!(
            "cannot write to standard output: {error}"
        ))),
        _ => Ok(()),
    }
}

/// Writes one JSON object and a line end to stdout. Numbers that are not finite become `null`.
pub(crate) fn print_json(value: &impl Serialize) -> CliResult {
    let text = serde_json::to_string(value).blame_run()?;
    print(&format!("{text}\n"))
}

/// Writes a line of progress or summary to stderr; a closed stderr is no reason to stop.
pub(crate) fn note(text: &str) {
    let _ignored = writeln!(std::io::stderr().lock(), "{text}");
}

/// Writes all messages of an error to stderr.
pub(crate) fn report(error: &CliError) {
    for message in error.messages() {
        note(&format!("error: {message}"));
    }
}
