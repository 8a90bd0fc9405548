//! Proposals: where a chain might go next, and with what density. Nothing here accepts or rejects; `mcmc::metropolis` does.

mod contract;
mod dual_averaging;
mod hmc;
mod mala;
mod settings_error;

pub use contract::{
    Current, LogRatio, Outcome, Proposal, ProposalError, Proposed, ProposedVelocities, Segment,
    mean_acceptance,
};
pub use dual_averaging::DualAveraging;
pub use hmc::{Hmc, HmcSettings};
pub use mala::{Mala, MalaSettings};
pub use settings_error::SettingsError;
