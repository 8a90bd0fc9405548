//! Kernels, their composition, the sampler that runs them and the chain driver. Never sees a network or a file.

mod composition;
mod counted;
mod drive_error;
mod driver;
mod entry;
mod exchange;
mod exploration;
mod host_sampler;
mod kernel;
mod langevin;
mod lookahead;
mod metropolis;
mod parts;
mod sampler;
mod statistics;
mod velocity_verlet;

pub use composition::{CompositionError, KernelSequence, Mixture, Repeat};
pub use counted::{Advance, AdvancePart, Counted};
pub use drive_error::DriveError;
pub use driver::{Driven, Ending, Observer, SamplerWarning, Schedule, check_sampler, drive};
pub use entry::{
    EMPTY, Entry, HELP_MARK, KernelEntry, LangevinEntry, MixtureEntry, MixturePart, OutsideEntry,
    OutsideKind, SequenceEntry, VelocityVerletEntry, all_of, names as kernel_names, register,
};
pub use exchange::{Ladder, LadderError, PairStatistics, ReplicaExchange, Swaps, Walkers};
pub use exploration::{Exploration, ExplorationKernel};
pub use host_sampler::HostSampler;
pub use kernel::{Chain, Kernel, KernelError, KernelPart};
pub use langevin::{Langevin, LangevinKernel};
pub use lookahead::{Ahead, Lookahead, LookaheadKernel};
pub use metropolis::{Metropolis, MetropolisKernel, accept};
pub use sampler::Sampler;
pub use statistics::{KernelReport, KernelStatistics};
pub use velocity_verlet::{VelocityVerlet, VelocityVerletKernel};
