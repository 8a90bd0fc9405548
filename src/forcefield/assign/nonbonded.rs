//! Charges, Lennard-Jones parameters and the exceptions of bonded pairs.

use std::collections::BTreeMap;

use super::Molecule;
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::system::{Nonbonded, NonbondedException};
use crate::forcefield::xml::definition::NONBONDED_PARAMETERS;

/// Nonbonded parameters of all atoms.
///
/// # Errors
/// [`ForceFieldError::MissingParameters`] for a type without nonbonded parameters.
pub(super) fn assign_nonbonded(molecule: Molecule<'_>) -> Result<Nonbonded, ForceFieldError> {
    let mut nonbonded = Nonbonded::default();
    for residue_index in 0..molecule.topology.residues.len() {
        for atom in molecule.topology.residues[residue_index].atoms.clone() {
            let [charge, sigma, epsilon] = atom_parameters(molecule, residue_index, atom)?;
            nonbonded.charges.push(charge);
            nonbonded.sigmas_nm.push(sigma);
            nonbonded.epsilons_kj_per_mol.push(epsilon);
        }
    }
    nonbonded.exceptions = exceptions(molecule, &nonbonded);
    Ok(nonbonded)
}

/// What the type defines, filled up by the residue template.
fn atom_parameters(
    molecule: Molecule<'_>,
    residue_index: usize,
    atom: usize,
) -> Result<[f64; 3], ForceFieldError> {
    let typing = molecule.typing;
    let template = &molecule.force_field.templates[typing.template_index[residue_index]];
    let from_template = template.atoms[typing.template_atom_index[atom]].parameters;
    let from_type = molecule.force_field.nonbonded[typing.type_index[atom]]
        .ok_or_else(|| molecule.missing("nonbonded", &[atom]))?;
    let mut parameters = [0.0; 3];
    for index in 0..3 {
        parameters[index] = from_type[index]
            .or(from_template[index])
            .ok_or_else(|| molecule.missing(NONBONDED_PARAMETERS[index], &[atom]))?;
    }
    Ok(parameters)
}

/// Number of bonds on the shortest path, for all pairs up to three bonds apart.
fn bond_separations(neighbors: &[Vec<usize>]) -> BTreeMap<[usize; 2], u8> {
    let mut separations = BTreeMap::new();
    for start in 0..neighbors.len() {
        let mut shell = vec![start];
        let mut reached = vec![start];
        for separation in 1..=3 {
            let mut next: Vec<usize> = shell
                .iter()
                .flat_map(|&atom| &neighbors[atom])
                .copied()
                .filter(|atom| !reached.contains(atom))
                .collect();
            next.sort_unstable();
            next.dedup();
            reached.extend(&next);
            let later = next.iter().filter(|&&atom| atom > start);
            separations.extend(later.map(|&atom| ([start, atom], separation)));
            shell = next;
        }
    }
    separations
}

/// One and two bonds apart: no interaction. Three bonds: scaled, with Lorentz-Berthelot mixing.
fn exceptions(molecule: Molecule<'_>, nonbonded: &Nonbonded) -> Vec<NonbondedException> {
    let (coulomb_scale, lennard_jones_scale) = molecule
        .force_field
        .one_four
        .map_or((1.0, 1.0), |scales| (scales.coulomb, scales.lennard_jones));
    let exception = |([first, second], separation): ([usize; 2], u8)| {
        let scaled = separation == 3;
        let epsilons = &nonbonded.epsilons_kj_per_mol;
        NonbondedException {
            atoms: [first, second],
            charge_product: if scaled {
                coulomb_scale * nonbonded.charges[first] * nonbonded.charges[second]
            } else {
                0.0
            },
            sigma_nm: 0.5 * (nonbonded.sigmas_nm[first] + nonbonded.sigmas_nm[second]),
            epsilon_kj_per_mol: if scaled {
                lennard_jones_scale * (epsilons[first] * epsilons[second]).sqrt()
            } else {
                0.0
            },
        }
    };
    bond_separations(molecule.neighbors)
        .into_iter()
        .map(exception)
        .collect()
}
