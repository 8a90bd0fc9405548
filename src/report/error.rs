//! What can go wrong when a report is drawn or written.

use std::io;
use std::path::PathBuf;

/// A figure or page could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The plotting library failed.
    #[error(
        "cannot draw the figure `{figure}`: {detail}; leave out frames with extreme values, or report this"
    )]
    Drawing {
        /// Name of the figure.
        figure: String,
        /// Its words.
        detail: String,
    },
    /// The operating system refused.
    #[error(
        "cannot write {path}: {source}; free some space or choose a folder that you may write to"
    )]
    Io {
        /// The file.
        path: PathBuf,
        /// Its reason.
        source: io::Error,
    },
}
