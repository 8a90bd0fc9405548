//! Random numbers: counter-based Philox for everything an engine draws, xoshiro streams for the host. No distributions of physics.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// What a Philox stream is used for; part of the counter, so that two uses never share a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Stream {
    /// Thermal noise of Langevin steps.
    Langevin = 0,
    /// Maxwell-Boltzmann velocities.
    Velocities = 1,
    /// Blocks, angles and tests of torsion moves that an engine makes itself.
    Torsion = 2,
    /// Velocities and tests of hybrid Monte Carlo that an engine runs itself.
    Hmc = 3,
    /// Blocks, angles and tests of torsion leaps that an engine makes itself.
    Leap = 4,
}

/// Multipliers of the two halves, Table 2 of doi:10.1145/2063384.2063405.
const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
/// Weyl increments of the two key words (golden ratio, square root of 3 less 1).
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// Philox4x32-10 on `W` counters at once (Salmon et al., doi:10.1145/2063384.2063405).
///
/// Every lane has its own counter; the key is common. Ten rounds.
///
/// ```
/// let words = saltus::rng::philox([[0_u32; 1]; 4], [0, 0]);
/// assert_eq!(words.map(|word| word[0]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
/// ```
#[inline(always)]
pub fn philox<W: Copy + AsRef<[u32]> + AsMut<[u32]>>(counter: [W; 4], key: [u32; 2]) -> [W; 4] {
    let mut words = counter;
    let mut key = key;
    for _ in 0..10 {
        let (high_0, low_0) = multiply(words[0], MULTIPLIERS[0]);
        let (high_1, low_1) = multiply(words[2], MULTIPLIERS[1]);
        words = [
            xor(high_1, words[1], key[0]),
            low_1,
            xor(high_0, words[3], key[1]),
            low_0,
        ];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    words
}

/// High and low halves of the 64-bit products.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the low half is what is wanted"
)]
fn multiply<W: Copy + AsRef<[u32]> + AsMut<[u32]>>(words: W, multiplier: u32) -> (W, W) {
    let (mut high, mut low) = (words, words);
    for ((high, low), &word) in high
        .as_mut()
        .iter_mut()
        .zip(low.as_mut())
        .zip(words.as_ref())
    {
        let product = u64::from(word) * u64::from(multiplier);
        *high = (product >> 32) as u32;
        *low = product as u32;
    }
    (high, low)
}

#[inline(always)]
fn xor<W: Copy + AsRef<[u32]> + AsMut<[u32]>>(a: W, b: W, key: u32) -> W {
    let mut result = a;
    for (result, &b) in result.as_mut().iter_mut().zip(b.as_ref()) {
        *result ^= b ^ key;
    }
    result
}

/// The two words of a 64-bit seed, low first.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "splitting into halves")]
pub fn key(seed: u64) -> [u32; 2] {
    [seed as u32, (seed >> 32) as u32]
}

/// Last two counter words of a step: 56 bits of the step, 8 bits of the stream.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "splitting into halves")]
pub fn step_words(step: u64, stream: Stream) -> [u32; 2] {
    [
        step as u32,
        ((step >> 32) as u32 & 0x00ff_ffff) | (stream as u32) << 24,
    ]
}

/// One host generator: the first of [`streams`].
#[must_use]
pub fn stream(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// Host generators of `n_streams` replicas: one seed, each a jump of 2^128 draws after the one before.
///
/// ```
/// use rand::Rng;
/// let mut streams = saltus::rng::streams(7, 2);
/// assert_ne!(streams[0].next_u64(), streams[1].next_u64());
/// ```
#[must_use]
pub fn streams(seed: u64, n_streams: usize) -> Vec<Xoshiro256PlusPlus> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..n_streams)
        .map(|_| {
            let stream = generator.clone();
            generator.jump();
            stream
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers distributed with Random123 (kat_vectors, philox4x32 10).
    #[test]
    fn philox_matches_the_published_vectors() {
        let scalar =
            |counter: [u32; 4], key| philox(counter.map(|word| [word]), key).map(|word| word[0]);
        assert_eq!(
            scalar([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            scalar(
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0]
            ),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn lanes_are_independent_counters() {
        let wide = philox([[1, 2, 3, 4], [5; 4], [6; 4], [7; 4]], [8, 9]);
        for lane in 0..4_u32 {
            let narrow = philox([[lane + 1], [5], [6], [7]], [8, 9]);
            for word in 0..4 {
                assert_eq!(wide[word][lane as usize], narrow[word][0]);
            }
        }
    }
}
