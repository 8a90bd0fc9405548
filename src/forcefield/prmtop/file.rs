//! A prmtop as a whole: from its text to a topology and, for a solvent and constraints, a system.

use std::path::Path;

use super::error::{PrmtopError, PrmtopFault};
use super::pointers::Pointers;
use super::sections::Sections;
use super::{atoms, bonded, dihedrals, maps, pairs, unsupported};
use crate::forcefield::assign::graph::Graph;
use crate::forcefield::assign::hydrogens::{heavier_hydrogens, rigid_bonds};
use crate::forcefield::assign::solvent::implicit_solvent_of_file;
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::limits::Limits;
use crate::forcefield::options::SystemOptions;
use crate::forcefield::system::{Bond, BornModel, ImplicitSolvent, System};
use crate::topology::{Element, Topology};
use crate::units::NM_PER_ANGSTROM;

/// Residues that are solvent: names of water, and ions of one atom.
const WATER: [&str; 12] = [
    "WAT", "HOH", "H2O", "SOL", "TIP3", "TP3", "TP4", "TP5", "T4E", "SPC", "OPC", "OP3",
];

/// A molecule with its parameters as AMBER's programs write them: everything of a system but its solvent.
#[derive(Debug, Clone, PartialEq)]
pub struct Prmtop {
    topology: Topology,
    /// Without solvent; bonds apart, and masses as in the file.
    parameters: System,
    bonds: Vec<Bond>,
    /// Intrinsic Born radii in nm and screening factors, where the file has them.
    radii: Option<[Vec<f64>; 2]>,
    file: String,
}

impl Prmtop {
    /// Reads a file.
    ///
    /// # Errors
    /// [`PrmtopError`] with the line: a file that is none, cut or contradicts itself, or physics that is not supported.
    pub fn read(path: &Path) -> Result<Self, PrmtopError> {
        let file = path.display().to_string();
        let unreadable = |error: std::io::Error| PrmtopError {
            file: file.clone(),
            line: None,
            fault: PrmtopFault::Unreadable(error.to_string()),
        };
        let bytes = std::fs::read(path).map_err(unreadable)?;
        Self::parse(&String::from_utf8_lossy(&bytes), &file)
    }

    /// The same from a text; `file` is for messages.
    ///
    /// # Errors
    /// [`PrmtopError`] with the line.
    pub fn parse(text: &str, file: &str) -> Result<Self, PrmtopError> {
        let sections = Sections::parse(text, file)?;
        let pointers = Pointers::read(&sections)?;
        unsupported::check(&sections, &pointers)?;
        let (mut topology, masses_da) = atoms::read(&sections, &pointers)?;
        let bonds = bonded::bonds(&sections, &pointers)?;
        topology.bonds = chemical_bonds(&topology, &bonds);
        check_box(&sections, &pointers, &topology)?;
        let dihedrals = dihedrals::read(&sections, &pointers)?;
        let (correction_maps, mapped_torsions) = maps::read(&sections, &pointers)?;
        let parameters = System {
            masses_da,
            bonds: bonded::urey_bradley(&sections, &pointers)?,
            angles: bonded::angles(&sections, &pointers)?,
            torsions: dihedrals.torsions,
            harmonic_torsions: bonded::harmonic_impropers(&sections, &pointers)?,
            correction_maps,
            mapped_torsions,
            nonbonded: pairs::read(&sections, &pointers, &topology, &dihedrals.one_fours)?,
            ..System::default()
        };
        Ok(Self {
            topology,
            parameters,
            bonds,
            radii: radii(&sections, &pointers)?,
            file: file.to_owned(),
        })
    }

    /// Atoms, residues and bonds, in the order and with the names of the file.
    #[must_use]
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// The parameters, with a solvent, constraints and hydrogen masses, as OpenMM's `AmberPrmtopFile.createSystem` gives them.
    ///
    /// Born radii are the file's; so are screening factors with HCT and OBC, while GBn and GBn2 have their own by element.
    ///
    /// # Errors
    /// Options out of range, a solvent for which the file has no radii or radii out of range, too heavy hydrogens.
    pub fn system(&self, options: &SystemOptions) -> Result<System, ForceFieldError> {
        options.check()?;
        let neighbors = self.topology.neighbors();
        let graph = Graph {
            topology: &self.topology,
            neighbors: &neighbors,
        };
        let (mut bonds, constraints) =
            rigid_bonds(graph, self.bonds.clone(), options.constrain_hydrogen_bonds);
        bonds.extend_from_slice(&self.parameters.bonds);
        Ok(System {
            masses_da: heavier_hydrogens(
                graph,
                self.parameters.masses_da.clone(),
                options.hydrogen_mass_da,
            )?,
            bonds,
            constraints,
            implicit_solvent: options
                .solvent
                .map(|model| self.implicit_solvent(graph, model, options))
                .transpose()?,
            ..self.parameters.clone()
        })
    }

