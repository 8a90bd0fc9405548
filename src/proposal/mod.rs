//! Proposals: where a chain might go next, and with what density. Nothing here accepts or rejects; `mcmc::metropolis` does.

mod contract;

pub use contract::{
    Current, LogRatio, Outcome, Proposal, ProposalError, Proposed, ProposedVelocities, Segment,
};
