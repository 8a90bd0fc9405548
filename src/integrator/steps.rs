//! The elementary moves that integrators are made of, on lanes: kick, drift, thermostat. Force evaluation is the engine's.
//!
//! All arrays are `[n_slots][3]`: a slot is an atom (replicas in the lanes) or a block of atoms (atoms in the lanes).

use crate::lane::{Lane, normal_pair};
use crate::rng::{Stream, philox, step_words};

/// v += f dt/m, with `timestep_over_mass` in ps/Da for every slot.
#[inline(always)]
pub fn kick<L: Lane>(velocity: &mut [[L; 3]], force: &[[L; 3]], timestep_over_mass: &[L]) {
    for ((v, f), &factor) in velocity.iter_mut().zip(force).zip(timestep_over_mass) {
        for axis in 0..3 {
            v[axis] = f[axis].mul_add(factor, v[axis]);
        }
    }
}

/// x += v dt in compensated arithmetic: x is the unevaluated sum `position` + `position_low`.
#[inline(always)]
pub fn drift<L: Lane>(
    position: &mut [[L; 3]],
    position_low: &mut [[L; 3]],
    velocity: &[[L; 3]],
    timestep: L,
) {
    for ((x, low), v) in position.iter_mut().zip(position_low).zip(velocity) {
        for axis in 0..3 {
            (x[axis], low[axis]) = add_compensated(x[axis], low[axis], v[axis] * timestep);
        }
    }
}

/// (x, low) + delta, the error of the addition kept in `low` (Knuth's two-sum).
#[inline(always)]
pub fn add_compensated<L: Lane>(x: L, low: L, delta: L) -> (L, L) {
    let increment = delta + low;
    let sum = x + increment;
    let virtual_increment = sum - x;
    let error = (x - (sum - virtual_increment)) + (increment - virtual_increment);
    (sum, error)
}

/// Counters and widths of the noise of every slot.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseSlots<L: Lane> {
    /// Atom number of every lane, `[n_slots]`.
    pub atoms: Vec<L::Words>,
    /// Replica number of every lane, `[n_slots]`.
    pub replicas: Vec<L::Words>,
    /// sqrt(kT/m) in nm/ps of every lane, `[n_slots]`.
    pub widths: Vec<L>,
}

/// Three standard normal deviates for every lane of a slot, from the counter (atom, replica, step) alone.
#[inline(always)]
pub fn normals<L: Lane>(
    slots: &NoiseSlots<L>,
    slot: usize,
    step: u64,
    stream: Stream,
    key: [u32; 2],
) -> [L; 3] {
    let [low, high] = step_words(step, stream).map(|word| L::words(|_| word));
    let words = philox([slots.atoms[slot], slots.replicas[slot], low, high], key);
    let (first, second) = normal_pair(L::uniform(words[0]), L::uniform(words[1]));
    let (third, _) = normal_pair(L::uniform(words[2]), L::uniform(words[3]));
    [first, second, third]
}

/// Ornstein-Uhlenbeck step: v = a v + sqrt(1 - a²) sqrt(kT/m) xi with a = exp(-friction dt).
#[inline(always)]
pub fn thermostat<L: Lane>(
    velocity: &mut [[L; 3]],
    slots: &NoiseSlots<L>,
    [damping, noise]: [L; 2],
    step: u64,
    key: [u32; 2],
) {
    for (slot, v) in velocity.iter_mut().enumerate() {
        let deviates = normals(slots, slot, step, Stream::Langevin, key);
        let width = noise * slots.widths[slot];
        for axis in 0..3 {
            v[axis] = damping.mul_add(v[axis], width * deviates[axis]);
        }
    }
}
