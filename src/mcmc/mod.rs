//! Kernels, their composition and the chain driver. Never sees a network or a file.

mod kernel;

pub use kernel::{Chain, Kernel, KernelError, KernelStatistics, Observer};
