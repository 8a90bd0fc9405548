//! Whether chains agree, and how many independent samples they hold.

pub(super) mod autocorrelation;
pub(super) mod chains;
pub(super) mod diagnose;
pub(super) mod ess;
pub(super) mod hidden;
pub(super) mod mcse;
pub(super) mod r_hat;
pub(super) mod rank_normalise;
pub(super) mod timewarp_ess;
pub(super) mod verdict;
