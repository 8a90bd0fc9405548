//! Slow coordinates: covariances, TICA, Koopman weights.

pub(super) mod covariance;
pub(super) mod koopman;
pub(super) mod slow_modes;
pub(super) mod tica;
