//! One move of every replica in turn, with velocities that turn along. Knows no move and no ratio.

use super::{Current, ProposedVelocities};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Positions after a move, velocities for either outcome, and what the move returned of every replica.
pub(super) struct Moved<T> {
    pub(super) positions: Vec<f64>,
    pub(super) velocities: ProposedVelocities,
    /// `[n_replicas]`.
    pub(super) returned: Vec<T>,
}

/// Applies a move to positions and velocities `[n_atoms * 3]` of every replica, each with its own stream.
pub(super) fn move_each<T>(
    current: Current<'_>,
    streams: &mut [Xoshiro256PlusPlus],
    mut move_one: impl FnMut((&mut [f64], &mut [f64]), &mut Xoshiro256PlusPlus) -> T,
) -> Moved<T> {
    let size = current.state.n_atoms * 3;
    let mut positions = current.state.positions.clone();
    let mut velocities = current.state.velocities.clone();
    let replicas = positions
        .chunks_exact_mut(size)
        .zip(velocities.chunks_exact_mut(size));
    let returned = replicas
        .zip(streams)
        .map(|(moving, stream)| move_one(moving, stream))
        .collect();
    Moved {
        positions,
        velocities: ProposedVelocities::turned(velocities, &current.state.velocities),
        returned,
    }
}
