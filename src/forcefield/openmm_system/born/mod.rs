//! Implicit solvent of a serialized System: `GBSAOBCForce`, and a `CustomGBForce` that is one of the five models.

mod custom;
mod energy;
mod integral;
mod obc;
mod roles;
pub(super) mod term;

pub(super) use custom::read as read_custom;
pub(super) use obc::read as read_obc;
