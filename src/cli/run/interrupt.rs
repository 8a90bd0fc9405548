//! Ctrl-C and termination: the first asks the run to stop after its cycle, the second ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::console::note;

/// Exit code of a process ended by the second signal, as shells number SIGINT.
const ABORTED: i32 = 130;

/// Whether the user asked to stop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens for SIGINT, SIGTERM and SIGHUP from here on.
    pub(crate) fn listen() -> Self {
        Self::listen_and_say("stopping after this cycle, with a checkpoint")
    }

    /// As [`Self::listen`]; answers a first signal with these words.
    pub(crate) fn listen_and_say(answer: &'static str) -> Self {
        let interrupt = Self::default();
        let asked = Arc::clone(&interrupt.0);
        let handler = move || {
            if asked.swap(true, Ordering::SeqCst) {
                std::process::exit(ABORTED);
            }
            note(&format!("{answer}; once more to abort at once"));
        };
        if let Err(error) = ctrlc::set_handler(handler) {
            log::warn!("Ctrl-C will end the run without a checkpoint: {error}");
        }
        interrupt
    }

    /// Whether a signal came.
    pub(crate) fn asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
