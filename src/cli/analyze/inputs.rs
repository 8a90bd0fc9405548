//! Which files are analysed: folders become their trajectories, and each must be of the same molecule.

use std::fs;
use std::path::{Path, PathBuf};

use crate::analysis::{HiddenCoordinate, ObservableSet, Quantity};
use crate::cli::error::CliError;
use crate::topology::{Topology, pdb};
use crate::trajectory::{Reader, TrajectoryError};

use super::chain_file::{self, ChainFile};
use super::coordinates;
use super::copies::{self, Copy};
use super::pooling;

/// Frames shown of all files together.
const N_SNAPSHOTS: usize = 100;

/// How trajectories are to be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Reading {
    /// Frames left out at the start of each.
    pub(crate) burn_in: usize,
    /// Whether those of different ensembles are taken together.
    pub(crate) pool: bool,
    /// What is looked at beside the observables of every molecule.
    pub(crate) observe: Vec<Quantity>,
}

/// All files that could be read, and what is wrong with the others.
#[derive(Debug, Clone)]
pub(super) struct Input {
    /// The molecule of all of them.
    pub(super) topology: Topology,
    /// What is compared between chains beside the observables.
    pub(super) hidden: Vec<HiddenCoordinate>,
    /// The chains.
    pub(super) chains: Vec<ChainFile>,
    /// One message for each file left out.
    pub(super) faults: Vec<String>,
    /// Files left out because another is the same chain.
    pub(super) copies: Vec<Copy>,
    /// In what the chains differ that were pooled all the same.
    pub(super) pooled: Vec<String>,
}

/// The molecule of the first readable file, which all others must share.
struct Molecule {
    path: PathBuf,
    topology: Topology,
    set: ObservableSet,
    hidden: Vec<HiddenCoordinate>,
}

/// Reads all trajectories, no chain twice.
///
/// # Errors
/// No file can be analysed: all their messages. Files of several ensembles, unless they shall be pooled. Quantities that the
/// molecule does not have.
pub(super) fn read(paths: &[PathBuf], reading: &Reading) -> Result<Input, CliError> {
    let (files, mut faults) = expand(paths);
    let (files, mut copies) = copies::of_paths(files);
    let n_snapshots = N_SNAPSHOTS.div_ceil(files.len().max(1));
    let mut molecule = None;
    let mut chains = Vec::new();
    for file in &files {
        match read_one(file, &mut molecule, reading, n_snapshots) {
            Ok(chain) => chains.push(chain),
            Err(Fault::OfFile(fault)) => faults.push(fault),
            Err(Fault::OfWish(fault)) => {
                return Err(CliError::input(format!("--observe: {fault}")));
            }
        }
    }
    let Some(molecule) = molecule.filter(|_| !chains.is_empty()) else {
        return Err(CliError::run(faults.join("\nerror: ")));
    };
    let pooled = pooling::differences(&chains);
    if !reading.pool {
        pooling::refuse(&pooled)?;
    }
    let (chains, more_copies) = copies::of_chains(chains);
    copies.extend(more_copies);
    Ok(Input {
        topology: molecule.topology,
        hidden: molecule.hidden,
        chains,
        faults,
        copies,
        pooled,
    })
}

/// Why a file gives no chain.
enum Fault {
    /// Something about the file: others may do.
    OfFile(String),
    /// The molecule does not have what was asked for: no file will do.
    OfWish(String),
}

impl From<String> for Fault {
    fn from(fault: String) -> Self {
        Self::OfFile(fault)
    }
}

/// Files in the order given, those of folders by name.
fn expand(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<String>) {
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with("trajectory_") && name.ends_with(".h5")
            })
            .collect();
        if found.is_empty() {
            faults.push(format!(
                "{} holds no trajectory_*.h5\n  help: name the output folder of a run, or the files themselves",
                path.display()
            ));
        }
        found.sort();
        files.extend(found);
    }
    (files, faults)
}

fn read_one(
    path: &Path,
    molecule: &mut Option<Molecule>,
    reading: &Reading,
    n_snapshots: usize,
) -> Result<ChainFile, Fault> {
    let reader = open(path)?;
    if let Some(molecule) = molecule {
        check_same(molecule, &reader)?;
        let (set, hidden) = (&molecule.set, &molecule.hidden);
        let chain = chain_file::read(&reader, set, hidden, reading.burn_in, n_snapshots);
        return chain.map_err(Fault::OfFile);
    }
    let set = observables(reader.topology(), &reading.observe).map_err(Fault::OfWish)?;
    let hidden = coordinates::hidden(reader.topology());
    let chain = chain_file::read(&reader, &set, &hidden, reading.burn_in, n_snapshots)?;
    *molecule = Some(Molecule {
        path: path.to_path_buf(),
        topology: reader.topology().clone(),
        set,
        hidden,
    });
    Ok(chain)
}

/// The observables of a molecule, and what a user asked for.
///
/// # Errors
/// What the molecule does not have.
pub(crate) fn observables(
    topology: &Topology,
    observe: &[Quantity],
) -> Result<ObservableSet, String> {
    let mut set = ObservableSet::of(topology).map_err(|error| error.to_string())?;
    for quantity in observe {
        let more = quantity.observables(topology)?;
        set = set.with(more).map_err(|error| error.to_string())?;
    }
    Ok(set)
}

/// Opens a file; one without a topology takes it from a PDB or mmCIF file beside it, of the same name or called `topology`.
fn open(path: &Path) -> Result<Reader, String> {
    let missing = match Reader::open(path) {
        Err(error @ TrajectoryError::NoTopology { .. }) => error,
        other => return other.map_err(|error| error.to_string()),
    };
    let beside = ["pdb", "cif"].map(|ending| {
        let named = path.with_file_name("topology").with_extension(ending);
        [path.with_extension(ending), named]
    });
    let [[own_pdb, pdb], [own_cif, cif]] = beside;
    let beside = [own_pdb, own_cif, pdb, cif];
    let Some(pdb_file) = beside.into_iter().find(|file| file.exists()) else {
        return Err(missing.to_string());
    };
    let molecule = pdb::read(&pdb_file).map_err(|error| error.to_string())?;
    Reader::open_with_topology(path, molecule.topology).map_err(|error| error.to_string())
}

fn check_same(molecule: &Molecule, reader: &Reader) -> Result<(), String> {
    let (expected, got) = (&molecule.topology, reader.topology());
    if expected.atoms == got.atoms && residue_labels(expected) == residue_labels(got) {
        return Ok(());
    }
    Err(format!(
        "{} is of another molecule: {}, but {} is {}\n  help: analyse each molecule in a call of its own",
        reader.path().display(),
        describe(got),
        molecule.path.display(),
        describe(expected)
    ))
}

fn residue_labels(topology: &Topology) -> Vec<(&str, i32)> {
    let residues = topology.residues.iter();
    residues
        .map(|residue| (residue.name.as_str(), residue.number))
        .collect()
}

impl Input {
    /// What makes the figures less than they seem, in lines: chains left out, ensembles taken together.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut lines = copies::warning(&self.copies, self.chains.len());
        let pooled = self.pooled.iter();
        lines.extend(pooled.map(|line| {
            format!("pooled by --pool, so that no mean describes any one ensemble: {line}")
        }));
        lines
    }
}

/// `ACE-ALA-NME, 22 atoms`.
pub(super) fn describe(topology: &Topology) -> String {
    let names: Vec<&str> = topology
        .residues
        .iter()
        .map(|residue| residue.name.as_str())
        .collect();
    format!("{}, {} atoms", names.join("-"), topology.n_atoms())
}
