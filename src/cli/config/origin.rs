//! Where a molecule comes from: the keys of `system` that name its source, and what may stand beside each of them.

use std::path::Path;

use super::system::SystemConfig;

/// The source of a molecule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin<'a> {
    /// Built from a sequence.
    Sequence(&'a str),
    /// Read from a PDB or mmCIF file of a peptide; the force field is assigned.
    Pdb(&'a Path),
    /// Parameters from a serialized OpenMM System, names and positions from a PDB or mmCIF file.
    OpenmmSystem {
        /// The XML file.
        system: &'a Path,
        /// The PDB or mmCIF file.
        pdb: &'a Path,
    },
    /// Everything but the solvent from AMBER's files.
    Prmtop {
        /// The parameter and topology file.
        prmtop: &'a Path,
        /// The coordinate file.
        coordinates: &'a Path,
    },
}

/// Keys that contradict each other, or lack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contradiction {
    /// Path of the key to blame.
    pub(crate) path: &'static str,
    /// What is wrong.
    pub(crate) problem: &'static str,
    /// What to do.
    pub(crate) help: &'static str,
}

/// Keys of `system` that choose parameters, and what a source with parameters of its own has instead.
const PARAMETER_KEYS: [(&str, &str); 8] = [
    ("force_field", "every parameter"),
    (
        "solvent",
        "its solvent, a GBSAOBCForce or CustomGBForce, or none",
    ),
    (
        "surface_area",
        "the surface-area term of its solvent, or none",
    ),
    (
        "ionic_strength_molar",
        "the screening of its solvent's energy terms",
    ),
    ("solute_dielectric", "the permittivities of its solvent"),
    ("solvent_dielectric", "the permittivities of its solvent"),
    (
        "constraints",
        "its constraints: `constraints=HBonds` of `createSystem`",
    ),
    (
        "hydrogen_mass_da",
        "its masses: `hydrogenMass` of `createSystem`",
    ),
];

impl Origin<'_> {
    /// The keys that mean nothing for this source, each with what it has instead.
    pub(crate) fn meaningless_keys(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Sequence(_) | Self::Pdb(_) => &[],
            Self::OpenmmSystem { .. } => &PARAMETER_KEYS,
            Self::Prmtop { .. } => &PARAMETER_KEYS[..1],
        }
    }

    /// The key whose file has the parameters instead, and what that file is.
    pub(crate) fn key_of_parameters(self) -> (&'static str, &'static str) {
        match self {
            Self::Sequence(_) | Self::Pdb(_) => ("force_field", "the force field"),
            Self::OpenmmSystem { .. } => ("openmm_system", "the System"),
            Self::Prmtop { .. } => ("prmtop", "the prmtop"),
        }
    }
}

impl SystemConfig {
    /// The one source that the keys name.
    ///
    /// # Errors
    /// No source, more than one, or a part of one.
    pub(crate) fn origin(&self) -> Result<Origin<'_>, Contradiction> {
        if self.prmtop.is_some() || self.coordinates.is_some() {
            return self.amber_files();
        }
        match (&self.sequence, &self.pdb, &self.openmm_system) {
            (Some(sequence), None, None) => Ok(Origin::Sequence(sequence)),
            (None, Some(pdb), None) => Ok(Origin::Pdb(pdb)),
            (None, Some(pdb), Some(system)) => Ok(Origin::OpenmmSystem { system, pdb }),
            (Some(_), Some(_), None) => Err(Contradiction {
                path: "system.pdb",
                problem: "`sequence` and `pdb` are both given, expected one of them",
                help: "remove `sequence` to simulate the molecule of the file, or `pdb` to build the sequence",
            }),
            (Some(_), _, Some(_)) => Err(Contradiction {
                path: "system.openmm_system",
                problem: "`sequence` and `openmm_system` are both given, expected one of them",
                help: "remove `sequence`: a System has its own topology, `pdb: topology.pdb`",
            }),
            (None, None, Some(_)) => Err(Contradiction {
                path: "system.openmm_system",
                problem: "a System has neither names nor positions, expected `pdb` beside it",
                help: "add `pdb: topology.pdb`, which `PDBFile.writeFile(topology, positions, file)` of OpenMM writes",
            }),
            (None, None, None) => Err(Contradiction {
                path: "system",
                problem: "there is no molecule, expected `sequence`, `pdb`, `openmm_system` with `pdb`, or `prmtop` with `coordinates`",
                help: "add `sequence: ACE-ALA-NME` or `pdb: file.pdb`",
            }),
        }
    }

    /// AMBER's two files, which go together and alone.
    fn amber_files(&self) -> Result<Origin<'_>, Contradiction> {
        let others = self.sequence.is_some() || self.pdb.is_some() || self.openmm_system.is_some();
        match (&self.prmtop, &self.coordinates) {
            _ if others => Err(Contradiction {
                path: "system",
                problem: "`prmtop` and `coordinates` stand beside another molecule, expected one",
                help: "remove `sequence`, `pdb` and `openmm_system` to simulate the molecule of the prmtop, or these two keys",
            }),
            (Some(prmtop), Some(coordinates)) => Ok(Origin::Prmtop {
                prmtop,
                coordinates,
            }),
            (Some(_), None) => Err(Contradiction {
                path: "system.prmtop",
                problem: "a prmtop has no positions, expected `coordinates` beside it",
                help: "add `coordinates: x.inpcrd` (or rst7), which tleap and ParmEd write beside the prmtop",
            }),
            (None, _) => Err(Contradiction {
                path: "system.coordinates",
                problem: "coordinates say nothing about the molecule, expected `prmtop` beside them",
                help: "add `prmtop: x.prmtop`, the file that was written together with the coordinates",
            }),
        }
    }
}
