//! Peptide sequences as users type them, three-letter or one-letter.

use super::residue_library::ResidueLibrary;
use std::fmt;
use thiserror::Error;

/// Residue names from the N to the C terminus, caps included: `ACE ALA NME`.
///
/// ```
/// use saltus::topology::Sequence;
/// let capped = Sequence::parse("ACE-ALA-NME")?;
/// assert_eq!(capped.names(), ["ACE", "ALA", "NME"]);
/// assert_eq!(Sequence::parse("AAAY")?.names(), ["ALA", "ALA", "ALA", "TYR"]);
/// assert_eq!(Sequence::parse("ALA")?.names(), ["ALA"]);
/// # Ok::<(), saltus::topology::SequenceError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    names: Vec<String>,
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
         ACDEFGHIKLMNPQRSTVWY (three-letter names are joined by hyphens, as in ACE-ALA-NME)"
    )]
    UnknownLetter {
        /// What was typed.
        letter: char,
        /// Position from 1.
        position: usize,
        /// The whole sequence.
        sequence: String,
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
    /// on NE2. Case does not matter with hyphens; white space around names is ignored.
    ///
    /// # Errors
    /// [`SequenceError`] for an empty sequence, an unknown residue (with the nearest known name), a cap in the wrong place.
    pub fn parse(text: &str) -> Result<Self, SequenceError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(SequenceError::Empty);
        }
        let library = ResidueLibrary::get();
        let names = if text.contains('-') || library.find(text).is_some() {
            three_letter(text)?
        } else {
            one_letter(text)?
        };
        check_caps(&names, text)?;
        Ok(Self { names })
    }

    /// Residue names from the N to the C terminus.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Rename a residue (index from 0) to a variant of itself.
    pub(crate) fn rename(&mut self, residue_index: usize, name: &str) {
        name.clone_into(&mut self.names[residue_index]);
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.names.join("-"))
    }
}

fn three_letter(text: &str) -> Result<Vec<String>, SequenceError> {
    let library = ResidueLibrary::get();
    text.split('-')
        .enumerate()
        .map(|(index, part)| {
            let name = part.trim().to_ascii_uppercase();
            match library.find(&name) {
                Some(residue) => Ok(residue.name.clone()),
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

fn one_letter(text: &str) -> Result<Vec<String>, SequenceError> {
    let library = ResidueLibrary::get();
    text.chars()
        .enumerate()
        .map(|(index, letter)| match library.find_one_letter(letter) {
            Some(residue) => Ok(residue.name.clone()),
            None => Err(SequenceError::UnknownLetter {
                letter,
                position: index + 1,
                sequence: text.to_owned(),
            }),
        })
        .collect()
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
