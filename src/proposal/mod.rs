//! Proposals: where a chain might go next, and with what density. Nothing here accepts or rejects; `mcmc::metropolis` does.

mod adaptive;
mod closed;
mod contract;
mod entry;
mod hamiltonian;
mod leap;
mod learning;
mod moved;
mod ring;
mod settings_error;
#[cfg(feature = "timewarp")]
mod timewarp;
mod torsion;

pub use adaptive::density::{CellWeights, PeriodicGrid};
pub use adaptive::proposal::{
    AdaptiveTorsionKind, AdaptiveTorsionProposal, AdaptiveTorsionSettings,
};
pub use closed::flips::isomers_in_rings;
pub use closed::proposal::{ClosedLeapProposal, ClosedLeapSettings};
pub use contract::{
    Current, LogRatio, Outcome, Proposal, ProposalError, Proposed, ProposedVelocities, Segment,
    mean_acceptance,
};
#[cfg(feature = "timewarp")]
pub use entry::FlowOpener;
pub use entry::{
    Crosses, EntryChecks, EntryContext, EntryError, MOST_IN_CYCLE, ProposalSettings, Settings,
    kernel_seed, one,
};
pub use hamiltonian::dual_averaging::DualAveraging;
pub use hamiltonian::hmc::{Hmc, HmcSettings};
pub use hamiltonian::mala::{Mala, MalaSettings};
pub use hamiltonian::trajectory_length::TrajectoryLength;
pub use leap::features::{N_BACKBONE_FEATURES, N_SIDE_CHAIN_FEATURES};
pub use leap::known::{Known, SiteKind};
pub use leap::measure::{Feature, Measure};
pub use leap::model::{builtin_leap_model, random_leap_model};
pub use leap::proposal::LeapSampler;
pub use leap::proposal::{LeapError, TorsionLeapProposal, check_leap_model};
pub use leap::settings::{
    BUILTIN_MODEL, TorsionLeapSettings, leap_model, read_leap_model, warn_of_other_physics,
};
pub use leap::site::{Block as LeapDraws, LeapBlock, Step as LeapStep};
pub use leap::site::{N_FIXED, Site};
pub use leap::tune::TunedLeapProposal;
pub use ring::adaptive_pucker::{AdaptivePuckerProposal, AdaptivePuckerSettings};
pub use ring::pucker::{PuckerProposal, PuckerSettings};
pub use settings_error::SettingsError;
#[cfg(feature = "timewarp")]
pub use timewarp::guard::ChiralGuard;
#[cfg(feature = "timewarp")]
pub use timewarp::proposal::{TimewarpProposal, TimewarpProposalError};
#[cfg(feature = "timewarp")]
pub use timewarp::settings::{AheadSetting, TimewarpMode, TimewarpSettings};
#[cfg(feature = "timewarp")]
pub use timewarp::tree::placement_tree;
pub use torsion::block::{BlockKind, TorsionBlock, TorsionMoveError, flip_blocks, torsion_blocks};
pub use torsion::concerted::{ConcertedProposal, ConcertedSettings};
pub use torsion::pivot::Pivot;
pub use torsion::proposal::{TorsionDraw, TorsionProposal, TorsionSettings};
#[cfg(feature = "gpu")]
pub(crate) use torsion::step::AdaptedStep;
