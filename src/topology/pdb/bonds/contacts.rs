//! Heavy atoms at bonding distance that no bond joins: rings, cross-links and clashes that a linear peptide does not have.

use crate::topology::Topology;
use crate::topology::element::Element;
use crate::topology::internal_coordinates::Point;
use crate::topology::pdb::error::PdbError;
use crate::topology::pdb::source::Source;

/// Two atoms nearer than this times the sum of their covalent radii are bonded.
///
/// Bonds of the four elements are within 1.1 of the sum; the closest atoms that are not bonded, those two bonds apart, stay above 1.45,
/// hydrogen bonds above 1.7: deposited models have none in between.
const BONDED_FACTOR: f64 = 1.2;

/// Covalent radius in nm (Cordero et al., doi:10.1039/b801115j).
fn covalent_radius_nm(element: Element) -> f64 {
    match element {
        Element::NITROGEN => 0.071,
        Element::OXYGEN => 0.066,
        Element::SULFUR => 0.105,
        _ => 0.076,
    }
}

/// Refuse the molecule if heavy atoms at bonding distance are neither bonded nor neighbours of one atom.
///
/// # Errors
/// [`PdbError::CovalentContact`] with the names of the closest pair.
pub(in crate::topology::pdb) fn check(
    topology: &Topology,
    positions: &[Option<Point>],
    lines: &[Option<usize>],
    file: Source<'_>,
) -> Result<(), PdbError> {
    let contacts = find(topology, positions);
    let closest = contacts.iter().min_by(|a, b| a.1.total_cmp(&b.1));
    let Some(&([first, second], distance_nm)) = closest else {
        return Ok(());
    };
    let others = match contacts.len() {
        1 => String::new(),
        n => format!(" (and {} more such pairs)", n - 1),
    };
    Err(PdbError::CovalentContact {
        file: file.to_string(),
        line: lines[second].unwrap_or(1),
        first: topology.label(first),
        second: topology.label(second),
        distance_nm,
        others,
    })
}

/// Pairs first < second with their distance in nm.
fn find(topology: &Topology, positions: &[Option<Point>]) -> Vec<([usize; 2], f64)> {
    let neighbors = topology.neighbors();
    let mut heavy: Vec<(usize, Point, f64)> = (0..topology.n_atoms())
        .filter(|&atom| topology.atoms[atom].element != Element::HYDROGEN)
        .filter_map(|atom| {
            let radius = covalent_radius_nm(topology.atoms[atom].element);
            Some((atom, positions[atom]?, radius))
        })
        .collect();
    heavy.sort_by(|a, b| a.1.x.total_cmp(&b.1.x));
    let longest = BONDED_FACTOR * 2.0 * covalent_radius_nm(Element::SULFUR);
    let mut contacts = Vec::new();
    for (rank, &(i, here, radius)) in heavy.iter().enumerate() {
        for &(j, there, other_radius) in &heavy[rank + 1..] {
            if there.x - here.x > longest {
                break;
            }
            let distance_nm = (there - here).norm();
            let near = distance_nm < BONDED_FACTOR * (radius + other_radius);
            let related = || {
                neighbors[i].contains(&j) || neighbors[i].iter().any(|n| neighbors[j].contains(n))
            };
            if near && !related() {
                contacts.push(([i.min(j), i.max(j)], distance_nm));
            }
        }
    }
    contacts
}
