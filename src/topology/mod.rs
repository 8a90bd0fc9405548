//! What a molecule is made of: atoms, residues, bonds. Coordinates are read and built here but never evolve here.

mod building;
mod chirality;
mod element;
pub mod inpcrd;
pub mod pdb;
mod residue_library;
mod sequence;
mod stereo;
mod torsions;

pub(crate) use crate::vector::{self as internal_coordinates, Point, place, point, torsion};
pub use building::{BuildError, CrossLink, build, build_linked};
pub use chirality::{CenterKind, ChiralCenter, chiral_centers};
pub use element::Element;
pub use inpcrd::InpcrdError;
pub use pdb::PdbError;
pub use residue_library::{ResidueLibrary, ResidueTemplate, TemplateAtom, TemplateTorsion};
pub use sequence::{Sequence, SequenceError};
pub use stereo::Stereo;
pub(crate) use torsions::graph;
pub use torsions::{
    NamedTorsion, PeptideBond, PuckerRing, RotatableBond, TorsionKind, backbone_torsions,
    named_torsions, peptide_bonds, pucker_rings, rotatable_bonds, terminal_psi_torsions,
    torsion_rad,
};

use std::ops::Range;

/// One atom: its name follows the PDB (remediated, version 3) nomenclature, `HB2`/`HB3` not `1HB`/`2HB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Atom {
    /// Name, unique within its residue: `CA`, `HB2`.
    pub name: String,
    /// Chemical element.
    pub element: Element,
    /// Index into [`Topology::residues`].
    pub residue_index: usize,
}

/// One residue, cap included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Residue {
    /// Name that tells the protonation state apart: `ALA`, `HID`, `ASH`, `CYX`, `ACE`, ... (terminal variants keep the plain name).
    pub name: String,
    /// Chain letter as in the PDB file, `A` for a built molecule.
    pub chain: char,
    /// Residue number as in the PDB file, from 1 for a built molecule.
    pub number: i32,
    /// Its atoms, contiguous in [`Topology::atoms`].
    pub atoms: Range<usize>,
}

/// Atoms, residues and covalent bonds of one molecule (or several chains of one system).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Topology {
    /// All atoms in file order.
    pub atoms: Vec<Atom>,
    /// All residues in chain order.
    pub residues: Vec<Residue>,
    /// Covalent bonds as pairs of atom indices, first < second, sorted, each once.
    pub bonds: Vec<[usize; 2]>,
    /// Indices of the residues that were D where the structure was read, ascending: residue names do not tell them from L residues.
    pub mirrored_residues: Vec<usize>,
}

impl Topology {
    /// Number of atoms.
    #[must_use]
    pub fn n_atoms(&self) -> usize {
        self.atoms.len()
    }

    /// Neighbours of every atom, sorted: `neighbors()[i]` are the atoms bonded to atom `i`.
    #[must_use]
    pub fn neighbors(&self) -> Vec<Vec<usize>> {
        let mut neighbors = vec![Vec::new(); self.atoms.len()];
        for &[first, second] in &self.bonds {
            neighbors[first].push(second);
            neighbors[second].push(first);
        }
        neighbors.iter_mut().for_each(|list| list.sort_unstable());
        neighbors
    }

    /// Index of the atom of that name in a residue.
    #[must_use]
    pub fn atom_index(&self, residue_index: usize, name: &str) -> Option<usize> {
        self.residues[residue_index]
            .atoms
            .clone()
            .find(|&atom_index| self.atoms[atom_index].name == name)
    }

    /// `ALA 2 CB`-like label of an atom for messages.
    #[must_use]
    pub fn label(&self, atom_index: usize) -> String {
        let atom = &self.atoms[atom_index];
        let residue = &self.residues[atom.residue_index];
        format!("{} {} {}", residue.name, residue.number, atom.name)
    }
}

/// A topology with one set of coordinates.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Molecule {
    /// Atoms, residues, bonds.
    pub topology: Topology,
    /// Positions in nm, `[n_atoms][3]`.
    pub positions: Vec<[f64; 3]>,
}
