//! Proper and improper torsions: which definition matches, and the order of an improper's atoms.
//!
//! The order of the three outer atoms of an improper changes its energy slightly. AMBER's own order follows from its
//! input files, so OpenMM has rules that reproduce it; they are followed here to the letter.

use std::collections::BTreeMap;

use super::{Molecule, all_angles};
use crate::forcefield::system::Torsion;
use crate::forcefield::xml::definition::{AtomPattern, ImproperOrdering, TorsionDefinition};
use crate::topology::Element;

/// All torsions of a molecule. A torsion that no definition matches has no energy, which is no error.
pub(super) fn assign_torsions(molecule: Molecule<'_>) -> Vec<Torsion> {
    let mut torsions = Vec::new();
    for atoms in all_propers(molecule.neighbors) {
        if let Some(definition) = matching_proper(molecule, atoms) {
            push_terms(&mut torsions, definition, atoms);
        }
    }
    assign_impropers(molecule, &mut torsions);
    torsions
}

fn push_terms(torsions: &mut Vec<Torsion>, definition: &TorsionDefinition, atoms: [usize; 4]) {
    let terms = definition
        .terms
        .iter()
        .filter(|term| term.k_kj_per_mol != 0.0);
    torsions.extend(terms.map(|term| Torsion {
        atoms,
        periodicity: term.periodicity,
        phase_rad: term.phase_rad,
        k_kj_per_mol: term.k_kj_per_mol,
    }));
}

/// Every chain of three bonds between four different atoms, once, first atom < last atom, sorted.
pub(super) fn all_propers(neighbors: &[Vec<usize>]) -> Vec<[usize; 4]> {
    let mut propers = Vec::new();
    for angle in all_angles(neighbors) {
        let [first, vertex, last] = angle;
        for chain in [[first, vertex, last], [last, vertex, first]] {
            let [start, middle, end] = chain;
            propers.extend(
                neighbors[end]
                    .iter()
                    .filter(|&&next| !chain.contains(&next))
                    .map(|&next| {
                        if start < next {
                            [start, middle, end, next]
                        } else {
                            [next, end, middle, start]
                        }
                    }),
            );
        }
    }
    propers.sort_unstable();
    propers.dedup();
    propers
}

/// The first definition without wildcards, else the first with some.
fn matching_proper(molecule: Molecule<'_>, atoms: [usize; 4]) -> Option<&TorsionDefinition> {
    let types = molecule.types(atoms);
    let matching = || {
        molecule.force_field.propers.iter().filter(|definition| {
            molecule
                .force_field
                .patterns_match_either_way(&definition.patterns, types)
        })
    };
    matching()
        .find(|definition| !definition.has_wildcard())
        .or_else(|| matching().next())
}

/// An atom with three of its neighbours, and the order that a definition puts them in.
struct ImproperMatch<'a> {
    definition: &'a TorsionDefinition,
    /// Positions in `[centre, neighbour, neighbour, neighbour]`.
    order: [usize; 4],
}

fn assign_impropers(molecule: Molecule<'_>, torsions: &mut Vec<Torsion>) {
    // OpenMM orders the first improper of each combination of types and repeats that order for the others.
    let mut known: BTreeMap<[usize; 4], Option<ImproperMatch<'_>>> = BTreeMap::new();
    for atoms in all_impropers(molecule.neighbors) {
        let found = known
            .entry(molecule.types(atoms))
            .or_insert_with(|| matching_improper(molecule, atoms));
        let Some(found) = found else { continue };
        let [first, second, third, fourth] = found.order.map(|position| atoms[position]);
        push_terms(torsions, found.definition, [first, second, third, fourth]);
        if found.definition.ordering == ImproperOrdering::Smirnoff {
            push_terms(torsions, found.definition, [first, third, fourth, second]);
            push_terms(torsions, found.definition, [first, fourth, second, third]);
        }
    }
}

/// Every centre with every three of its neighbours (ascending).
fn all_impropers(neighbors: &[Vec<usize>]) -> Vec<[usize; 4]> {
    let mut impropers = Vec::new();
    for (centre, bonded) in neighbors.iter().enumerate() {
        for (i, &first) in bonded.iter().enumerate() {
            for (j, &second) in bonded.iter().enumerate().skip(i + 1) {
                impropers.extend(
                    bonded[j + 1..]
                        .iter()
                        .map(|&third| [centre, first, second, third]),
                );
            }
        }
    }
    impropers
}

