//! `%FLAG POINTERS`: how many of everything there are.

use super::error::PrmtopError;
use super::sections::{Expected, Sections};

/// The counts that are of use, by their names in AMBER's description of the format.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pointers {
    /// NATOM.
    pub(super) atoms: usize,
    /// NTYPES, of Lennard-Jones.
    pub(super) types: usize,
    /// NBONH and NBONA.
    pub(super) bonds: [usize; 2],
    /// NTHETH and NTHETA.
    pub(super) angles: [usize; 2],
    /// NPHIH and NPHIA.
    pub(super) dihedrals: [usize; 2],
    /// NNB, entries of the list of exclusions.
    pub(super) exclusions: usize,
    /// NRES.
    pub(super) residues: usize,
    /// NUMBND, NUMANG, NPTRA.
    pub(super) bond_types: usize,
    pub(super) angle_types: usize,
    pub(super) dihedral_types: usize,
    /// NPHB.
    pub(super) hydrogen_bond_types: usize,
    /// IFPERT, IFBOX, IFCAP, NUMEXTRA: flags of what is not taken.
    pub(super) perturbation: usize,
    pub(super) periodic_box: usize,
    pub(super) cap: usize,
    pub(super) extra_points: usize,
}

/// Fewer numbers than this no program has written.
const LEAST: usize = 30;

impl Pointers {
    pub(super) fn read(sections: &Sections) -> Result<Self, PrmtopError> {
        let reason = "as AMBER's format has them";
        let pointers = sections.integers("POINTERS", Expected::AtLeast(LEAST, reason))?;
        let count = |entry: usize| pointers.count(entry);
        let read = Self {
            atoms: count(0)?,
            types: count(1)?,
            bonds: [count(2)?, count(12)?],
            angles: [count(4)?, count(13)?],
            dihedrals: [count(6)?, count(14)?],
            exclusions: count(10)?,
            residues: count(11)?,
            bond_types: count(15)?,
            angle_types: count(16)?,
            dihedral_types: count(17)?,
            hydrogen_bond_types: count(19)?,
            perturbation: count(20)?,
            periodic_box: count(27)?,
            cap: count(29)?,
            extra_points: match pointers.values.len() {
                LEAST => 0,
                _ => count(30)?,
            },
        };
        for (entry, value) in [(0, read.atoms), (1, read.types), (11, read.residues)] {
            if value == 0 {
                return Err(pointers.fault(entry, "at least 1"));
            }
        }
        Ok(read)
    }

    /// As many entries as atoms.
    pub(super) fn of_atoms(&self) -> Expected<'static> {
        Expected::Exactly(self.atoms, "one for each of NATOM in %FLAG POINTERS")
    }
}
