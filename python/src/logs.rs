//! What the library logs goes to the Python logger `saltus`.

use std::sync::Once;

use log::{Level, LevelFilter, Log, Metadata, Record};
use pyo3::prelude::*;

struct PythonLog;

/// Level numbers of Python's `logging`.
fn number(level: Level) -> u8 {
    match level {
        Level::Error => 40,
        Level::Warn => 30,
        Level::Info => 20,
        Level::Debug | Level::Trace => 10,
    }
}

impl Log for PythonLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("saltus")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let message = record.args().to_string();
        Python::try_attach(|py| {
            let logger = py
                .import("logging")?
                .call_method1("getLogger", ("saltus",))?;
            // The message is no format: it goes in as an argument.
            let arguments = (number(record.level()), "%s", message);
            logger.call_method1("log", arguments).map(|_| ())
        });
    }

    fn flush(&self) {}
}

/// Takes the log over, once; the command line has a log of its own.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if log::set_logger(&PythonLog).is_ok() {
            log::set_max_level(LevelFilter::Info);
        }
    });
}