/// The orders in which the three neighbours are tried on the patterns 2 to 4, as positions.
const PERMUTATIONS: [[usize; 3]; 6] = [
    [1, 2, 3],
    [1, 3, 2],
    [2, 1, 3],
    [2, 3, 1],
    [3, 1, 2],
    [3, 2, 1],
];

/// The last matching definition without wildcards, else the first one with some.
fn matching_improper<'a>(molecule: Molecule<'a>, atoms: [usize; 4]) -> Option<ImproperMatch<'a>> {
    let mut found: Option<ImproperMatch<'a>> = None;
    for definition in &molecule.force_field.impropers {
        if found.is_some() && definition.has_wildcard() {
            continue;
        }
        if let Some(outer) = matching_permutation(molecule, definition, atoms) {
            found = Some(ImproperMatch {
                definition,
                order: improper_order(molecule, definition, atoms, outer),
            });
        }
    }
    found
}

fn matching_permutation(
    molecule: Molecule<'_>,
    definition: &TorsionDefinition,
    atoms: [usize; 4],
) -> Option<[usize; 3]> {
    let types = molecule.types(atoms);
    let matches = |pattern: AtomPattern, position: usize| {
        molecule
            .force_field
            .pattern_matches(pattern, types[position])
    };
    let [centre, second, third, fourth] = definition.patterns;
    if !matches(centre, 0) {
        return None;
    }
    PERMUTATIONS
        .into_iter()
        .find(|&[a, b, c]| matches(second, a) && matches(third, b) && matches(fourth, c))
}

/// Positions of the four atoms in the order that defines the torsion angle; `outer` are those matching patterns 2 to 4.
fn improper_order(
    molecule: Molecule<'_>,
    definition: &TorsionDefinition,
    atoms: [usize; 4],
    outer: [usize; 3],
) -> [usize; 4] {
    let [second, third, fourth] = outer;
    match definition.ordering {
        ImproperOrdering::Charmm if !definition.has_wildcard() => [0, second, third, fourth],
        ImproperOrdering::Smirnoff => [0, second, third, fourth],
        ImproperOrdering::Default | ImproperOrdering::Charmm => {
            let [first, second] = order_by_element(molecule, atoms, [second, third]);
            [first, second, 0, fourth]
        }
        ImproperOrdering::Amber => {
            let [first, second, fourth] =
                amber_order(molecule, atoms, outer, definition.has_wildcard());
            [first, second, 0, fourth]
        }
    }
}

/// Carbon first, then heavier before lighter; equal elements by atom index.
fn order_by_element(molecule: Molecule<'_>, atoms: [usize; 4], pair: [usize; 2]) -> [usize; 2] {
    let [first, second] = pair;
    let first_element = molecule.element(atoms[first]);
    let second_element = molecule.element(atoms[second]);
    let swap = if first_element == second_element {
        atoms[first] > atoms[second]
    } else {
        first_element != Element::CARBON
            && (second_element == Element::CARBON
                || first_element.mass_da() < second_element.mass_da())
    };
    if swap { [second, first] } else { pair }
}

/// Three exchanges: the outer atoms that are alike come in the order of residue and template atom.
///
/// Alike are atoms of one type, or, where the definition has wildcards, of one element; the last exchange, between the
/// first two, then needs no likeness.
fn amber_order(
    molecule: Molecule<'_>,
    atoms: [usize; 4],
    outer: [usize; 3],
    has_wildcard: bool,
) -> [usize; 3] {
    let rank = |position: usize| {
        let atom = atoms[position];
        (
            molecule.topology.atoms[atom].residue_index,
            molecule.typing.template_atom_index[atom],
        )
    };
    let alike = |a: usize, b: usize| {
        if has_wildcard {
            molecule.element(atoms[a]) == molecule.element(atoms[b])
        } else {
            molecule.typing.type_index[atoms[a]] == molecule.typing.type_index[atoms[b]]
        }
    };
    let [mut second, mut third, mut fourth] = outer;
    if alike(second, fourth) && rank(second) > rank(fourth) {
        std::mem::swap(&mut second, &mut fourth);
    }
    if alike(third, fourth) && rank(third) > rank(fourth) {
        std::mem::swap(&mut third, &mut fourth);
    }
    if (has_wildcard || alike(second, third)) && rank(second) > rank(third) {
        std::mem::swap(&mut second, &mut third);
    }
    [second, third, fourth]
}
