//! Who is who on a temperature ladder: configurations keep a number while they climb.

use serde::{Deserialize, Serialize};

/// Where a walker is on its way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Leg {
    /// The bottom has not been seen yet.
    Unknown,
    /// Away from the bottom, the top not reached.
    Up,
    /// The top reached, on the way back.
    Down,
}

/// The walker of every replica of a batch `[n_copies][n_rungs]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walkers {
    n_rungs: usize,
    places: Vec<usize>,
    legs: Vec<Leg>,
    round_trips: Vec<u64>,
}

impl Walkers {
    pub(super) fn new(n_replicas: usize, n_rungs: usize) -> Self {
        let mut walkers = Self {
            n_rungs,
            places: (0..n_replicas).collect(),
            legs: vec![Leg::Unknown; n_replicas],
            round_trips: vec![0; n_replicas],
        };
        walkers.note_ends();
        walkers
    }

    /// The walker in every replica, `[n_replicas]`.
    #[must_use]
    pub fn places(&self) -> &[usize] {
        &self.places
    }

    /// Ways from the bottom to the top and back that each walker completed, `[n_walkers]`.
    #[must_use]
    pub fn round_trips(&self) -> &[u64] {
        &self.round_trips
    }

    /// Starts counting again from where everyone is.
    pub(super) fn reset(&mut self) {
        self.legs.fill(Leg::Unknown);
        self.round_trips.fill(0);
        self.note_ends();
    }

    pub(super) fn swap_with_next(&mut self, replica: usize) {
        self.places.swap(replica, replica + 1);
    }

    /// Notes who is at an end of the ladder.
    pub(super) fn note_ends(&mut self) {
        for (replica, &walker) in self.places.iter().enumerate() {
            let leg = &mut self.legs[walker];
            let rung = replica % self.n_rungs;
            if rung == 0 {
                self.round_trips[walker] += u64::from(*leg == Leg::Down);
                *leg = Leg::Up;
            } else if rung == self.n_rungs - 1 && *leg == Leg::Up {
                *leg = Leg::Down;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_trip_starts_and_ends_at_the_bottom() {
        let mut walkers = Walkers::new(3, 3);
        for replica in [0, 1, 1, 0, 0, 1, 1, 0] {
            walkers.swap_with_next(replica);
            walkers.note_ends();
        }
        // Walker 0 went up and came back twice; walker 2 began at the top, which is no round trip.
        assert_eq!(walkers.places(), [0, 1, 2]);
        assert_eq!(walkers.round_trips(), [2, 0, 0]);
    }
}
