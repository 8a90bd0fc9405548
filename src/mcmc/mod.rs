//! Kernels, their composition and the chain driver. Never sees a network or a file.

mod composition;
mod drive_error;
mod driver;
mod entry;
mod exploration;
mod kernel;
mod ladder;
mod langevin;
mod lookahead;
mod metropolis;
mod parts;
mod replica_exchange;
mod statistics;
mod velocity_verlet;
mod walkers;

pub use composition::{CompositionError, Mixture, Repeat, Sequence};
pub use drive_error::DriveError;
pub use driver::{Driven, Ending, SamplerWarning, Schedule, check_sampler, drive, run_cycle};
pub use entry::{
    EMPTY, Entry, HELP_MARK, KernelEntry, LangevinEntry, MixtureEntry, MixturePart, OutsideEntry,
    OutsideKind, SequenceEntry, VelocityVerletEntry, all_of, names as kernel_names, register,
};
pub use exploration::ExplorationKernel;
pub use kernel::{Chain, Kernel, KernelError, KernelPart, Observer};
pub use ladder::{Ladder, LadderError};
pub use langevin::LangevinKernel;
pub use lookahead::{Ahead, LookaheadKernel};
pub use metropolis::{MetropolisKernel, accept};
pub use replica_exchange::{PairStatistics, ReplicaExchange};
pub use statistics::{KernelReport, KernelStatistics};
pub use velocity_verlet::VelocityVerletKernel;
pub use walkers::Walkers;
