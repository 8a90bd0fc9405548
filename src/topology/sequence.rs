//! Peptide sequences as users type them, three-letter or one-letter.

use super::residue_library::ResidueLibrary;
use std::fmt;
use thiserror::Error;

/// Residue names from the N to the C terminus, caps included: `ACE ALA NME`; which of them are D; whether the ends are joined.
///
/// ```
/// use saltus::topology::Sequence;
/// let capped = Sequence::parse("ACE-ALA-NME")?;
/// assert_eq!(capped.names(), ["ACE", "ALA", "NME"]);
/// assert_eq!(Sequence::parse("AAAY")?.names(), ["ALA", "ALA", "ALA", "TYR"]);
/// assert_eq!(Sequence::parse("ALA")?.names(), ["ALA"]);
/// let ring = Sequence::parse("cyclo(RGDfV)")?;
/// assert!(ring.is_cyclic());
/// assert_eq!(ring.mirrored(), [3]);
/// assert_eq!(ring.to_string(), "cyclo(ARG-GLY-ASP-DPN-VAL)");
/// # Ok::<(), saltus::topology::SequenceError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Names of L residues, also where the residue is D.
    names: Vec<String>,
    /// Indices of D residues, ascending.
    mirrored: Vec<usize>,
    is_cyclic: bool,
}

/// Names that the PDB gives D residues, and the L residues that they mirror.
const D_NAMES: [(&str, &str); 21] = [
    ("DAL", "ALA"),
    ("DAR", "ARG"),
    ("DSG", "ASN"),
    ("DAS", "ASP"),
    ("DCY", "CYS"),
    ("DGN", "GLN"),
    ("DGL", "GLU"),
    ("DHI", "HIS"),
    ("DIL", "ILE"),
    ("DLE", "LEU"),
    ("DLY", "LYS"),
    ("MED", "MET"),
    ("DPN", "PHE"),
    ("DPR", "PRO"),
    ("DSN", "SER"),
    ("DTH", "THR"),
    ("DTR", "TRP"),
    ("DTY", "TYR"),
    ("DVA", "VAL"),
    ("DHI", "HIE"),
    ("DCY", "CYX"),
];

/// The L residue that a D residue of the PDB mirrors.
pub(crate) fn l_name(d_name: &str) -> Option<&'static str> {
    let known = D_NAMES.iter().find(|(d, _)| *d == d_name);
    known.map(|(_, l)| *l)
}

/// How a residue is called where it is D: the PDB's name, else `D-` and the name of the L residue.
pub(crate) fn d_name(l_name: &str) -> String {
    let known = D_NAMES.iter().find(|(_, l)| *l == l_name);
    known.map_or_else(|| format!("D-{l_name}"), |(d, _)| (*d).to_owned())
}

