//! The files that tests/scripts/make_system_references.py wrote, and small Systems written out.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use saltus::forcefield::openmm_system::{self, ForeignMolecule};
use serde::Deserialize;

/// A serialized System with its PDB file and OpenMM's numbers.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Reference {
    /// Bonds of OpenMM's topology.
    pub(crate) bonds: Vec<[usize; 2]>,
    pub(crate) n_constraints: usize,
    /// By class of force.
    pub(crate) energies_kj_per_mol: BTreeMap<String, f64>,
    pub(crate) potential_energy_kj_per_mol: f64,
    pub(crate) forces_kj_per_mol_per_nm: Vec<[f64; 3]>,
    pub(crate) pdb: String,
    pub(crate) system: String,
}

impl Reference {
    /// One file.
    pub(crate) fn read(name: &str) -> Self {
        let path = folder().join(format!("{name}.json.gz"));
        let file = std::fs::File::open(&path).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(file)
            .read_to_string(&mut text)
            .unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// All files with their names.
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

    /// The molecule as the library reads it from files.
    pub(crate) fn molecule(&self) -> ForeignMolecule {
        let home = tempfile::tempdir().unwrap();
        let [xml, pdb] = self.write(home.path());
        openmm_system::read(&xml, &pdb).unwrap()
    }

    /// Writes both files to a folder.
    pub(crate) fn write(&self, folder: &Path) -> [PathBuf; 2] {
        let paths = ["system.xml", "topology.pdb"].map(|name| folder.join(name));
        std::fs::write(&paths[0], &self.system).unwrap();
        std::fs::write(&paths[1], &self.pdb).unwrap();
        paths
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/systems")
}
