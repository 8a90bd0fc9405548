//! Moves of proline's ring, which no torsion turns: its mirror image, and draws from learned normal densities.

pub(super) mod adaptive_pucker;
pub(super) mod conditional_normal;
pub(super) mod frame;
pub(super) mod geometry;
pub(super) mod normal_mixture;
pub(super) mod pucker;
pub(super) mod surroundings;
