//! The program on such files: what its commands ask for, say and refuse.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use nalgebra::Vector3;
use serde_json::Value;

use crate::order::ours;
use crate::support::{data, peptide, text_of};

fn saltus() -> Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("saltus");
    command.env_remove("RUST_LOG");
    command
}

/// An input file of `system: {pdb: ...}` and whatever follows, in a folder with the PDB file.
fn input(folder: &Path, pdb: &str, rest: &str) -> std::path::PathBuf {
    fs::write(folder.join("start.pdb"), pdb).unwrap();
    let path = folder.join("input.yaml");
    fs::write(&path, format!("system: {{pdb: start.pdb}}\n{rest}")).unwrap();
    path
}

const RUN: &str = "temperature_kelvin: 300\nthreads: 1\ndevice: cpu\nsampler:\n  - langevin: {steps: 2, timestep_fs: 1.0}\n\
    run: {cycles: 2, equilibration_cycles: 0}\noutput: {every_cycles: 1}\n";

#[test]
fn energy_needs_no_more_than_the_molecule_and_names_the_atoms() {
    let home = tempfile::tempdir().unwrap();
    let path = input(home.path(), &data("openmm/scrambled.pdb"), "");
    let output = saltus()
        .args(["energy", "--json", "--forces"])
        .arg(&path)
        .assert()
        .success();
    let report: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let expected: Value = serde_json::from_str(&data("openmm/scrambled.json")).unwrap();
    let atoms: Vec<String> = report["atoms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|atom| {
            let text = |key: &str| atom[key].as_str().unwrap().to_owned();
            format!("{} {} {}", text("residue"), atom["number"], text("name"))
        })
        .collect();
    let labels = expected["atoms"].as_array().unwrap();
    for (atom, label) in atoms.iter().zip(labels) {
        assert_eq!(*atom, ours(label.as_str().unwrap()));
    }
    assert_eq!(atoms.len(), labels.len());
    let n_forces = report["forces_kj_per_mol_per_nm"].as_array().unwrap().len();
    assert_eq!(n_forces, labels.len());
}

#[test]
fn salt_asks_energy_for_a_temperature() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("input.yaml");
    let text = "system: {sequence: ACE-ALA-NME, ionic_strength_molar: 0.1}\n";
    fs::write(&path, text).unwrap();
    let output = saltus().arg("energy").arg(&path).assert().code(2);
    let said = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(said.contains("temperature_kelvin: 310"), "{said}");
    fs::write(&path, format!("{text}temperature_kelvin: 310\n")).unwrap();
    saltus().arg("energy").arg(&path).assert().success();
}

#[test]
fn a_byte_order_mark_before_the_input_is_no_key() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("input.yaml");
    fs::write(&path, "\u{feff}system: {sequence: ACE-ALA-NME}\n").unwrap();
    saltus().arg("energy").arg(&path).assert().success();
}

#[test]
fn a_tilde_is_the_home_folder() {
    let home = tempfile::tempdir().unwrap();
    let path = input(home.path(), &text_of(&peptide("ACE-ALA-NME", &[])), RUN);
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace("start.pdb", "~/start.pdb");
    let text = text.replace("{every_cycles", "{directory: ~/found, every_cycles");
    fs::write(&path, text).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    saltus()
        .args(["run", "--quiet"])
        .arg(&path)
        .env("HOME", home.path())
        .current_dir(elsewhere.path())
        .assert()
        .success();
    assert!(home.path().join("found/trajectory_0000.h5").is_file());
    assert!(!elsewhere.path().join("~").exists());
}

/// The order of a file's atoms is that of its frames and exports too.
#[test]
fn topology_and_exports_keep_the_order_of_the_file() {
    let home = tempfile::tempdir().unwrap();
    let start = data("openmm/scrambled.pdb");
    let path = input(home.path(), &start, RUN);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        text.replace("start.pdb", "start.pdb, minimize: false"),
    )
    .unwrap();
    let out = home.path().join("out");
    saltus()
        .args(["run", "--quiet"])
        .arg(&path)
        .arg("--output")
        .arg(&out)
        .assert()
        .success();
    let exported = home.path().join("frames.pdb");
    saltus()
        .arg("export")
        .arg(out.join("trajectory_0000.h5"))
        .arg("-o")
        .arg(&exported)
        .assert()
        .success();
    let atoms = |text: &str| -> Vec<(String, [f64; 3])> {
        text.lines()
            .take_while(|line| !line.starts_with("ENDMDL"))
            .filter(|line| line.starts_with("ATOM"))
            .map(|line| {
                let at = |start: usize| line[start..start + 8].trim().parse().unwrap();
                (line[12..16].trim().to_owned(), [at(30), at(38), at(46)])
            })
            .collect()
    };
    let expected = atoms(&start);
    for file in [out.join("topology.pdb"), exported] {
        let found = atoms(&fs::read_to_string(&file).unwrap());
        assert_eq!(found.len(), expected.len());
        for ((name, position), (wanted, start)) in found.iter().zip(&expected) {
            assert_eq!(name, wanted, "{}", file.display());
            // Four steps of a femtosecond move no atom by half an angstrom.
            let shift: f64 = (0..3).map(|k| (position[k] - start[k]).powi(2)).sum();
            assert!(shift.sqrt() < 0.5, "{} {name} {shift}", file.display());
        }
    }
}

/// An alanine whose heavy atoms say L by a little, while its hydrogens say D: the minimiser makes D-alanine of it.
fn almost_mirrored() -> String {
    let mut molecule = peptide("ACE-ALA-NME", &[]);
    for position in &mut molecule.positions {
        position[0] = -position[0];
    }
    let at = |name: &str| molecule.topology.atom_index(1, name).unwrap();
    let point = |name: &str| Vector3::from(molecule.positions[at(name)]);
    let plane = (point("N") - point("CA")).cross(&(point("C") - point("CA")));
    let plane = plane.normalize();
    let height = (point("CB") - point("CA")).dot(&plane);
    let moved = ["CB", "HB1", "HB2", "HB3"].map(at);
    for atom in moved {
        let place = Vector3::from(molecule.positions[atom]) - 1.2 * height * plane;
        molecule.positions[atom] = place.into();
    }
    text_of(&molecule)
}

#[test]
fn a_hand_that_minimising_changes_stops_the_run() {
    let home = tempfile::tempdir().unwrap();
    let path = input(home.path(), &almost_mirrored(), RUN);
    let output = saltus()
        .args(["run", "--quiet"])
        .arg(&path)
        .arg("--output")
        .arg(home.path().join("out"))
        .assert()
        .code(2);
    let said = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    for part in [
        "minimising made another molecule",
        "ALA 2 CA was of natural hand (L), is mirrored (D)",
    ] {
        assert!(said.contains(part), "{said}");
    }
}