/// Why a sequence cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SequenceError {
    /// No residue at all.
    #[error(
        "the sequence is empty: expected residues such as ACE-ALA-NME (three-letter) or AAAY (one-letter)"
    )]
    Empty,
    /// A three-letter name that is not known.
    #[error(
        "unknown residue '{name}' at position {position} of '{sequence}': did you mean {nearest}? Known: {known}"
    )]
    UnknownResidue {
        /// What was typed.
        name: String,
        /// Position from 1.
        position: usize,
        /// The whole sequence.
        sequence: String,
        /// The nearest known name.
        nearest: String,
        /// All known names.
        known: String,
    },
    /// A one-letter code that is not known.
    #[error(
        "unknown one-letter code '{letter}' at position {position} of '{sequence}': expected one of \
         ACDEFGHIKLMNPQRSTVWY, or one of them in lower case for a D residue (three-letter names are joined by hyphens, as in ACE-ALA-NME)"
    )]
    UnknownLetter {
        /// What was typed.
        letter: char,
        /// Position from 1.
        position: usize,
        /// The whole sequence.
        sequence: String,
    },
    /// A lower-case letter that asks for the D form of a residue that has none.
    #[error(
        "'{letter}' at position {position} of '{sequence}' asks for D-glycine, but glycine is its own mirror image: \
         write {upper} (lower-case letters are D residues)"
    )]
    NoMirrorImage {
        /// What was typed.
        letter: char,
        /// The letter of the residue.
        upper: char,
        /// Position from 1.
        position: usize,
        /// The whole sequence.
        sequence: String,
    },
    /// A three-letter name that is not in capitals and has no hyphen: D residues, or one residue?
    #[error(
        "'{sequence}' can be one residue {name}, or the D and L residues of its letters: write {name} for the one, \
         three-letter names with hyphens ({spelled}) for the other"
    )]
    NameOrLetters {
        /// The whole sequence.
        sequence: String,
        /// The residue.
        name: String,
        /// The letters as three-letter names.
        spelled: String,
    },
    /// Brackets that are not `cyclo(...)`.
    #[error(
        "'{sequence}' {fault}: expected cyclo(...) around the whole sequence for a head-to-tail ring, as in cyclo(RGDfV) or \
         cyclo(GLY-DPN-PRO-ALA), and no other brackets"
    )]
    Brackets {
        /// The whole sequence.
        sequence: String,
        /// What is wrong with them.
        fault: &'static str,
    },
    /// A cap in a ring.
    #[error(
        "cap {name} stands at position {position} of '{sequence}': a head-to-tail ring has no ends to cap; leave it out"
    )]
    CapInRing {
        /// The cap.
        name: String,
        /// Position from 1.
        position: usize,
        /// The whole sequence.
        sequence: String,
    },
    /// A ring of one residue.
    #[error(
        "'{sequence}' is a ring of {n_residues} residue: expected 4 or more to close head to tail"
    )]
    RingTooSmall {
        /// The whole sequence.
        sequence: String,
        /// How many residues it has.
        n_residues: usize,
    },
    /// ACE not first, or NME or NHE not last.
    #[error(
        "cap {name} stands at position {position} of '{sequence}': ACE can only be first, NME and NHE only last"
    )]
    MisplacedCap {
        /// The cap.
        name: String,
        /// Position from 1.
        position: usize,
        /// The whole sequence.
        sequence: String,
    },
    /// Nothing between the caps.
    #[error(
        "'{sequence}' has caps only: put at least one amino acid between them, as in ACE-ALA-NME"
    )]
    OnlyCaps {
        /// The whole sequence.
        sequence: String,
    },
}

impl Sequence {
    /// Read a sequence.
    ///
    /// It is three-letter if it has a hyphen or is one known three-letter name in capitals; anything else is one-letter
    /// with charged ends. So `ALA` is one alanine; Ala-Leu-Ala is `ALA-LEU-ALA`. `HIS` and `H` are HIE, neutral with its hydrogen
    /// on NE2. Case does not matter with hyphens; a lower-case letter without hyphens is the D residue, as are the PDB's names of D
    /// residues (`DPN`). White space around names is ignored. `cyclo(...)` joins the last residue to the first.
    ///
    /// # Errors
    /// [`SequenceError`] for an empty sequence, an unknown residue (with the nearest known name), a cap in the wrong place, brackets
    /// that are none of a ring, a D residue that does not exist.
    pub fn parse(text: &str) -> Result<Self, SequenceError> {
        let text = text.trim();
        let (inner, is_cyclic) = ring_of(text)?;
        if inner.is_empty() {
            return Err(SequenceError::Empty);
        }
        let library = ResidueLibrary::get();
        let is_one_name = library.find(inner).is_some() || l_name(inner).is_some();
        let residues = if inner.contains('-') || is_one_name {
            three_letter(inner, text)?
        } else {
            check_case(inner)?;
            one_letter(inner, text)?
        };
        let mirrored = residues.iter().enumerate();
        let mirrored = mirrored.filter(|(_, (_, is_mirrored))| *is_mirrored);
        let mirrored = mirrored.map(|(index, _)| index).collect();
        let names: Vec<String> = residues.into_iter().map(|(name, _)| name).collect();
        if is_cyclic {
            check_ring(&names, text)?;
        } else {
            check_caps(&names, text)?;
        }
        Ok(Self {
            names,
            mirrored,
            is_cyclic,
        })
    }

    /// Residue names from the N to the C terminus; D residues have the names of the L residues that they mirror.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Indices of D residues, ascending.
    #[must_use]
    pub fn mirrored(&self) -> &[usize] {
        &self.mirrored
    }

    /// Whether the last residue is joined to the first.
    #[must_use]
    pub fn is_cyclic(&self) -> bool {
        self.is_cyclic
    }

