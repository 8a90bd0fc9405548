//! AMBER's sets of intrinsic Born radii: bondi, mbondi, mbondi2, mbondi3.

use super::Molecule;
use crate::forcefield::system::BornModel;
use crate::topology::Element;

/// Intrinsic Born radius in nm: mbondi for HCT, mbondi2 for OBC, bondi for GBn, mbondi3 for GBn2.
pub(crate) fn radius_nm(molecule: Molecule<'_>, model: BornModel, atom: usize) -> f64 {
    let angstrom = match model {
        BornModel::Hct => mbondi(molecule, atom),
        BornModel::Obc1 | BornModel::Obc2 => mbondi2(molecule, atom),
        BornModel::Gbn => bondi(molecule.element(atom)),
        BornModel::Gbn2 => mbondi3(molecule, atom),
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
fn bonded_element(molecule: Molecule<'_>, hydrogen: usize) -> Option<Element> {
    let &bonded = molecule.neighbors[hydrogen].first()?;
    Some(molecule.element(bonded))
}

/// Hydrogens by what they are bonded to, doi:10.1002/1097-0282(2000)56:4<275::AID-BIP10024>3.0.CO;2-E.
fn mbondi(molecule: Molecule<'_>, atom: usize) -> f64 {
    let element = molecule.element(atom);
    if element != Element::HYDROGEN {
        return bondi(element);
    }
    match bonded_element(molecule, atom) {
        Some(Element::CARBON | Element::NITROGEN) => 1.3,
        Some(Element::OXYGEN | Element::SULFUR) => 0.8,
        _ => 1.2,
    }
}

/// Only hydrogens on nitrogen differ from Bondi's radii, doi:10.1002/prot.20033.
fn mbondi2(molecule: Molecule<'_>, atom: usize) -> f64 {
    let element = molecule.element(atom);
    if element == Element::HYDROGEN && bonded_element(molecule, atom) == Some(Element::NITROGEN) {
        1.3
    } else {
        bondi(element)
    }
}

/// mbondi2 with other radii for carboxylate oxygens and the guanidinium hydrogens of ARG, doi:10.1021/ct3010485.
fn mbondi3(molecule: Molecule<'_>, atom: usize) -> f64 {
    let name = &molecule.topology.atoms[atom].name;
    let residue = molecule.topology.atoms[atom].residue_index;
    if is_carboxylate_oxygen(molecule, atom) {
        1.4
    } else if molecule.topology.residues[residue].name == "ARG"
        && (name.starts_with("HH") || name.starts_with("HE"))
    {
        1.17
    } else {
        mbondi2(molecule, atom)
    }
}

/// An oxygen with one bond, to a carbon with three bonds of which another is to oxygen.
///
/// As in OpenMM this includes the carbonyl oxygen of a protonated carboxyl group.
fn is_carboxylate_oxygen(molecule: Molecule<'_>, atom: usize) -> bool {
    let &[carbon] = molecule.neighbors[atom].as_slice() else {
        return false;
    };
    let around = &molecule.neighbors[carbon];
    molecule.element(atom) == Element::OXYGEN
        && molecule.element(carbon) == Element::CARBON
        && around.len() == 3
        && around
            .iter()
            .any(|&other| other != atom && molecule.element(other) == Element::OXYGEN)
}
