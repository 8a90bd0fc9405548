//! Damage done to a file, the same for the same seed: bytes flipped, cut, doubled, replaced by what parsers stumble over.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::rng;

/// What parsers stumble over.
const TOKENS: [&str; 28] = [
    "nan",
    "inf",
    "-1",
    "0",
    "1e309",
    "-1e-309",
    "18446744073709551616",
    "99999999",
    "\0",
    "\t",
    "\r\n",
    "\u{feff}",
    "é",
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "&a ",
    "*a",
    "|",
    "'",
    "\"",
    "<",
    "/>",
    "TER\n",
    "END\n",
];

pub(crate) struct Damage {
    stream: Xoshiro256PlusPlus,
}

impl Damage {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            stream: rng::stream(seed),
        }
    }

    /// One of the files, damaged in one to six places.
    pub(crate) fn of(&mut self, files: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = files[self.below(files.len())].clone();
        for _ in 0..1 + self.below(6) {
            let other = &files[self.below(files.len())];
            self.once(&mut bytes, other);
        }
        bytes
    }

    fn below(&mut self, n: usize) -> usize {
        self.stream.random_range(0..n.max(1))
    }

    /// A piece of a file, mostly short.
    fn piece(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        let longest = if self.below(4) == 0 { length } else { 40 };
        start..(start + self.below(longest)).min(length)
    }

    fn once(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(bytes.len() + 1).min(bytes.len());
        let range = self.piece(bytes.len());
        match self.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            1 => drop(bytes.drain(range)),
            2 => {
                let doubled = bytes[range].to_vec();
                drop(bytes.splice(at..at, doubled));
            }
            3 => bytes.truncate(at),
            4 => {
                let foreign = self.piece(other.len());
                drop(bytes.splice(at..at, other[foreign].iter().copied()));
            }
            _ => {
                let token = TOKENS[self.below(TOKENS.len())];
                let end = (at + self.below(12)).min(bytes.len());
                drop(bytes.splice(at..end, token.bytes()));
            }
        }
    }
}
