//! Whether conformations and targets fit a model, whatever computes it.

use super::config::TimewarpConfig;
use super::conformation::{Conformation, Pair};
use super::error::TimewarpError;

/// Checks one conformation against a model's sizes.
///
/// # Errors
/// [`TimewarpError`] for an element outside the vocabulary, an array of the wrong length, or auxiliary variables that are
/// needed and missing.
pub fn check_conformation(
    config: &TimewarpConfig,
    index: usize,
    conformation: &Conformation<'_>,
) -> Result<(), TimewarpError> {
    let Conformation {
        elements,
        positions,
        auxiliaries,
    } = conformation;
    let size = elements.len() * 3;
    check_length("the array of positions", index, positions.len(), size)?;
    let vocabulary = &config.element_vocabulary;
    if let Some(atom_index) = elements.iter().position(|&e| e >= vocabulary.len()) {
        return Err(TimewarpError::Element {
            atom_index,
            got: elements[atom_index],
            n_elements: vocabulary.len(),
            vocabulary: vocabulary.join(", "),
        });
    }
    if !config.ignore_conditional_velocity {
        let own = auxiliaries.ok_or(TimewarpError::NoAuxiliaries { index })?;
        check_length("the array of auxiliaries", index, own.len(), size)?;
    }
    Ok(())
}

/// Checks targets against the numbers of coordinates of the conformations that they name.
///
/// # Errors
/// [`TimewarpError::Length`].
pub fn check_pairs(
    pairs: &[Pair<'_>],
    n_coordinates: impl Fn(usize) -> usize,
) -> Result<(), TimewarpError> {
    for (index, pair) in pairs.iter().enumerate() {
        let size = n_coordinates(pair.state);
        for (what, got) in [
            ("the target's array of positions", pair.positions.len()),
            ("the target's array of auxiliaries", pair.auxiliaries.len()),
        ] {
            check_length(what, index, got, size)?;
        }
    }
    Ok(())
}

pub(super) fn check_length(
    what: &'static str,
    index: usize,
    got: usize,
    expected: usize,
) -> Result<(), TimewarpError> {
    if got == expected {
        return Ok(());
    }
    Err(TimewarpError::Length {
        what,
        index,
        got,
        expected,
    })
}