    fn implicit_solvent(
        &self,
        graph: Graph<'_>,
        model: BornModel,
        options: &SystemOptions,
    ) -> Result<ImplicitSolvent, ForceFieldError> {
        let missing = || PrmtopError {
            file: self.file.clone(),
            line: None,
            fault: PrmtopFault::Unsupported {
                what: "there is no %FLAG RADII and %FLAG SCREEN, which an implicit solvent needs"
                    .to_owned(),
                remedy:
                    "add them (ParmEd: `changeRadii mbondi2`, `outparm`), or take `solvent: vacuum`"
                        .to_owned(),
            },
        };
        let [radii_nm, screening] = self
            .radii
            .as_ref()
            .ok_or_else(|| ForceFieldError::from(missing()))?;
        implicit_solvent_of_file(graph, model, options, [radii_nm, screening])
    }
}

/// Pairs of bonded atoms, sorted, each once; the third side that AMBER gives water to keep it rigid is no bond.
fn chemical_bonds(topology: &Topology, bonds: &[Bond]) -> Vec<[usize; 2]> {
    let is_side = |atoms: &[usize; 2]| {
        let is_hydrogen = |&atom: &usize| topology.atoms[atom].element == Element::HYDROGEN;
        let residue = topology.atoms[atoms[0]].residue_index;
        let name = topology.residues[residue].name.as_str();
        atoms.iter().all(is_hydrogen) && WATER.contains(&name)
    };
    let atoms = bonds.iter().map(|bond| bond.atoms);
    let mut bonds: Vec<[usize; 2]> = atoms.filter(|atoms| !is_side(atoms)).collect();
    bonds.sort_unstable();
    bonds.dedup();
    bonds
}

/// A box is nothing without what fills it: a molecule alone is taken out of it, one in solvent is refused.
fn check_box(
    sections: &Sections,
    pointers: &Pointers,
    topology: &Topology,
) -> Result<(), PrmtopError> {
    if pointers.periodic_box == 0 {
        return Ok(());
    }
    let bonded: std::collections::HashSet<usize> =
        topology.bonds.iter().flatten().copied().collect();
    let is_solvent = |residue: &&crate::topology::Residue| {
        let is_ion = residue.atoms.len() == 1 && !bonded.contains(&residue.atoms.start);
        is_ion || WATER.contains(&residue.name.as_str())
    };
    let solvent: Vec<_> = topology.residues.iter().filter(is_solvent).collect();
    let Some(first) = solvent.first() else {
        log::warn!(
            "the prmtop has a periodic box (IFBOX is {}) and no solvent in it: the molecule is taken without the box",
            pointers.periodic_box
        );
        return Ok(());
    };
    let fault = PrmtopFault::Unsupported {
        what: format!(
            "IFBOX is {}: a periodic box with {} residues of water and ions, the first {} {}; periodic boxes are not supported",
            pointers.periodic_box,
            solvent.len(),
            first.name,
            first.number
        ),
        remedy: "strip the solvent from both files (cpptraj: `parm X.prmtop`, `trajin X.inpcrd`, `autoimage`, `strip :WAT,Na+,Cl- parmout dry.prmtop`, `trajout dry.rst7`; ParmEd: `strip :WAT,Na+,Cl-`, `outparm dry.prmtop dry.rst7`) and name an implicit solvent".to_owned(),
    };
    Err(sections.fault(sections.line("POINTERS"), fault))
}

fn radii(sections: &Sections, pointers: &Pointers) -> Result<Option<[Vec<f64>; 2]>, PrmtopError> {
    if !sections.has("RADII") || !sections.has("SCREEN") {
        return Ok(None);
    }
    let radii = sections.reals("RADII", pointers.of_atoms())?;
    let radii_nm = radii.all_plausible(NM_PER_ANGSTROM, &Limits::BORN_RADIUS)?;
    let screening = sections.reals("SCREEN", pointers.of_atoms())?;
    Ok(Some([
        radii_nm,
        screening.all_plausible(1.0, &Limits::SCREENING)?,
    ]))
}
