//! The files that tests/scripts/make_prmtop_references.py wrote.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use saltus::forcefield::{BornModel, Prmtop, SystemOptions};
use saltus::topology::{Molecule, inpcrd};
use serde::Deserialize;

/// A prmtop, its coordinates and OpenMM's numbers.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Reference {
    /// Name, residue, element.
    pub(crate) atoms: Vec<[String; 3]>,
    pub(crate) bonds: Vec<[usize; 2]>,
    /// Of `constraints=HBonds`.
    pub(crate) rigid_lengths_nm: Vec<f64>,
    /// Of `hydrogenMass=1.5`.
    pub(crate) heavy_masses_da: Vec<f64>,
    /// By solvent.
    pub(crate) references: BTreeMap<String, Numbers>,
    pub(crate) prmtop: String,
    pub(crate) inpcrd: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Numbers {
    /// Why OpenMM has none.
    Refused(String),
    Found(Energies),
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Energies {
    pub(crate) ionic_strength_molar: f64,
    pub(crate) potential_energy_kj_per_mol: f64,
    pub(crate) forces_kj_per_mol_per_nm: Vec<[f64; 3]>,
}

impl Reference {
    pub(crate) fn read(name: &str) -> Self {
        let path = folder().join(format!("{name}.json.gz"));
        let file = std::fs::File::open(&path).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(file)
            .read_to_string(&mut text)
            .unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) fn all() -> Vec<(String, Self)> {
        let mut names: Vec<String> = std::fs::read_dir(folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".json.gz").map(str::to_owned))
            .collect();
        names.sort();
        let read = |name: String| {
            let reference = Self::read(&name);
            (name, reference)
        };
        names.into_iter().map(read).collect()
    }

    pub(crate) fn parameters(&self) -> Prmtop {
        Prmtop::parse(&self.prmtop, "x.prmtop").unwrap()
    }

    pub(crate) fn molecule(&self) -> Molecule {
        let home = tempfile::tempdir().unwrap();
        let [_, coordinates] = self.write(home.path());
        inpcrd::read_molecule(self.parameters().topology(), &coordinates).unwrap()
    }

    /// Writes both files to a folder.
    pub(crate) fn write(&self, folder: &Path) -> [PathBuf; 2] {
        let paths = ["x.prmtop", "x.inpcrd"].map(|name| folder.join(name));
        std::fs::write(&paths[0], &self.prmtop).unwrap();
        std::fs::write(&paths[1], &self.inpcrd).unwrap();
        paths
    }
}

/// Options of a solvent's name in the references.
pub(crate) fn options(solvent: &str) -> SystemOptions {
    let solvent = match solvent {
        "vacuum" => None,
        "hct" => Some(BornModel::Hct),
        "obc1" => Some(BornModel::Obc1),
        "obc2" | "obc2_salt" => Some(BornModel::Obc2),
        "gbn" => Some(BornModel::Gbn),
        "gbn2" => Some(BornModel::Gbn2),
        other => panic!("unknown solvent {other}"),
    };
    SystemOptions {
        solvent,
        ..SystemOptions::default()
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/prmtop")
}
