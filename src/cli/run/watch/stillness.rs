//! Which replicas never moved: those whose potential energy is the same, bit for bit, in every frame.

use serde::{Deserialize, Serialize};

/// Fewest frames from which stillness says something.
const MIN_FRAMES: u64 = 10;

/// Energies of the first frame, and who left them; kept in the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in crate::cli::run) struct Stillness {
    /// Bits of every written replica's energy in its first frame: text would round them.
    first: Vec<u64>,
    moved: Vec<bool>,
    n_frames: u64,
}

impl Stillness {
    /// Looks at the energies of one frame of all written replicas.
    pub(in crate::cli::run) fn look(&mut self, energies: impl Iterator<Item = f64>) {
        let bits = energies.map(f64::to_bits);
        if self.n_frames == 0 {
            self.first = bits.collect();
            self.moved = vec![false; self.first.len()];
        } else {
            let seen = self.moved.iter_mut().zip(&self.first).zip(bits);
            for ((moved, first), now) in seen {
                *moved |= *first != now;
            }
        }
        self.n_frames += 1;
    }

    /// Places of the trajectories that hold one configuration only; none where there are too few frames to tell.
    pub(in crate::cli::run) fn frozen(&self) -> Vec<usize> {
        if self.n_frames < MIN_FRAMES {
            return Vec::new();
        }
        let places = self.moved.iter().enumerate();
        places
            .filter(|(_, moved)| !**moved)
            .map(|(place, _)| place)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Stillness;

    #[test]
    fn a_replica_that_moved_once_is_not_frozen() {
        let mut stillness = Stillness::default();
        for frame in 0..10 {
            assert!(stillness.frozen().is_empty(), "after {frame} frames");
            let second = if frame == 4 { 2.5 } else { 2.0 };
            stillness.look([-1.1, second].into_iter());
        }
        assert_eq!(stillness.frozen(), [0]);
        let text = serde_json::to_string(&stillness).unwrap();
        let mut resumed: Stillness = serde_json::from_str(&text).unwrap();
        resumed.look([-1.1, 2.0].into_iter());
        assert_eq!(resumed.frozen(), [0]);
    }
}
