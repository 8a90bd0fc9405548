//! chi torsions: by the IUPAC's names of amino acids, else along the branch with the most heavy atoms.

use super::backbone::Backbone;
use super::graph::{beyond, bridges};
use super::named::{NamedTorsion, TorsionKind, named};
use crate::topology::Topology;
use crate::topology::element::Element;
use crate::topology::residue_library::ResidueLibrary;
use std::cmp::Reverse;

/// chi torsions of one residue, chi1 first.
pub(super) fn chi_torsions(
    topology: &Topology,
    neighbors: &[Vec<usize>],
    backbone: Backbone,
    residue_index: usize,
) -> Vec<NamedTorsion> {
    let quadruples = match ResidueLibrary::get().find(&topology.residues[residue_index].name) {
        Some(template) => {
            let find = |name: &String| topology.atom_index(residue_index, name);
            let of = |atoms: &[String; 4]| match atoms.each_ref().map(find) {
                [Some(a), Some(b), Some(c), Some(d)] => Some([a, b, c, d]),
                _ => None,
            };
            let chis = template.chi.iter();
            chis.map(|chi| of(&chi.atoms)).collect()
        }
        None => by_graph(topology, neighbors, backbone),
    };
    (1..)
        .zip(quadruples)
        .filter_map(|(number, atoms)| {
            Some(named(
                topology,
                residue_index,
                TorsionKind::Chi(number),
                atoms?,
            ))
        })
        .collect()
}

/// From CA outwards, at every fork to the neighbour that most heavy atoms follow, as long as the bonds turn.
fn by_graph(
    topology: &Topology,
    neighbors: &[Vec<usize>],
    backbone: Backbone,
) -> Vec<Option<[usize; 4]>> {
    let Backbone {
        nitrogen: Some(nitrogen),
        alpha: Some(alpha),
        carbonyl: Some(carbonyl),
    } = backbone
    else {
        return Vec::new();
    };
    let bridges = bridges(neighbors);
    let turns = |a: usize, b: usize| bridges.binary_search(&[a.min(b), a.max(b)]).is_ok();
    let heavy = |atom: &usize| topology.atoms[*atom].element != Element::HYDROGEN;
    let onward = |from: usize, but: [usize; 2]| {
        let others = neighbors[from].iter().copied();
        let others = others.filter(|n| heavy(n) && !but.contains(n));
        others.min_by_key(|&n| {
            let behind = beyond(neighbors, from, n);
            (Reverse(behind.iter().filter(|n| heavy(n)).count()), n)
        })
    };
    let mut found = Vec::new();
    let (mut far, mut from) = (nitrogen, alpha);
    let mut to = onward(alpha, [nitrogen, carbonyl]);
    while let Some(atom) = to.filter(|&atom| turns(from, atom) && found.len() < 9) {
        let Some(last) = onward(atom, [from, from]) else {
            break;
        };
        found.push(Some([far, from, atom, last]));
        (far, from, to) = (from, atom, Some(last));
    }
    found
}
