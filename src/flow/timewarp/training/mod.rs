//! Pairs, losses, optimizers, and the loop that fits a model.

pub(super) mod acceptance;
pub(super) mod judge;
pub(super) mod loss;
pub(super) mod optimizer;
pub(super) mod pairs;
pub(super) mod trainer;
