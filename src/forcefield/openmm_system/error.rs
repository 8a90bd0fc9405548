//! What can be wrong with a serialized System and its PDB or mmCIF file, and whether the two are of one molecule.

use std::path::{Path, PathBuf};

use crate::forcefield::error::ForceFieldError;
use crate::forcefield::system::System;
use crate::topology::{Element, PdbError, Topology};

/// Why a serialized OpenMM System cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenmmSystemError {
    /// The XML file cannot be read.
    #[error("cannot read the serialized System {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A fault in the XML file, with its line.
    #[error(transparent)]
    Xml(#[from] ForceFieldError),
    /// A fault in the PDB or mmCIF file, with its line.
    #[error(transparent)]
    Pdb(#[from] PdbError),
    /// The files have different numbers of atoms.
    #[error(
        "{system} has {n_particles} particles, but {pdb} has {n_atoms} atoms: expected the topology that the System was made of, every atom in the same order; write both at once, `PDBFile.writeFile(topology, positions, file)` beside `XmlSerializer.serialize(system)`"
    )]
    Sizes {
        /// The XML file.
        system: PathBuf,
        /// Its particles.
        n_particles: usize,
        /// The PDB or mmCIF file.
        pdb: PathBuf,
        /// Its atoms.
        n_atoms: usize,
    },
    /// An atom of that file is not what the System has in its place.
    #[error(
        "atom {number}, {label}, is {element} in {pdb}, but its mass in {system} is {mass_da} Da, that of {mass_of}: expected the same order of atoms in both; write both at once, `PDBFile.writeFile(topology, positions, file)` beside `XmlSerializer.serialize(system)`"
    )]
    Order {
        /// The XML file.
        system: PathBuf,
        /// The PDB or mmCIF file.
        pdb: PathBuf,
        /// Place of the atom, from 1.
        number: usize,
        /// `ALA 2 CB`.
        label: String,
        /// Its element there.
        element: &'static str,
        /// Mass of the System.
        mass_da: f64,
        /// Element that has this mass.
        mass_of: &'static str,
    },
}

/// Heaviest hydrogen that repartitioning of masses is known to make.
const HEAVIEST_HYDROGEN_DA: f64 = 4.6;
/// Lightest heavy atom that it leaves.
const LIGHTEST_HEAVY_ATOM_DA: f64 = 1.9;
/// How near a mass is to that of the element it is of.
const SAME_MASS_DA: f64 = 0.06;

/// Elements that tell an order of atoms from another.
const TELLING: [Element; 6] = [
    Element::HYDROGEN,
    Element::CARBON,
    Element::NITROGEN,
    Element::OXYGEN,
    Element::PHOSPHORUS,
    Element::SULFUR,
];

/// Whether every atom may have its mass, moved hydrogen masses allowed for. Masses that are all alike tell nothing.
pub(super) fn check_masses(
    topology: &Topology,
    system: &System,
    [xml, pdb]: [&Path; 2],
) -> Result<(), OpenmmSystemError> {
    let masses = &system.masses_da;
    let all_alike = masses.windows(2).all(|pair| pair[0] == pair[1]);
    if all_alike {
        return Ok(());
    }
    for (atom, (&mass_da, entry)) in masses.iter().zip(&topology.atoms).enumerate() {
        let element = entry.element;
        let is_of = |other: &&Element| (mass_da - other.mass_da()).abs() < SAME_MASS_DA;
        let is_moved = match element == Element::HYDROGEN {
            true => mass_da < HEAVIEST_HYDROGEN_DA,
            false => (LIGHTEST_HEAVY_ATOM_DA..element.mass_da()).contains(&mass_da),
        };
        let fits = is_of(&&element) || is_moved;
        if let Some(other) = TELLING.iter().find(is_of).filter(|_| !fits) {
            return Err(OpenmmSystemError::Order {
                system: xml.to_owned(),
                pdb: pdb.to_owned(),
                number: atom + 1,
                label: topology.label(atom),
                element: element.symbol(),
                mass_da,
                mass_of: other.symbol(),
            });
        }
    }
    Ok(())
}
