//! Printing: results to stdout, everything else to stderr.

use std::collections::HashSet;
use std::io::{ErrorKind, Write};
use std::sync::Mutex;

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

/// Starts the log on stderr: warnings, and more of it for each `-v`.
pub(super) fn start_log(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let printed =
        env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(level))
            .format_timestamp(None)
            .format_target(false)
            .build();
    log::set_max_level(printed.filter());
    let said = Mutex::default();
    log::set_boxed_logger(Box::new(Log { printed, said })).expect("one log a process");
}

/// A log that gives each warning once: `sample` and `bench` read the same molecule more than once.
struct Log {
    printed: env_logger::Logger,
    said: Mutex<HashSet<String>>,
}

impl log::Log for Log {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        self.printed.enabled(metadata)
    }

    fn log(&self, record: &log::Record<'_>) {
        let is_new = |text: String| self.said.lock().is_ok_and(|mut said| said.insert(text));
        if self.printed.matches(record)
            && (record.level() != log::Level::Warn || is_new(record.args().to_string()))
        {
            self.printed.log(record);
        }
    }

    fn flush(&self) {
        self.printed.flush();
    }
}
