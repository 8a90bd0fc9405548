//! Energy maps: which chains of five atoms have one.

use super::Molecule;
use super::torsion::all_propers;
use crate::forcefield::system::{CorrectionMap, MappedTorsions};
use crate::forcefield::xml::definition::{AtomPattern, MapDefinition};
use std::collections::BTreeMap;

/// The maps that a molecule uses, and where. A chain that no definition matches has none, which is no error.
///
/// A chain has one map, read in the direction of its definition. OpenMM (8.6) finds a chain twice where its ends have the
/// reverse order of its inner atoms, as where a ring closes, and then adds the map a second time, transposed.
pub(super) fn assign_maps(molecule: Molecule<'_>) -> (Vec<CorrectionMap>, Vec<MappedTorsions>) {
    let (mut maps, mut mapped) = (Vec::new(), Vec::new());
    if molecule.force_field.mapped_chains.is_empty() {
        return (maps, mapped);
    }
    let mut places = BTreeMap::new();
    for chain in all_chains(molecule.neighbors) {
        let Some((definition, [v, w, x, y, z])) = matching_chain(molecule, chain) else {
            continue;
        };
        let map = *places.entry(definition.map).or_insert_with(|| {
            maps.push(molecule.force_field.correction_maps[definition.map].clone());
            maps.len() - 1
        });
        mapped.push(MappedTorsions {
            map,
            atoms: [[v, w, x, y], [w, x, y, z]],
        });
    }
    (maps, mapped)
}

/// Every chain of four bonds between five different atoms, once, sorted.
fn all_chains(neighbors: &[Vec<usize>]) -> Vec<[usize; 5]> {
    let mut chains = Vec::new();
    for proper in all_propers(neighbors) {
        let [first, second, third, fourth] = proper;
        for [a, b, c, d] in [proper, [fourth, third, second, first]] {
            let next = neighbors[d].iter().filter(|atom| !proper.contains(atom));
            chains.extend(next.map(|&e| {
                if a < e {
                    [a, b, c, d, e]
                } else {
                    [e, d, c, b, a]
                }
            }));
        }
    }
    chains.sort_unstable();
    chains.dedup();
    chains
}

/// The first definition without wildcards, else the first with some; and the chain in the direction in which it matches.
fn matching_chain(
    molecule: Molecule<'_>,
    chain: [usize; 5],
) -> Option<(&MapDefinition, [usize; 5])> {
    let mut reversed = chain;
    reversed.reverse();
    let matching = |definition: &'_ MapDefinition| {
        [chain, reversed].into_iter().find(|&atoms| {
            molecule
                .force_field
                .patterns_match(&definition.patterns, &molecule.types(atoms))
        })
    };
    let definitions = || {
        let all = molecule.force_field.mapped_chains.iter();
        all.filter_map(|definition| Some((definition, matching(definition)?)))
    };
    definitions()
        .find(|(definition, _)| !definition.patterns.contains(&AtomPattern::Any))
        .or_else(|| definitions().next())
}
