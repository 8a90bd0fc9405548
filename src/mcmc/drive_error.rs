//! Why a run of kernels failed.

use super::kernel::KernelError;
use std::error::Error;

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// A kernel could not go on.
    #[error("kernel `{name}`: {source}")]
    Kernel {
        /// The kernel.
        name: String,
        /// Its reason.
        source: KernelError,
    },
    /// The observer failed, for example to write a frame.
    #[error("{0}")]
    Observer(Box<dyn Error + Send + Sync>),
}

/// The failure of the kernel of this name.
pub(super) fn failure_of(name: &str) -> impl FnOnce(KernelError) -> DriveError + use<> {
    let name = name.to_owned();
    move |source| DriveError::Kernel { name, source }
}
