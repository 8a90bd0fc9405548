//! The program from a prmtop: `saltus energy` and `saltus run`, and what the input file may not say.

use std::path::Path;

use crate::energies::of_constants;
use crate::support::{Numbers, Reference};

fn saltus(folder: &Path, arguments: &[&str]) -> std::process::Output {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("saltus");
    command
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

fn write(folder: &Path, text: &str) {
    std::fs::write(folder.join("input.yaml"), text).unwrap();
}

#[test]
fn energies_and_forces_of_the_program_are_those_of_openmm() {
    for name in [
        "benzene_toluene",
        "cucurbituril_b2",
        "off_diagonal",
        "ff19sb",
        "chamber",
    ] {
        let reference = Reference::read(name);
        let home = tempfile::tempdir().unwrap();
        reference.write(home.path());
        write(
            home.path(),
            "system: {prmtop: x.prmtop, coordinates: x.inpcrd, solvent: obc2}\ndevice: cpu\n",
        );
        let arguments = [
            "energy",
            "input.yaml",
            "--forces",
            "--json",
            "--device",
            "cpu",
        ];
        let output = saltus(home.path(), &arguments);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let Numbers::Found(expected) = &reference.references["obc2"] else {
            panic!("{name}");
        };
        let energy = report["potential_energy_kj_per_mol"].as_f64().unwrap();
        let solvent = report["terms_kj_per_mol"]["implicit_solvent"].as_f64();
        let same = energy + of_constants("obc2", solvent.unwrap());
        assert!(
            (same - expected.potential_energy_kj_per_mol).abs() < 1e-4,
            "{name}: {energy}"
        );
        let on_device = report["device"]["potential_energy_kj_per_mol"]
            .as_f64()
            .unwrap();
        assert!((on_device - energy).abs() < 0.02, "{name}: {on_device}");
        let forces = report["forces_kj_per_mol_per_nm"].as_array().unwrap();
        assert_eq!(forces.len(), expected.forces_kj_per_mol_per_nm.len());
        let names = report["atoms"].as_array().unwrap();
        for (atom, parameters) in names.iter().zip(&reference.parameters().topology().atoms) {
            assert_eq!(atom["name"].as_str().unwrap(), parameters.name);
        }
    }
}

#[test]
fn a_run_from_a_prmtop_writes_its_trajectory() {
    let reference = Reference::read("b2");
    let home = tempfile::tempdir().unwrap();
    reference.write(home.path());
    write(
        home.path(),
        "system: {prmtop: x.prmtop, coordinates: x.inpcrd, solvent: gbn2, constraints: h-bonds, hydrogen_mass_da: 3.0}\n\
         temperature_kelvin: 300\nreplicas: 2\nseed: 3\ndevice: cpu\n\
         sampler:\n  - langevin: {steps: 20, timestep_fs: 2.0, friction_per_ps: 1.0}\n\
         run: {cycles: 20, equilibration_cycles: 2}\noutput: {directory: out, every_cycles: 5}\n",
    );
    let output = saltus(home.path(), &["run", "input.yaml"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(home.path().join("out/trajectory_0001.h5").is_file());
    let pdb = std::fs::read_dir(home.path().join("out"))
        .unwrap()
        .find_map(|entry| {
            let path = entry.unwrap().path();
            path.extension()
                .is_some_and(|own| own == "pdb")
                .then_some(path)
        });
    let text = std::fs::read_to_string(pdb.unwrap()).unwrap();
    let atoms = text
        .lines()
        .filter(|line| line.starts_with("ATOM") || line.starts_with("HETATM"));
    let names: Vec<String> = atoms.map(|line| line[12..16].trim().to_owned()).collect();
    let topology = reference.parameters().topology().clone();
    let expected: Vec<String> = topology
        .atoms
        .iter()
        .map(|atom| atom.name.clone())
        .collect();
    assert_eq!(names, expected);
}

#[test]
fn keys_that_go_together_or_not() {
    let reference = Reference::read("toluene");
    let home = tempfile::tempdir().unwrap();
    reference.write(home.path());
    let message = |system: &str| {
        write(home.path(), &format!("system:\n{system}"));
        let output = saltus(home.path(), &["energy", "input.yaml"]);
        assert_eq!(output.status.code(), Some(2), "{system}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let cases = [
        (
            "  prmtop: x.prmtop\n",
            ":2:",
            "a prmtop has no positions, expected `coordinates` beside it",
        ),
        (
            "  coordinates: x.inpcrd\n",
            ":2:",
            "expected `prmtop` beside them",
        ),
        (
            "  prmtop: x.prmtop\n  coordinates: x.inpcrd\n  sequence: ACE-NME\n",
            "input.yaml:",
            "stand beside another molecule, expected one",
        ),
        (
            "  prmtop: x.prmtop\n  coordinates: y.inpcrd\n",
            ":3:",
            "there is no file",
        ),
        (
            "  prmtop: x.prmtop\n  coordinates: x.inpcrd\n  force_field: amber14\n",
            ":4:",
            "`force_field` is given, but parameters come from `prmtop`",
        ),
        (
            "  prmtop: x.inpcrd\n  coordinates: x.inpcrd\n",
            ":2:",
            "expected '%VERSION' or '%FLAG' at the start of a prmtop",
        ),
        (
            "  prmtop: x.prmtop\n  coordinates: x.prmtop\n",
            ":3:",
            "expected the number of atoms in the second line",
        ),
        (
            "  prmtop: x.prmtop\n  coordinates: x.inpcrd\n  disulfides: [[1, 2]]\n",
            ":4:",
            "bridges cannot be given for a prmtop",
        ),
    ];
    for (system, place, problem) in cases {
        let message = message(system);
        assert!(
            message.contains(place) && message.contains(problem),
            "{system}{message}"
        );
        assert!(
            message.contains("help") || message.contains(';'),
            "{message}"
        );
    }
}
