//! A serialized System through the program: energy, run with every kind of kernel, analyze, export.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

use super::support::Reference;

fn saltus() -> Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("saltus");
    command.env_remove("RUST_LOG");
    command
}

/// A folder with a System, its PDB file and an input.
struct Folder {
    home: tempfile::TempDir,
}

impl Folder {
    fn new(name: &str, keys: &str, rest: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        Reference::read(name).write(home.path());
        let text =
            format!("system: {{openmm_system: system.xml, pdb: topology.pdb{keys}}}\n{rest}");
        fs::write(home.path().join("input.yaml"), text).unwrap();
        Self { home }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = saltus();
        command.current_dir(self.home.path()).args(arguments);
        command
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }
}

fn run_of(sampler: &str) -> String {
    format!(
        "temperature_kelvin: 310\nreplicas: 2\nseed: 5\nthreads: 1\nsampler:\n{sampler}run: {{cycles: 20, equilibration_cycles: 5}}\noutput: {{every_cycles: 2}}\n"
    )
}

fn json(command: &mut Command) -> Value {
    let assert = command.assert().success();
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

fn failure(command: &mut Command) -> String {
    let assert = command.assert().code(2);
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

#[test]
fn energy_needs_the_files_only_and_names_the_atoms() {
    let folder = Folder::new("chloroethanol_native", "", "");
    let reference = Reference::read("chloroethanol_native");
    let report = json(&mut folder.command(&["energy", "input.yaml", "--json", "--forces"]));
    let total = report["potential_energy_kj_per_mol"].as_f64().unwrap();
    assert!(
        (total - reference.potential_energy_kj_per_mol).abs() < 1e-4,
        "{total}"
    );
    let atoms = report["atoms"].as_array().unwrap();
    assert_eq!(atoms.len(), 9);
    assert_eq!(atoms[0]["name"], "CL1");
    assert_eq!(atoms[0]["residue"], "CEO");
    let forces = report["forces_kj_per_mol_per_nm"].as_array().unwrap();
    for (found, expected) in forces.iter().zip(reference.forces_kj_per_mol_per_nm) {
        for (found, expected) in found.as_array().unwrap().iter().zip(expected) {
            assert!((found.as_f64().unwrap() - expected).abs() < 0.1);
        }
    }
}

#[test]
fn every_kind_of_kernel_runs_and_the_frames_are_analysed_and_exported() {
    let kernels = "  - langevin: {steps: 5, timestep_fs: 1.0}\n  - velocity_verlet: {steps: 5, timestep_fs: 0.5}\n  - hmc: {steps: 5, timestep_fs: 0.5}\n  - mala: {timestep_fs: 0.3}\n  - torsion: {kind: single, repeats: 3}\n";
    for (name, n_atoms) in [
        ("chloroethanol_guide", 9),
        ("class_hct", 24),
        ("ring_of_glycines_obc1", 42),
    ] {
        let has_torsions = name != "ring_of_glycines_obc1";
        let kernels = match has_torsions {
            true => kernels.to_owned(),
            false => kernels.replace("  - torsion: {kind: single, repeats: 3}\n", ""),
        };
        let folder = Folder::new(name, "", &run_of(&kernels));
        folder
            .command(&["run", "input.yaml", "--quiet"])
            .assert()
            .success();
        let pdb = fs::read_to_string(folder.path("out/topology.pdb")).unwrap();
        let written: Vec<&str> = atom_names(&pdb);
        let reference = Reference::read(name);
        assert_eq!(written, atom_names(&reference.pdb), "{name}");
        assert_eq!(written.len(), n_atoms, "{name}");
        let trajectory = "out/trajectory_0000.h5";
        let mut export = folder.command(&["export", trajectory, "-o", "t.pdb"]);
        export.assert().success();
        let exported = fs::read_to_string(folder.path("t.pdb")).unwrap();
        assert_eq!(atom_names(&exported)[..n_atoms], written[..], "{name}");
        let analyze = ["analyze", trajectory, "out/trajectory_0001.h5", "--json"];
        let report = json(&mut folder.command(&analyze));
        assert!(report.is_object(), "{name}");
        reads_back(&folder, Path::new("out/topology.pdb"), &reference);
    }
}

/// The topology that a run writes, with the System again, has the bonds that the System had.
fn reads_back(folder: &Folder, pdb: &Path, reference: &Reference) {
    let molecule = saltus::topology::pdb::read_verbatim(&folder.home.path().join(pdb)).unwrap();
    let unknown = molecule
        .topology
        .residues
        .iter()
        .all(|residue| residue.name == "CEO");
    if unknown {
        assert_eq!(molecule.topology.bonds, reference.bonds);
    }
}

fn atom_names(pdb: &str) -> Vec<&str> {
    let records = pdb
        .lines()
        .filter(|l| l.starts_with("ATOM") || l.starts_with("HETATM"));
    records.map(|line| line[12..16].trim()).collect()
}

#[test]
fn rigid_systems_run_with_their_constraints() {
    let sampler = "  - langevin: {steps: 5, timestep_fs: 2.0}\n";
    let folder = Folder::new("amber14_gbn2_rigid", "", &run_of(sampler));
    let assert = folder.command(&["run", "input.yaml"]).assert().success();
    let message = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(!message.contains("bonds to hydrogen vibrate"), "{message}");
    let sampler = "  - mala: {timestep_fs: 0.3}\n";
    let folder = Folder::new("amber14_gbn2_rigid", "", &run_of(sampler));
    let message = failure(&mut folder.command(&["run", "input.yaml"]));
    assert!(
        message.contains("rigid bonds are beyond this kernel"),
        "{message}"
    );
}

#[test]
fn a_resumed_run_is_the_run() {
    let sampler = "  - langevin: {steps: 5, timestep_fs: 1.0}\n";
    let folder = Folder::new("chloroethanol", "", &run_of(sampler));
    let run = |arguments: &[&str]| {
        folder
            .command(&[&["run", "input.yaml", "--quiet"], arguments].concat())
            .assert()
    };
    run(&["--output", "whole"]).success();
    run(&["--output", "parts", "--cycles", "8"]).success();
    run(&["--output", "parts", "--resume"]).success();
    let [whole, parts] = ["whole", "parts"].map(|name| {
        let reader =
            saltus::trajectory::Reader::open(&folder.path(name).join("trajectory_0001.h5"))
                .unwrap();
        format!("{:?}", reader.read_frames(0..reader.n_frames()).unwrap())
    });
    assert!(whole == parts);
    // Another System is another run.
    let system = fs::read_to_string(folder.path("system.xml")).unwrap();
    fs::write(
        folder.path("system.xml"),
        system.replace("q=\".05\"", "q=\".06\""),
    )
    .unwrap();
    let message = failure(&mut folder.command(&[
        "run",
        "input.yaml",
        "--output",
        "parts",
        "--resume",
        "--cycles",
        "30",
    ]));
    assert!(
        message.contains("the system (atoms or force field"),
        "{message}"
    );
}

#[test]
fn leaps_are_refused_where_there_is_nothing_to_leap() {
    let sampler = "  - torsion_leap: {}\n";
    let folder = Folder::new("chloroethanol", "", &run_of(sampler));
    let message = failure(&mut folder.command(&["run", "input.yaml"]));
    assert!(message.contains("torsion_leap"), "{message}");
    let message = failure(&mut folder.command(&["generate", "input.yaml", "-n", "100"]));
    assert!(message.contains("CEO 1"), "{message}");
}
