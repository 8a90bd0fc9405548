//! Which peptides a transferable model learns from: random sequences, never one that tests are made of.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::rng;

/// Sequences (one-letter, whatever their caps) that no transferable model may have seen: those of the published
/// evaluation of doi:10.48550/arXiv.2302.01170, alanine dipeptide, and those that this project measures itself by.
pub const HELD_OUT: [&str; 48] = [
    "A",
    "QW",
    "HT",
    "GP",
    "DH",
    "GT",
    "TK",
    "CW",
    "YA",
    "KN",
    "KI",
    "SAEL",
    "RYDT",
    "CSFQ",
    "FALS",
    "CSGS",
    "LPEM",
    "LYVI",
    "AYTG",
    "VCVS",
    "AAEW",
    "FKVP",
    "NQFM",
    "DTDL",
    "CTSA",
    "ANYT",
    "VTST",
    "AWKC",
    "RGSP",
    "AVEK",
    "FIYG",
    "VLSM",
    "QADY",
    "DQAL",
    "TFFL",
    "FIGE",
    "KKQF",
    "SLTC",
    "ITQD",
    "DFKS",
    "QDED",
    "AY",
    "KL",
    "AAAY",
    "DGKS",
    "AAAAAA",
    "ELIL",
    "GYDPETGTWG",
];

/// Residues with their one-letter codes; protonation variants after the common form.
const RESIDUES: [(char, &[&str]); 20] = [
    ('A', &["ALA"]),
    ('R', &["ARG"]),
    ('N', &["ASN"]),
    ('D', &["ASP", "ASH"]),
    ('C', &["CYS", "CYM"]),
    ('Q', &["GLN"]),
    ('E', &["GLU", "GLH"]),
    ('G', &["GLY"]),
    ('H', &["HIE", "HID", "HIP"]),
    ('I', &["ILE"]),
    ('L', &["LEU"]),
    ('K', &["LYS", "LYN"]),
    ('M', &["MET"]),
    ('F', &["PHE"]),
    ('P', &["PRO"]),
    ('S', &["SER"]),
    ('T', &["THR"]),
    ('W', &["TRP"]),
    ('Y', &["TYR"]),
    ('V', &["VAL"]),
];

/// Share of residues in a protonation state other than the common one, where there is one.
const VARIANT_SHARE: f64 = 0.2;

/// Lengths and how often each is drawn; every tenth peptide is a single capped residue beside these.
const LENGTHS: [(usize, f64); 7] = [
    (1, 0.03),
    (2, 0.27),
    (3, 0.20),
    (4, 0.32),
    (5, 0.10),
    (6, 0.05),
    (8, 0.03),
];

/// A peptide to learn from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peptide {
    /// Residue names joined by hyphens, caps included.
    pub sequence: String,
    /// One-letter codes without caps.
    pub letters: String,
}

/// Whether a sequence of one-letter codes, caps aside, is kept for tests.
#[must_use]
pub fn is_held_out(letters: &str) -> bool {
    HELD_OUT.contains(&letters)
}

/// One-letter codes of residue names without caps; `X` for what has none.
///
/// ```
/// let names = ["ACE", "HID", "GLH", "NME"].map(String::from);
/// assert_eq!(saltus::training::one_letter_codes(&names), "HE");
/// ```
#[must_use]
pub fn one_letter_codes(names: &[String]) -> String {
    let is_cap = |name: &&String| ["ACE", "NME", "NHE"].contains(&name.as_str());
    let code = |name: &String| {
        let mut known = RESIDUES.iter();
        let found = known.find(|(_, variants)| variants.contains(&name.as_str()));
        let bridged = (name == "CYX").then_some('C');
        found.map(|entry| entry.0).or(bridged).unwrap_or('X')
    };
    names
        .iter()
        .filter(|name| !is_cap(name))
        .map(code)
        .collect()
}

/// The first `n_peptides` of an endless list without repeats; the same seed gives the same list.
#[must_use]
pub fn training_peptides(n_peptides: usize, seed: u64) -> Vec<Peptide> {
    let mut stream = rng::stream(seed);
    let mut capped = capped_residues();
    let mut peptides: Vec<Peptide> = Vec::with_capacity(n_peptides);
    while peptides.len() < n_peptides {
        let single = peptides.len().is_multiple_of(10) && !capped.is_empty();
        let peptide = if single {
            capped.remove(0)
        } else {
            random_peptide(&mut stream)
        };
        let known = |other: &Peptide| other.sequence == peptide.sequence;
        if !is_held_out(&peptide.letters) && !peptides.iter().any(known) {
            peptides.push(peptide);
        }
    }
    peptides
}

/// ACE-X-NME of every residue and variant that may be learned from.
fn capped_residues() -> Vec<Peptide> {
    let mut peptides = Vec::new();
    for (letter, names) in RESIDUES {
        for name in names {
            let letters = letter.to_string();
            if !is_held_out(&letters) {
                let sequence = format!("ACE-{name}-NME");
                peptides.push(Peptide { sequence, letters });
            }
        }
    }
    peptides
}

fn random_peptide(stream: &mut Xoshiro256PlusPlus) -> Peptide {
    let length = random_length(stream);
    let mut letters = String::new();
    let mut names = Vec::new();
    for _ in 0..length {
        let (letter, variants) = RESIDUES[stream.random_range(0..RESIDUES.len())];
        letters.push(letter);
        let variant = if variants.len() > 1 && stream.random::<f64>() < VARIANT_SHARE {
            stream.random_range(1..variants.len())
        } else {
            0
        };
        names.push(variants[variant]);
    }
    let ends: f64 = stream.random();
    let cap = if stream.random::<f64>() < 0.2 {
        "NHE"
    } else {
        "NME"
    };
    // Most have charged ends, as the published data sets have them; a third has one cap or two.
    let [first, last] = match ends {
        _ if length == 1 => [true, true],
        ends if ends < 0.16 => [true, true],
        ends if ends < 0.24 => [true, false],
        ends if ends < 0.32 => [false, true],
        _ => [false, false],
    };
    // The force fields have these protonation states inside chains only.
    let free_ends = [(0, first), (length - 1, last)];
    for (index, _) in free_ends.into_iter().filter(|(_, capped)| !capped) {
        names[index] = match names[index] {
            "ASH" => "ASP",
            "GLH" => "GLU",
            "LYN" => "LYS",
            "CYM" => "CYS",
            name => name,
        };
    }
    if first {
        names.insert(0, "ACE");
    }
    if last {
        names.push(cap);
    }
    Peptide {
        sequence: names.join("-"),
        letters,
    }
}

fn random_length(stream: &mut Xoshiro256PlusPlus) -> usize {
    let mut rest: f64 = stream.random();
    for (length, share) in LENGTHS {
        rest -= share;
        if rest < 0.0 {
            return length;
        }
    }
    LENGTHS[3].0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_varied_reproducible_and_free_of_what_is_held_out() {
        let peptides = training_peptides(400, 3);
        assert_eq!(peptides[..100], training_peptides(100, 3));
        assert_ne!(peptides[..100], training_peptides(100, 4));
        for (letter, names) in RESIDUES {
            for name in names {
                let n = peptides
                    .iter()
                    .filter(|p| p.sequence.contains(name))
                    .count();
                assert!(n >= 3, "{letter}: {name} occurs in {n} peptides");
            }
        }
        assert!(peptides.iter().all(|p| !is_held_out(&p.letters)));
        assert!(is_held_out("A") && is_held_out("QDED") && !is_held_out("QDE"));
    }
}
