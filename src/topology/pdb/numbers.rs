//! Chain letters and residue numbers such that no two residues share both: the file's, changed where they must.

use super::record::RawResidue;
use super::source::Source;
use std::collections::HashSet;

/// Letters that a chain may be given.
pub(super) const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Chain letter and number of every residue, each pair once.
///
/// A cap that shares the number of its neighbour takes the one beside it. Where insertion codes make two residues of a chain share a number,
/// the later one and those after it are shifted; a second chain of the same letter and numbers gets a letter of its own.
pub(super) fn assign(residues: &[RawResidue], file: Source<'_>) -> Vec<(char, i32)> {
    let mut used: HashSet<(char, i32)> = HashSet::new();
    let mut numbers: Vec<(char, i32)> = Vec::with_capacity(residues.len());
    let mut start = 0;
    while start < residues.len() {
        let end = (start + 1..residues.len())
            .find(|&index| residues[index].first || residues[index].id.0 != residues[start].id.0)
            .unwrap_or(residues.len());
        let piece = &residues[start..end];
        let proposed = shifted(piece, file);
        let letter = piece[0].id.0;
        let taken = proposed
            .iter()
            .any(|&number| used.contains(&(letter, number)));
        let letter = if taken {
            let other = free_letter(residues, &used).unwrap_or(letter);
            log::warn!(
                "{file}:{}: residue {} begins a second chain of the same letter and numbers: it is called chain {other}",
                piece[0].line(),
                piece[0].label()
            );
            other
        } else {
            letter
        };
        for number in proposed {
            used.insert((letter, number));
            numbers.push((letter, number));
        }
        start = end;
    }
    numbers
}

fn free_letter(residues: &[RawResidue], used: &HashSet<(char, i32)>) -> Option<char> {
    let stated = |letter: char| residues.iter().any(|residue| residue.id.0 == letter);
    let given = |letter: char| used.iter().any(|&(other, _)| other == letter);
    LETTERS
        .chars()
        .find(|&letter| !stated(letter) && !given(letter))
}

/// Numbers of the residues of one chain, each once.
fn shifted(piece: &[RawResidue], file: Source<'_>) -> Vec<i32> {
    let mut shift = 0;
    let mut numbers: Vec<i32> = Vec::with_capacity(piece.len());
    for (index, residue) in piece.iter().enumerate() {
        let (_, number, _) = residue.id;
        let next = piece.get(index + 1).map(|next| next.id.1);
        if index == 0 && residue.is_cap() && next == Some(number) {
            numbers.push(number - 1);
            continue;
        }
        if numbers.contains(&(number + shift)) {
            let mut free = numbers[index - 1] + 1;
            while numbers.contains(&free) {
                free += 1;
            }
            shift = free - number;
            log::warn!(
                "{file}:{}: residue {} shares its number with another one (insertion codes are not kept): it and those after it \
                 are renumbered by {shift}",
                residue.line(),
                residue.label()
            );
        }
        numbers.push(number + shift);
    }
    numbers
}
