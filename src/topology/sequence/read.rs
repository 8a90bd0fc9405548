//! The grammar of sequences: brackets, caps, names and letters.

use super::super::residue_library::ResidueLibrary;
use super::error::SequenceError;
use super::names::{d_name, l_name};

/// What stands inside `cyclo(...)`, and whether it does.
pub(super) fn ring_of(text: &str) -> Result<(&str, bool), SequenceError> {
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

/// The cap before, the one-letter codes and the cap after, of which one may be empty: `ACE-AAAY-NME`. Three letters are a name.
pub(super) fn capped_letters(inner: &str) -> Option<[&str; 3]> {
    let parts: Vec<&str> = inner.split('-').map(str::trim).collect();
    let [before, letters, after] = match parts[..] {
        [before, letters, after] if is_first_cap(before) && is_last_cap(after) => {
            [before, letters, after]
        }
        [before, letters] if is_first_cap(before) => [before, letters, ""],
        [letters, after] if is_last_cap(after) => ["", letters, after],
        _ => return None,
    };
    let library = ResidueLibrary::get();
    let is_name = letters.len() == 3 || library.find(&letters.to_ascii_uppercase()).is_some();
    let is_code = |letter: char| {
        library
            .find_one_letter(letter.to_ascii_uppercase())
            .is_some()
    };
    (!is_name && !letters.is_empty() && letters.chars().all(is_code))
        .then_some([before, letters, after])
}

fn is_first_cap(name: &str) -> bool {
    name.eq_ignore_ascii_case("ACE")
}

fn is_last_cap(name: &str) -> bool {
    ["NME", "NHE", "NH2"]
        .iter()
        .any(|cap| name.eq_ignore_ascii_case(cap))
}

/// Name of the L residue and whether the residue is D.
pub(super) type Parsed = (String, bool);

pub(super) fn three_letter(inner: &str, text: &str) -> Result<Vec<Parsed>, SequenceError> {
    let library = ResidueLibrary::get();
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    inner
        .split('-')
        .enumerate()
        .map(|(index, part)| {
            let name = match part.trim().to_ascii_uppercase() {
                name if name == "NH2" => "NHE".to_owned(),
                name => name,
            };
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
pub(super) fn check_case(inner: &str) -> Result<(), SequenceError> {
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

pub(super) fn one_letter(inner: &str, text: &str) -> Result<Vec<Parsed>, SequenceError> {
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

pub(super) fn check_ring(names: &[String], text: &str) -> Result<(), SequenceError> {
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

pub(super) fn check_caps(names: &[String], text: &str) -> Result<(), SequenceError> {
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