    /// Rename a residue (index from 0) to a variant of itself.
    pub(crate) fn rename(&mut self, residue_index: usize, name: &str) {
        name.clone_into(&mut self.names[residue_index]);
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spelled = self.names.iter().enumerate().map(|(index, name)| {
            match self.mirrored.contains(&index) {
                true => d_name(name),
                false => name.clone(),
            }
        });
        let spelled = spelled.collect::<Vec<_>>().join("-");
        match self.is_cyclic {
            true => write!(formatter, "cyclo({spelled})"),
            false => formatter.write_str(&spelled),
        }
    }
}

/// What stands inside `cyclo(...)`, and whether it does.
fn ring_of(text: &str) -> Result<(&str, bool), SequenceError> {
    let fault = |fault| SequenceError::Brackets {
        sequence: text.to_owned(),
        fault,
    };
    let Some((before, rest)) = text.split_once('(') else {
        return match text.contains(')') {
            true => Err(fault("has a closing bracket without an opening one")),
            false => Ok((text, false)),
        };
    };
    let before = before.trim().trim_end_matches('-');
    if !before.eq_ignore_ascii_case("cyclo") && !before.eq_ignore_ascii_case("cyclic") {
        return Err(fault("has a bracket that does not follow cyclo"));
    }
    if rest.contains('(') {
        return Err(fault("has more than one opening bracket"));
    }
    let Some((inner, after)) = rest.split_once(')') else {
        return Err(fault("has no closing bracket"));
    };
    if !after.trim().is_empty() {
        return Err(fault("goes on after the closing bracket"));
    }
    Ok((inner.trim(), true))
}

/// Name of the L residue and whether the residue is D.
type Parsed = (String, bool);

fn three_letter(inner: &str, text: &str) -> Result<Vec<Parsed>, SequenceError> {
    let library = ResidueLibrary::get();
    inner
        .split('-')
        .enumerate()
        .map(|(index, part)| {
            let name = part.trim().to_ascii_uppercase();
            let l_form = l_name(&name);
            match library.find(l_form.unwrap_or(&name)) {
                Some(residue) => Ok((residue.name.clone(), l_form.is_some())),
                None => Err(SequenceError::UnknownResidue {
                    nearest: library.nearest_name(&name).to_owned(),
                    name,
                    position: index + 1,
                    sequence: text.to_owned(),
                    known: library.known_names(),
                }),
            }
        })
        .collect()
}

/// Refuses `ala`, which may be meant as alanine.
fn check_case(inner: &str) -> Result<(), SequenceError> {
    let name = inner.to_ascii_uppercase();
    if name == inner || ResidueLibrary::get().find(&name).is_none() {
        return Ok(());
    }
    match one_letter(inner, inner) {
        Ok(residues) => {
            let spelled = residues.into_iter().map(
                |(name, is_mirrored)| {
                    if is_mirrored { d_name(&name) } else { name }
                },
            );
            Err(SequenceError::NameOrLetters {
                sequence: inner.to_owned(),
                name,
                spelled: spelled.collect::<Vec<_>>().join("-"),
            })
        }
        Err(error) => Err(error),
    }
}

fn one_letter(inner: &str, text: &str) -> Result<Vec<Parsed>, SequenceError> {
    let library = ResidueLibrary::get();
    let parse = |(index, letter): (usize, char)| {
        let upper = letter.to_ascii_uppercase();
        let position = index + 1;
        let Some(residue) = library.find_one_letter(upper) else {
            return Err(SequenceError::UnknownLetter {
                letter,
                position,
                sequence: text.to_owned(),
            });
        };
        let is_mirrored = letter != upper;
        if is_mirrored && residue.name == "GLY" {
            return Err(SequenceError::NoMirrorImage {
                letter,
                upper,
                position,
                sequence: text.to_owned(),
            });
        }
        Ok((residue.name.clone(), is_mirrored))
    };
    inner.chars().enumerate().map(parse).collect()
}

