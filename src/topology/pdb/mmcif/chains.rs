//! One letter for every chain, as PDB files and messages have them: names of more letters (`AAA`, `A-2`) get a free one.

use super::fault::CifFault;
use crate::topology::pdb::numbers::LETTERS;
use crate::topology::pdb::source::Source;
use std::collections::HashMap;

/// Letters of chains by their names in the file.
#[derive(Debug, Default)]
pub(super) struct Chains<'a> {
    letters: HashMap<&'a str, char>,
}

impl<'a> Chains<'a> {
    /// Letters for names in the order of the file; what is called by one letter keeps it.
    ///
    /// # Errors
    /// [`CifFault::TooManyChains`].
    pub(super) fn assign(
        names: impl Iterator<Item = &'a str>,
        source: Source<'_>,
    ) -> Result<Self, CifFault> {
        let mut order: Vec<&str> = Vec::new();
        let mut letters: HashMap<&str, char> = HashMap::new();
        for name in names {
            if order.last() == Some(&name) || letters.contains_key(name) {
                continue;
            }
            let mut characters = name.chars();
            let letter = match (characters.next(), characters.next()) {
                (Some(letter), None) => letter,
                // No letter yet.
                _ => '\0',
            };
            letters.insert(name, letter);
            order.push(name);
        }
        let mut said = Vec::new();
        for name in &order {
            if letters[name] != '\0' {
                continue;
            }
            let taken = |letter: char| letters.values().any(|&other| other == letter);
            let free = LETTERS.chars().find(|&letter| !taken(letter));
            let letter = free.ok_or(CifFault::TooManyChains {
                n_chains: order.len(),
                most: LETTERS.len(),
            })?;
            letters.insert(name, letter);
            said.push(format!("{name} {letter}"));
        }
        if !said.is_empty() {
            log::warn!(
                "{source}: chains whose names have more than one letter are called by a free one: {}",
                said.join(", ")
            );
        }
        Ok(Self { letters })
    }

    /// The letter of a chain; a blank for one without name or atoms that count.
    pub(super) fn letter(&self, name: Option<&str>) -> char {
        name.and_then(|name| self.letters.get(name).copied())
            .unwrap_or(' ')
    }
}
