//! The kernel `replica_exchange`: swaps between neighbouring temperatures. Moves no atom; put it after the kernels that do.
//!
//! Sugita and Okamoto, doi:10.1016/S0009-2614(99)01123-9; alternating even and odd pairs, doi:10.1111/rssb.12464.

use super::ladder::{Ladder, LadderError, LadderTuner};
use super::walkers::Walkers;
use crate::integrator::Engine;
use crate::mcmc::counted::{Advance, Counted};
use crate::mcmc::kernel::{Chain, KernelError};
use crate::mcmc::metropolis::accept;
use crate::mcmc::statistics::restore_field;
use crate::proposal::Outcome;
use crate::rng;
use crate::units::thermal_energy_kj_per_mol;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// Swaps tried and made between one pair of neighbouring rungs, over all copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PairStatistics {
    /// Swaps tried.
    pub attempted: u64,
    /// Swaps made.
    pub accepted: u64,
}

/// Metropolis swaps of configurations on a batch `[n_copies][n_rungs]`; copies of the ladder never exchange.
///
/// Configurations move and temperatures stay, so replica k is always at the temperature of its rung and its trajectory
/// is one of a single temperature. Velocities are rescaled by sqrt(T_new/T_old), which cancels the kinetic part:
/// ln r = (1/kT_i - 1/kT_j)(U_i - U_j).
pub struct Swaps {
    ladder: Ladder,
    tuner: Option<LadderTuner>,
    streams: Vec<Xoshiro256PlusPlus>,
    n_rounds: u64,
    pairs: Vec<PairStatistics>,
    walkers: Walkers,
}

/// The kernel of [`Swaps`].
pub type ReplicaExchange = Counted<Swaps>;

impl ReplicaExchange {
    /// Swaps on a fixed ladder; `n_replicas` must be a multiple of its rungs. `seed` starts one stream a copy.
    ///
    /// # Errors
    /// [`LadderError::Replicas`].
    pub fn new(ladder: Ladder, n_replicas: usize, seed: u64) -> Result<Self, LadderError> {
        ladder.replica_temperatures_kelvin(n_replicas)?;
        let n_rungs = ladder.n_rungs();
        Ok(Self::of(Swaps {
            tuner: None,
            streams: rng::streams(seed, n_replicas / n_rungs),
            n_rounds: 0,
            pairs: vec![PairStatistics::default(); n_rungs - 1],
            walkers: Walkers::new(n_replicas, n_rungs),
            ladder,
        }))
    }

    /// Moves the inner rungs for even acceptance during the adaptation phase; [`Kernel::freeze`](crate::mcmc::Kernel::freeze) ends that.
    #[must_use]
    pub fn tuned(mut self) -> Self {
        self.inner.tuner = Some(LadderTuner::new(self.inner.ladder.n_rungs()));
        self
    }

    /// The ladder as it is now.
    #[must_use]
    pub fn ladder(&self) -> &Ladder {
        &self.inner.ladder
    }

    /// Swaps of every pair of neighbours, `[n_rungs - 1]`, since the start of production.
    #[must_use]
    pub fn pairs(&self) -> &[PairStatistics] {
        &self.inner.pairs
    }

    /// Which walker sits in which replica, and how often each went up and down the ladder.
    #[must_use]
    pub fn walkers(&self) -> &Walkers {
        &self.inner.walkers
    }
}

impl Swaps {
    fn check(&self, chain: &Chain) -> Result<(), LadderError> {
        let n_replicas = self.streams.len() * self.ladder.n_rungs();
        if chain.state.n_replicas != n_replicas {
            return Err(LadderError::Replicas {
                n_replicas: chain.state.n_replicas,
                n_rungs: self.ladder.n_rungs(),
            });
        }
        let rungs = self.ladder.temperatures_kelvin().iter().cycle();
        let mut pairs = chain.temperatures_kelvin.iter().zip(rungs).enumerate();
        match pairs.find(|(_, (got, expected))| got != expected) {
            None => Ok(()),
            Some((replica, (&got, &expected))) => Err(LadderError::Mismatch {
                replica,
                got,
                expected,
            }),
        }
    }