fn check_ring(names: &[String], text: &str) -> Result<(), SequenceError> {
    let is_cap = |name: &String| matches!(name.as_str(), "ACE" | "NME" | "NHE");
    if let Some(index) = names.iter().position(is_cap) {
        return Err(SequenceError::CapInRing {
            name: names[index].clone(),
            position: index + 1,
            sequence: text.to_owned(),
        });
    }
    if names.len() < 2 {
        return Err(SequenceError::RingTooSmall {
            sequence: text.to_owned(),
            n_residues: names.len(),
        });
    }
    Ok(())
}

fn check_caps(names: &[String], text: &str) -> Result<(), SequenceError> {
    let last = names.len() - 1;
    for (index, name) in names.iter().enumerate() {
        let misplaced = match name.as_str() {
            "ACE" => index != 0,
            "NME" | "NHE" => index != last || index == 0,
            _ => false,
        };
        if misplaced {
            return Err(SequenceError::MisplacedCap {
                name: name.clone(),
                position: index + 1,
                sequence: text.to_owned(),
            });
        }
    }
    let is_cap = |name: &String| matches!(name.as_str(), "ACE" | "NME" | "NHE");
    if names.iter().all(is_cap) {
        return Err(SequenceError::OnlyCaps {
            sequence: text.to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        Sequence::parse(text).unwrap().names().to_vec()
    }

    #[test]
    fn both_forms_and_defaults() {
        assert_eq!(names("ACE-HIS-NHE"), ["ACE", "HIE", "NHE"]);
        assert_eq!(names("ala-glu"), ["ALA", "GLU"]);
        assert_eq!(names("HG"), ["HIE", "GLY"]);
        assert_eq!(names("GLY"), ["GLY"]);
        assert_eq!(names("GLYY"), ["GLY", "LEU", "TYR", "TYR"]);
    }

    #[test]
    fn rings_and_d_residues() {
        let parse = |text: &str| Sequence::parse(text).unwrap();
        let ring = parse("cyclo(GLY-DPN-DHI)");
        assert!(ring.is_cyclic() && !parse("GfH").is_cyclic());
        assert_eq!(ring.names(), ["GLY", "PHE", "HIE"]);
        assert_eq!(ring.mirrored(), [1, 2]);
        assert_eq!(parse(" cyclo( RGDfV ) ").mirrored(), [3]);
        assert_eq!(parse("AaK").mirrored(), [1]);
        assert_eq!(parse("DAL").names(), ["ALA"]);
        assert_eq!(parse("ACE-DVA-NME").to_string(), "ACE-DVA-NME");
        assert_eq!(parse(&ring.to_string()), ring);
    }

    #[test]
    fn faults_of_rings_and_d_residues_are_named() {
        let message = |text: &str| Sequence::parse(text).unwrap_err().to_string();
        let of =
            |text: &str, part: &str| assert!(message(text).contains(part), "{}", message(text));
        of(
            "cyclo(RGDgV)",
            "'g' at position 4 of 'cyclo(RGDgV)' asks for D-glycine",
        );
        of("ala", "one residue ALA");
        of("ala", "DAL-DLE-DAL");
        of("cyclo(RGDfV", "no closing bracket");
        of("RGDfV)", "without an opening one");
        of("ring(RGDfV)", "does not follow cyclo");
        of("cyclo(RGD)fV", "goes on after");
        of("cyclo((RGD))", "more than one opening");
        of("cyclo(ACE-ALA-GLY)", "no ends to cap");
        of("cyclo(A)", "ring of 1 residue");
        of("cyclo()", "empty");
        of("AAxY", "'x' at position 3");
    }

    #[test]
    fn faults_say_what_and_where() {
        let message = |text: &str| Sequence::parse(text).unwrap_err().to_string();
        assert!(message("").contains("empty"));
        assert!(message("  ").contains("empty"));
        let unknown = message("ACE-ALX-NME");
        assert!(
            unknown.contains("'ALX' at position 2") && unknown.contains("mean ALA"),
            "{unknown}"
        );
        assert!(unknown.contains("HID") && unknown.contains("VAL"));
        assert!(message("AAXY").contains("'X' at position 3"));
        assert!(message("ALA-ACE-ALA").contains("cap ACE stands at position 2"));
        assert!(message("NME-ALA").contains("cap NME stands at position 1"));
        assert!(message("ACE-NME").contains("caps only"));
        assert!(message("ACE").contains("caps only"));
        assert!(message("ALA--ALA").contains("position 2"));
    }
}
