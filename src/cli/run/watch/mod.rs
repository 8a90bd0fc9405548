//! What is watched while a run goes: replicas that do not move, kernels that accept nothing.

pub(super) mod stillness;
pub(super) mod stuck;
