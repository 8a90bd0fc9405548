//! One move of every replica, in turn or on all threads, with velocities that turn along.

use super::contract::{Current, LogRatio, Proposed, ProposedVelocities};
use crate::integrator::{Engine, on_threads_of};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// Fewest replicas that a thread takes: less is not worth the handing over.
const REPLICAS_OF_A_TASK: usize = 8;

/// Positions after a move, velocities for either outcome, and what the move returned of every replica.
pub(crate) struct Moved<T> {
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

/// Draws every replica `[n_atoms * 3]` anew on the engine's threads, each with its own stream; `draw` gets memory of its thread
/// and the replica's index, and returns ln q(y|x) and ln q(x|y).
pub(super) fn draw_each<S>(
    current: Current<'_>,
    engine: &dyn Engine,
    streams: &mut [Xoshiro256PlusPlus],
    scratch: impl Fn() -> S + Send + Sync,
    draw: impl Fn(&mut S, usize, (&mut [f64], &mut [f64]), &mut Xoshiro256PlusPlus) -> [f64; 2]
    + Send
    + Sync,
) -> Proposed {
    let size = current.state.n_atoms * 3;
    let mut positions = current.state.positions.clone();
    let mut velocities = current.state.velocities.clone();
    let (log_q_forward, log_q_reverse) = on_threads_of(engine, || {
        positions
            .par_chunks_exact_mut(size)
            .zip(velocities.par_chunks_exact_mut(size))
            .zip(streams)
            .enumerate()
            .with_min_len(REPLICAS_OF_A_TASK)
            .map_init(scratch, |scratch, (replica, (moving, stream))| {
                let [forward, reverse] = draw(scratch, replica, moving, stream);
                (forward, reverse)
            })
            .unzip()
    });
    let log_ratio = LogRatio::Densities {
        log_q_forward,
        log_q_reverse,
    };
    let before = &current.state.velocities;
    Proposed {
        velocities: Some(ProposedVelocities::turned(velocities, before)),
        ..Proposed::new(positions, log_ratio)
    }
}
