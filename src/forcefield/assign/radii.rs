//! AMBER's sets of intrinsic Born radii: bondi, mbondi, mbondi2, mbondi3.

use super::graph::Graph;
use crate::forcefield::system::BornModel;
use crate::topology::Element;

/// Intrinsic Born radius in nm: mbondi for HCT, mbondi2 for OBC, bondi for GBn, mbondi3 for GBn2.
pub(super) fn radius_nm(graph: Graph<'_>, model: BornModel, atom: usize) -> f64 {
    let angstrom = match model {
        BornModel::Hct => mbondi(graph, atom),
        BornModel::Obc1 | BornModel::Obc2 => mbondi2(graph, atom),
        BornModel::Gbn => bondi(graph.element(atom)),
        BornModel::Gbn2 => mbondi3(graph, atom),
    };
    angstrom / 10.0
}

/// Bondi's radii in Å, doi:10.1021/j100785a001.
fn bondi(element: Element) -> f64 {
    match element.symbol() {
        "H" => 1.2,
        "C" | "Cl" => 1.7,
        "N" => 1.55,
        "Si" => 2.1,
        "P" => 1.85,
        "S" => 1.8,
        _ => 1.5,
    }
}

/// The atom a hydrogen is bonded to; the first where a file has several.
fn bonded_element(graph: Graph<'_>, hydrogen: usize) -> Option<Element> {
    let &bonded = graph.neighbors[hydrogen].first()?;
    Some(graph.element(bonded))
}

/// Hydrogens by what they are bonded to, doi:10.1002/1097-0282(2000)56:4<275::AID-BIP10024>3.0.CO;2-E.
fn mbondi(graph: Graph<'_>, atom: usize) -> f64 {
    let element = graph.element(atom);
    if element != Element::HYDROGEN {
        return bondi(element);
    }
    match bonded_element(graph, atom) {
        Some(Element::CARBON | Element::NITROGEN) => 1.3,
        Some(Element::OXYGEN | Element::SULFUR) => 0.8,
        _ => 1.2,
    }
}

/// Only hydrogens on nitrogen differ from Bondi's radii, doi:10.1002/prot.20033.
fn mbondi2(graph: Graph<'_>, atom: usize) -> f64 {
    let element = graph.element(atom);
    if element == Element::HYDROGEN && bonded_element(graph, atom) == Some(Element::NITROGEN) {
        1.3
    } else {
        bondi(element)
    }
}

/// mbondi2 with other radii for carboxylate oxygens and the guanidinium hydrogens of ARG, doi:10.1021/ct3010485.
fn mbondi3(graph: Graph<'_>, atom: usize) -> f64 {
    let name = &graph.topology.atoms[atom].name;
    let residue = graph.topology.atoms[atom].residue_index;
    if is_carboxylate_oxygen(graph, atom) {
        1.4
    } else if graph.topology.residues[residue].name == "ARG"
        && (name.starts_with("HH") || name.starts_with("HE"))
    {
        1.17
    } else {
        mbondi2(graph, atom)
    }
}

/// An oxygen with one bond, to a carbon with three bonds of which another is to oxygen.
///
/// As in OpenMM this includes the carbonyl oxygen of a protonated carboxyl group.
fn is_carboxylate_oxygen(graph: Graph<'_>, atom: usize) -> bool {
    let &[carbon] = graph.neighbors[atom].as_slice() else {
        return false;
    };
    let around = &graph.neighbors[carbon];
    graph.element(atom) == Element::OXYGEN
        && graph.element(carbon) == Element::CARBON
        && around.len() == 3
        && around
            .iter()
            .any(|&other| other != atom && graph.element(other) == Element::OXYGEN)
}
