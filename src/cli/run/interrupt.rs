//! Ctrl-C and termination: the first asks the run to stop after its cycle, one that comes later ends the process.
//!
//! Signals come in twos: `timeout` and batch systems send SIGTERM to a process and to its group, a closing terminal sends
//! SIGHUP and SIGCONT, two keys are pressed. What comes within a second of the first is the same wish once more.
//! SIGUSR1, by which batch systems warn that a job's time is nearly over, asks to stop and never aborts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::cli::console::note;

/// Exit code of a process ended by a later signal, as shells number SIGINT.
const ABORTED: i32 = 130;

/// How long after the first signal others mean the same.
const SAME_WISH: Duration = Duration::from_secs(1);

/// Whether the user asked to stop, or the time that the run was given is over.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt {
    signal: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl Interrupt {
    /// Listens for SIGINT, SIGTERM, SIGHUP and SIGUSR1 from here on.
    pub(crate) fn listen() -> Self {
        Self::listen_and_say("stopping after this cycle, with a checkpoint")
    }

    /// As [`Self::listen`]; answers a first signal with these words.
    pub(crate) fn listen_and_say(answer: &'static str) -> Self {
        let interrupt = Self::default();
        let asked = Arc::clone(&interrupt.signal);
        let mut first: Option<Instant> = None;
        let handler = move || match first {
            None => {
                first = Some(Instant::now());
                asked.store(true, Ordering::SeqCst);
                note(&format!(
                    "{answer}; once more, a second from now or later, to abort at once"
                ));
            }
            Some(first) if first.elapsed() >= SAME_WISH => std::process::exit(ABORTED),
            Some(_) => {}
        };
        if let Err(error) = ctrlc::set_handler(handler) {
            log::warn!("Ctrl-C will end the run without a checkpoint: {error}");
        }
        #[cfg(unix)]
        if let Err(error) =
            signal_hook::flag::register(signal_hook::consts::SIGUSR1, Arc::clone(&interrupt.signal))
        {
            log::warn!("SIGUSR1 will end the run without a checkpoint: {error}");
        }
        interrupt
    }

    /// Asks to stop, in place of a signal.
    pub(crate) fn ask(&self) {
        self.signal.store(true, Ordering::SeqCst);
    }

    /// The same with an end; the earlier of two counts.
    pub(crate) fn at_latest(mut self, deadline: Option<Instant>) -> Self {
        self.deadline = [self.deadline, deadline].into_iter().flatten().min();
        self
    }

    /// Whether a signal came or the time is over.
    pub(crate) fn asked(&self) -> bool {
        self.by_signal() || self.is_late()
    }

    /// Whether a signal came.
    pub(crate) fn by_signal(&self) -> bool {
        self.signal.load(Ordering::SeqCst)
    }

    /// Whether the time is over.
    pub(crate) fn is_late(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| Instant::now() >= deadline)
    }
}
