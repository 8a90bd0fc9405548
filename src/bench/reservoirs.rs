//! Whole configurations from the sides of everything two-valued, drawn uniformly over a sampler's cycles.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::analysis::{ObservableSet, Sides};
use crate::proposal::kernel_seed;
use crate::rng;

/// Configurations kept of a side.
const CAPACITY: usize = 128;
/// Fewest that stand for the equilibrium of a side.
const MIN_CONFIGURATIONS: usize = 8;
/// Place, counted as those of kernels, whose seed the draws have.
const SEED_PLACE: u32 = u32::MAX;

/// A reservoir a side.
pub(super) struct Reservoirs {
    sides: Sides,
    stream: Xoshiro256PlusPlus,
    reservoirs: Vec<Reservoir>,
}

#[derive(Clone, Default)]
struct Reservoir {
    /// Cycles that everything offered stands for.
    weight: u64,
    configurations: Vec<Vec<f64>>,
}

impl Reservoirs {
    /// Empty ones for the sides that these observables tell.
    pub(super) fn new(set: &ObservableSet, seed: u64) -> Self {
        let sides = Sides::of(&set.names());
        Self {
            reservoirs: vec![Reservoir::default(); sides.names().len()],
            stream: rng::stream(kernel_seed(seed, SEED_PLACE)),
            sides,
        }
    }

    /// Offers a draw that stands for so many cycles: its observables and its positions in nm, `[n_atoms * 3]`.
    ///
    /// Chao's plan (doi:10.1093/biomet/69.3.653): the newest of total weight W is kept with probability n w / W in place
    /// of any of the n that are there.
    pub(super) fn offer(&mut self, values: &[f64], positions: &[f64], n_cycles: u64) {
        let inside = self.sides.inside(values);
        for (reservoir, _) in self.reservoirs.iter_mut().zip(inside).filter(|side| side.1) {
            reservoir.weight += n_cycles;
            if reservoir.configurations.len() < CAPACITY {
                reservoir.configurations.push(positions.to_vec());
            } else if self.stream.random_range(0..reservoir.weight) < CAPACITY as u64 * n_cycles {
                let slot = self.stream.random_range(0..CAPACITY);
                reservoir.configurations[slot].copy_from_slice(positions);
            }
        }
    }

    /// The configurations of a side in random order; `None` where there are too few.
    pub(super) fn of_side(&mut self, name: &str) -> Option<Vec<Vec<f64>>> {
        let names = self.sides.names();
        let side = names.iter().position(|other| other == name)?;
        let mut configurations = self.reservoirs[side].configurations.clone();
        for last in (1..configurations.len()).rev() {
            configurations.swap(last, self.stream.random_range(0..=last));
        }
        (configurations.len() >= MIN_CONFIGURATIONS).then_some(configurations)
    }
}
