//! The reference files that tests/scripts/make_openmm_references.py wrote.

use std::path::PathBuf;

use saltus::forcefield::{BornModel, ForceField, ForceFieldSource, SystemOptions};
use saltus::topology::{Atom, Element, Residue, Topology};
use serde::Deserialize;

/// One molecule with its energies under several force fields and solvents.
#[derive(Debug, Deserialize)]
pub(crate) struct ReferenceFile {
    residues: Vec<ReferenceResidue>,
    bonds: Vec<[usize; 2]>,
    /// Positions in nm.
    pub positions_nm: Vec<[f64; 3]>,
    /// What OpenMM says.
    pub references: Vec<Reference>,
    /// Torsion energies with other rules for impropers.
    pub improper_orderings: Vec<ImproperOrderingReference>,
}

/// Torsions of a force-field file whose attribute `ordering` was replaced.
#[derive(Debug, Deserialize)]
pub(crate) struct ImproperOrderingReference {
    pub force_field: String,
    pub ordering: String,
    pub n_torsions: usize,
    pub torsion_kj_per_mol: f64,
}

#[derive(Debug, Deserialize)]
struct ReferenceResidue {
    name: String,
    chain: char,
    number: i32,
    atoms: Vec<[String; 2]>,
}

/// OpenMM's result for one force field and solvent.
#[derive(Debug, Deserialize)]
pub(crate) struct Reference {
    pub force_field: String,
    pub solvent: String,
    pub surface_area: bool,
    pub ionic_strength_molar: f64,
    pub temperature_kelvin: f64,
    pub system: SystemSummary,
    pub terms_kj_per_mol: ReferenceTerms,
    pub forces_kj_per_mol_per_nm: Vec<[f64; 3]>,
}

/// Counts and sums over the parameters.
#[derive(Debug, Deserialize)]
pub(crate) struct SystemSummary {
    pub n_bonds: usize,
    pub n_angles: usize,
    pub n_torsions: usize,
    #[serde(default)]
    pub n_mapped: usize,
    pub n_exceptions: usize,
    pub sum_of_masses_da: f64,
    pub sum_of_charges: f64,
    pub n_flexible_bonds: usize,
    pub n_constraints: usize,
    pub sum_of_constraints_nm: f64,
    pub sum_of_squared_heavy_hydrogen_masses_da2: f64,
}

/// Potential energy of each term.
#[derive(Debug, Deserialize)]
pub(crate) struct ReferenceTerms {
    pub bond: f64,
    pub angle: f64,
    pub torsion: f64,
    #[serde(default)]
    pub cmap: f64,
    pub nonbonded: f64,
    #[serde(default)]
    pub implicit_solvent: f64,
}

impl ReferenceTerms {
    /// Name and value of each term.
    pub(crate) fn named(&self) -> [(&'static str, f64); 6] {
        [
            ("bond", self.bond),
            ("angle", self.angle),
            ("torsion", self.torsion),
            ("nonbonded", self.nonbonded),
            ("implicit_solvent", self.implicit_solvent),
            ("cmap", self.cmap),
        ]
    }
}

impl ReferenceFile {
    /// All reference files with their names, sorted.
    pub(crate) fn all() -> Vec<(String, Self)> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/openmm");
        let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        let read = |path: &PathBuf| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(path).unwrap();
            (name, serde_json::from_str(&text).unwrap())
        };
        paths.iter().map(read).collect()
    }

    /// The molecule.
    pub(crate) fn topology(&self) -> Topology {
        let mut topology = Topology {
            bonds: self.bonds.clone(),
            ..Topology::default()
        };
        for (residue_index, residue) in self.residues.iter().enumerate() {
            let start = topology.atoms.len();
            topology
                .atoms
                .extend(residue.atoms.iter().map(|[name, symbol]| Atom {
                    name: name.clone(),
                    element: Element::from_symbol(symbol).unwrap(),
                    residue_index,
                }));
            topology.residues.push(Residue {
                name: residue.name.clone(),
                chain: residue.chain,
                number: residue.number,
                atoms: start..topology.atoms.len(),
            });
        }
        topology
    }
}

/// The built-in force field of a name, or of several joined by ` + `.
pub(crate) fn builtin(name: &str) -> ForceField {
    let source = |name: &str| ForceFieldSource::Builtin(name.to_owned());
    let sources: Vec<ForceFieldSource> = name.split(" + ").map(source).collect();
    ForceField::from_sources(&sources).unwrap()
}

impl Reference {
    /// Its force field.
    pub(crate) fn force_field(&self) -> ForceField {
        builtin(&self.force_field)
    }

    /// `amber14 obc1` and what is unusual.
    pub(crate) fn label(&self) -> String {
        format!(
            "{} {} surface_area={} salt={}",
            self.force_field, self.solvent, self.surface_area, self.ionic_strength_molar
        )
    }

    /// Largest deviation of the force on an atom, relative to the root mean square of OpenMM's forces.
    pub(crate) fn force_deviation(&self, forces: &[[f64; 3]]) -> f64 {
        let expected = &self.forces_kj_per_mol_per_nm;
        assert_eq!(forces.len(), expected.len());
        let square = |force: [f64; 3]| {
            force
                .iter()
                .map(|component| component * component)
                .sum::<f64>()
        };
        let mean_square = expected.iter().copied().map(square).sum::<f64>() / expected.len() as f64;
        let largest = forces
            .iter()
            .zip(expected)
            .map(|(got, expected)| square(std::array::from_fn(|axis| got[axis] - expected[axis])))
            .fold(
                0.0,
                |largest, next| if next <= largest { largest } else { next },
            );
        (largest / mean_square).sqrt()
    }

    /// The options that OpenMM was given.
    pub(crate) fn options(&self) -> SystemOptions {
        SystemOptions {
            solvent: match self.solvent.as_str() {
                "vacuum" => None,
                "hct" => Some(BornModel::Hct),
                "obc1" => Some(BornModel::Obc1),
                "obc2" => Some(BornModel::Obc2),
                "gbn" => Some(BornModel::Gbn),
                "gbn2" => Some(BornModel::Gbn2),
                other => panic!("unknown solvent {other}"),
            },
            surface_area: self.surface_area,
            ionic_strength_molar: self.ionic_strength_molar,
            temperature_kelvin: self.temperature_kelvin,
            ..SystemOptions::default()
        }
    }
}
