//! Ties a force field to a molecule: from a topology to the parameter lists of a [`System`].

pub(super) mod correction_map;
pub(super) mod graph;
pub(super) mod hydrogens;
pub(super) mod neck;
mod neck_tables;
pub(super) mod nonbonded;
pub(super) mod radii;
pub(super) mod solvent;
mod template;
pub(super) mod template_choice;
pub(super) mod torsion;
use self::graph::Graph;
use self::hydrogens::{heavier_hydrogens, rigid_bonds};
use self::template_choice::{Typing, match_all};
use super::error::ForceFieldError;
use super::limits::Limits;
use super::options::SystemOptions;
use super::system::{Angle, Bond, DistanceConstraint, System};
use super::xml::definition::{ForceField, HarmonicDefinition};
use crate::topology::{Element, Topology};

/// A molecule under assignment: its topology, neighbours and types.
#[derive(Clone, Copy)]
pub(crate) struct Molecule<'a> {
    pub(super) force_field: &'a ForceField,
    pub(super) topology: &'a Topology,
    pub(super) neighbors: &'a [Vec<usize>],
    pub(super) typing: &'a Typing,
}

impl Molecule<'_> {
    pub(super) fn types<const N: usize>(&self, atoms: [usize; N]) -> [usize; N] {
        atoms.map(|atom| self.typing.type_index[atom])
    }

    pub(super) fn element(&self, atom: usize) -> Element {
        self.graph().element(atom)
    }

    /// Without the force field.
    fn graph(&self) -> Graph<'_> {
        Graph {
            topology: self.topology,
            neighbors: self.neighbors,
        }
    }

    pub(super) fn missing(&self, term: &'static str, atoms: &[usize]) -> ForceFieldError {
        let labels: Vec<String> = atoms
            .iter()
            .map(|&atom| self.topology.label(atom))
            .collect();
        let types: Vec<String> = atoms
            .iter()
            .map(|&atom| self.force_field.type_label(self.typing.type_index[atom]))
            .collect();
        ForceFieldError::MissingParameters {
            term,
            atoms: labels.join(" - "),
            types: types.join(" - "),
        }
    }

    /// The first definition that matches, in either direction.
    fn harmonic<const N: usize>(
        &self,
        definitions: &'_ [HarmonicDefinition<N>],
        term: &'static str,
        atoms: [usize; N],
    ) -> Result<(f64, f64), ForceFieldError> {
        let types = self.types(atoms);
        definitions
            .iter()
            .find(|definition| {
                self.force_field
                    .patterns_match_either_way(&definition.patterns, types)
            })
            .map(|definition| (definition.equilibrium, definition.force_constant))
            .ok_or_else(|| self.missing(term, &atoms))
    }
}

impl ForceField {
    /// Assigns parameters to every atom, bond, angle, torsion and pair of a molecule, as OpenMM's
    /// `ForceField.createSystem` does; a bond or an angle without parameters, which OpenMM drops, is an error.
    ///
    /// # Errors
    /// [`ForceFieldError`] that names the residue or the atoms.
    pub fn assign(
        &self,
        topology: &Topology,
        options: &SystemOptions,
    ) -> Result<System, ForceFieldError> {
        options.check()?;
        let neighbors = topology.neighbors();
        let typing = match_all(self, topology, &neighbors)?;
        let molecule = Molecule {
            force_field: self,
            topology,
            neighbors: &neighbors,
            typing: &typing,
        };
        let (correction_maps, mapped_torsions) = correction_map::assign_maps(molecule);
        let (bonds, constraints) = assign_bonds(molecule, options.constrain_hydrogen_bonds)?;
        Ok(System {
            masses_da: heavier_hydrogens(
                molecule.graph(),
                plausible_masses(molecule)?,
                options.hydrogen_mass_da,
            )?,
            bonds,
            angles: assign_angles(molecule)?,
            torsions: torsion::assign_torsions(molecule),
            harmonic_torsions: Vec::new(),
            correction_maps,
            mapped_torsions,
            nonbonded: nonbonded::assign_nonbonded(molecule)?,
            implicit_solvent: options
                .solvent
                .map(|model| solvent::assign_implicit_solvent(molecule.graph(), model, options))
                .transpose()?,
            constraints,
        })
    }
}

fn assign_bonds(
    molecule: Molecule<'_>,
    constrain_hydrogen_bonds: bool,
) -> Result<(Vec<Bond>, Vec<DistanceConstraint>), ForceFieldError> {
    let bond = |&atoms: &[usize; 2]| {
        let (length_nm, k) = molecule.harmonic(&molecule.force_field.bonds, "bond", atoms)?;
        Ok(Bond {
            atoms,
            length_nm,
            k_kj_per_mol_nm2: k,
        })
    };
    let bonds: Result<Vec<Bond>, ForceFieldError> =
        molecule.topology.bonds.iter().map(bond).collect();
    Ok(rigid_bonds(
        molecule.graph(),
        bonds?,
        constrain_hydrogen_bonds,
    ))
}

/// Every pair of neighbours of an atom, sorted by atoms.
pub(super) fn all_angles(neighbors: &[Vec<usize>]) -> Vec<[usize; 3]> {
    let mut angles = Vec::new();
    for (vertex, bonded) in neighbors.iter().enumerate() {
        for (position, &first) in bonded.iter().enumerate() {
            angles.extend(
                bonded[position + 1..]
                    .iter()
                    .map(|&last| [first, vertex, last]),
            );
        }
    }
    angles.sort_unstable();
    angles
}

fn assign_angles(molecule: Molecule<'_>) -> Result<Vec<Angle>, ForceFieldError> {
    let mut angles = Vec::new();
    for atoms in all_angles(molecule.neighbors) {
        let (angle_rad, k) = molecule.harmonic(&molecule.force_field.angles, "angle", atoms)?;
        if k != 0.0 {
            angles.push(Angle {
                atoms,
                angle_rad,
                k_kj_per_mol_rad2: k,
            });
        }
    }
    Ok(angles)
}

/// Masses as the types have them. Checked here and not where types are read: files may define massless sites that no atom is.
fn plausible_masses(molecule: Molecule<'_>) -> Result<Vec<f64>, ForceFieldError> {
    let Limits {
        least,
        most,
        expected,
    } = Limits::MASS;
    let types = molecule.typing.type_index.iter().enumerate();
    let mass = |(atom, &type_index): (usize, &usize)| {
        let mass_da = molecule.force_field.types[type_index].mass_da;
        if (least..=most).contains(&mass_da) {
            return Ok(mass_da);
        }
        Err(ForceFieldError::Mass {
            atom: molecule.topology.label(atom),
            type_label: molecule.force_field.type_label(type_index),
            mass_da,
            expected,
        })
    };
    types.map(mass).collect()
}