    /// Tries the swap of a rung with the next one in a copy.
    fn try_swap(&mut self, chain: &mut Chain, copy: usize, rung: usize) -> Outcome {
        let lower = copy * self.ladder.n_rungs() + rung;
        let energies = chain
            .energies
            .as_ref()
            .expect("invariant: evaluated before swaps");
        let [cold, hot] = [lower, lower + 1]
            .map(|replica| 1.0 / thermal_energy_kj_per_mol(chain.temperatures_kelvin[replica]));
        let log_ratio = (cold - hot) * (energies[lower] - energies[lower + 1]);
        if let Some(tuner) = &mut self.tuner {
            tuner.note(rung, log_ratio);
        }
        let outcome = accept(log_ratio, self.streams[copy].random());
        self.pairs[rung].attempted += 1;
        if outcome == Outcome::Accepted {
            self.pairs[rung].accepted += 1;
            swap_with_next(chain, lower);
            self.walkers.swap_with_next(lower);
        }
        outcome
    }

    fn tune(&mut self, chain: &mut Chain) {
        let respaced = self
            .tuner
            .as_mut()
            .and_then(|tuner| tuner.respace(&self.ladder));
        let Some(ladder) = respaced else {
            return;
        };
        let new = ladder.temperatures_kelvin().iter().cycle();
        for (replica, (old, &new)) in chain.temperatures_kelvin.iter_mut().zip(new).enumerate() {
            chain.state.scale_velocities(replica, (new / *old).sqrt());
            *old = new;
        }
        self.ladder = ladder;
    }
}

/// Exchanges the configurations of a replica and the next one.
fn swap_with_next(chain: &mut Chain, lower: usize) {
    let size = chain.state.n_atoms * 3;
    for values in [&mut chain.state.positions, &mut chain.state.velocities] {
        let (first, second) = values[lower * size..(lower + 2) * size].split_at_mut(size);
        first.swap_with_slice(second);
    }
    let factor = (chain.temperatures_kelvin[lower] / chain.temperatures_kelvin[lower + 1]).sqrt();
    chain.state.scale_velocities(lower, factor);
    chain.state.scale_velocities(lower + 1, 1.0 / factor);
    if let Some(energies) = &mut chain.energies {
        energies.swap(lower, lower + 1);
    }
}

impl Advance for Swaps {
    fn name(&self) -> &str {
        "replica_exchange"
    }

    fn is_exact(&self) -> bool {
        true
    }

    fn is_ergodic(&self) -> bool {
        false
    }

    fn advance(
        &mut self,
        chain: &mut Chain,
        engine: &mut dyn Engine,
    ) -> Result<Vec<Outcome>, KernelError> {
        self.check(chain)?;
        chain.energies(engine);
        let n_rungs = self.ladder.n_rungs();
        // Two rungs have no odd pair, so theirs is tried every time.
        let first = if n_rungs == 2 {
            0
        } else {
            usize::from(self.n_rounds % 2 == 1)
        };
        self.n_rounds += 1;
        let mut outcomes = Vec::new();
        for copy in 0..self.streams.len() {
            for rung in (first..n_rungs - 1).step_by(2) {
                outcomes.push(self.try_swap(chain, copy, rung));
            }
        }
        self.walkers.note_ends();
        self.tune(chain);
        Ok(outcomes)
    }

    fn details(&self) -> serde_json::Value {
        serde_json::json!({
            "temperatures_kelvin": self.ladder.temperatures_kelvin(),
            "pairs": self.pairs,
            "round_trips": self.walkers.round_trips(),
            "walkers": self.walkers.places(),
        })
    }

    fn freeze(&mut self) {
        self.tuner = None;
        self.pairs.fill(PairStatistics::default());
        self.walkers.reset();
    }

    fn save(&self) -> serde_json::Value {
        serde_json::json!({
            "ladder": self.ladder,
            "tuner": self.tuner,
            "streams": self.streams,
            "n_rounds": self.n_rounds,
            "pairs": self.pairs,
            "walkers": self.walkers,
        })
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        let ladder: Ladder = restore_field(saved, "ladder")?;
        let streams: Vec<Xoshiro256PlusPlus> = restore_field(saved, "streams")?;
        if ladder.n_rungs() != self.ladder.n_rungs() || streams.len() != self.streams.len() {
            return Err(format!(
                "it was saved with {} copies of {} rungs, the sampler has {} of {}; resume with the input of that run",
                streams.len(),
                ladder.n_rungs(),
                self.streams.len(),
                self.ladder.n_rungs()
            ));
        }
        (self.ladder, self.streams) = (ladder, streams);
        self.tuner = restore_field(saved, "tuner")?;
        self.n_rounds = restore_field(saved, "n_rounds")?;
        self.pairs = restore_field(saved, "pairs")?;
        self.walkers = restore_field(saved, "walkers")?;
        Ok(())
    }
}
