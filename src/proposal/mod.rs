//! Proposals: where a chain might go next, and with what density. Nothing here accepts or rejects; `mcmc::metropolis` does.

mod adaptive_pucker;
mod adaptive_torsion;
mod adaptive_torsion_block;
mod adaptive_torsion_feature;
mod adaptive_torsion_table;
mod concerted;
mod concerted_closure;
mod conditional_normal;
mod contract;
mod dual_averaging;
mod hmc;
mod mala;
mod moved;
mod normal_mixture;
mod pivot;
mod pucker;
mod ring_geometry;
mod ring_surroundings;
mod settings_error;
mod timewarp;
mod timewarp_guard;
mod timewarp_tree;
mod torsion;
mod torsion_block;
mod torsion_density;
mod torsion_leap;
mod torsion_leap_ancestral;
mod torsion_leap_backbone;
mod torsion_leap_batch;
mod torsion_leap_block;
mod torsion_leap_chain;
mod torsion_leap_draws;
mod torsion_leap_invariant;
mod torsion_leap_model;
mod torsion_leap_side_chain;
mod torsion_leap_site;
mod torsion_leap_slots;
mod torsion_leap_tuned;
mod torsion_leap_tuning;
mod torsion_leap_vocabulary;
mod torsion_step;
mod trajectory_length;

pub use adaptive_pucker::AdaptivePuckerProposal;
pub use adaptive_torsion::{AdaptiveTorsionProposal, AdaptiveTorsionSettings};
pub use concerted::{ConcertedProposal, ConcertedSettings};
pub use contract::{
    Current, LogRatio, Outcome, Proposal, ProposalError, Proposed, ProposedVelocities, Segment,
    mean_acceptance,
};
pub use dual_averaging::DualAveraging;
pub use hmc::{Hmc, HmcSettings};
pub use mala::{Mala, MalaSettings};
pub use pivot::Pivot;
pub use pucker::PuckerProposal;
pub use settings_error::SettingsError;
pub use timewarp::{TimewarpProposal, TimewarpProposalError};
pub use timewarp_guard::ChiralGuard;
pub use timewarp_tree::placement_tree;
pub use torsion::{TorsionDraw, TorsionProposal, TorsionSettings};
pub use torsion_block::{BlockKind, TorsionBlock, TorsionMoveError, flip_blocks, torsion_blocks};
pub use torsion_density::{CellWeights, PeriodicGrid};
pub use torsion_leap::{LeapError, TorsionLeapProposal, check_leap_model};
pub use torsion_leap_ancestral::LeapSampler;
pub use torsion_leap_block::{Block as LeapDraws, LeapBlock, Step as LeapStep};
pub use torsion_leap_invariant::{Feature, Measure};
pub use torsion_leap_model::{builtin_leap_model, random_leap_model};
pub use torsion_leap_site::{
    Known, N_BACKBONE_FEATURES, N_FIXED, N_SIDE_CHAIN_FEATURES, Site, SiteKind,
};
pub use torsion_leap_tuned::TunedLeapProposal;
pub(crate) use torsion_step::AdaptedStep;
pub use trajectory_length::TrajectoryLength;
