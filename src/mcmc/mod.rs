//! Kernels, their composition and the chain driver. Never sees a network or a file.

mod kernel;
mod langevin;
mod metropolis;
mod velocity_verlet;

pub use kernel::{Chain, Kernel, KernelError, KernelStatistics, Observer};
pub use langevin::LangevinKernel;
pub use metropolis::{MetropolisKernel, accept};
pub use velocity_verlet::VelocityVerletKernel;
