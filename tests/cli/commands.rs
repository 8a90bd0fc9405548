//! The subcommands beside `run`: energy, build, export, info, schema, and the help.

use std::fs;

use serde_json::Value;

use super::support::{Small, saltus};

fn json(assert: &assert_cmd::assert::Assert) -> Value {
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

fn stderr(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

#[test]
fn energy_terms_sum_to_the_potential_energy() {
    let small = Small::new(|text| text);
    let mut command = saltus();
    let assert = command
        .arg("energy")
        .arg(&small.input)
        .args(["--forces", "--json"])
        .assert();
    let report = json(&assert.success());
    let terms = report["terms_kj_per_mol"].as_object().unwrap();
    let names: Vec<&str> = terms.keys().map(String::as_str).collect();
    assert_eq!(names.len(), 5);
    for name in ["bond", "angle", "torsion", "nonbonded", "implicit_solvent"] {
        assert!(names.contains(&name), "{name}");
    }
    let sum: f64 = terms.values().map(|value| value.as_f64().unwrap()).sum();
    let total = report["potential_energy_kj_per_mol"].as_f64().unwrap();
    assert!((sum - total).abs() < 1e-9, "{sum} {total}");
    let forces = report["forces_kj_per_mol_per_nm"].as_array().unwrap();
    assert_eq!(forces.len(), 22);
    // Minimised to a root mean square of 10 kJ/mol/nm, so no single component is large.
    let largest = forces
        .iter()
        .flat_map(|force| force.as_array().unwrap())
        .map(|component| component.as_f64().unwrap().abs())
        .fold(0.0, f64::max);
    assert!(largest < 100.0, "{largest}");
    let table = saltus().arg("energy").arg(&small.input).assert().success();
    let table = String::from_utf8(table.get_output().stdout.clone()).unwrap();
    assert!(table.contains("potential_energy"), "{table}");
}

#[test]
fn minimising_lowers_the_energy() {
    let energy = |small: &Small| {
        let assert = saltus()
            .arg("energy")
            .arg(&small.input)
            .arg("--json")
            .assert()
            .success();
        let report = json(&assert);
        assert!(report.get("forces_kj_per_mol_per_nm").is_none());
        report["potential_energy_kj_per_mol"].as_f64().unwrap()
    };
    // The builder leaves good structures, so there is little to gain.
    let minimised = Small::new(|text| text.replace("-ALA-", "-LYS-GLU-"));
    let built = Small::new(|text| {
        text.replace("-ALA-", "-LYS-GLU-")
            .replace("NME}", "NME, minimize: false}")
    });
    assert!(energy(&minimised) < energy(&built) - 0.01);
}

#[test]
fn a_built_file_is_read_back_with_the_same_energy() {
    let small = Small::new(|text| text);
    let pdb = small.home.path().join("peptide.pdb");
    let build = |force: &[&str]| {
        let mut command = saltus();
        command
            .args(["build", "ACE-ALA-NME", "-o"])
            .arg(&pdb)
            .args(force);
        command.assert()
    };
    build(&[]).success().stdout("");
    let message = stderr(&build(&[]).code(2));
    assert!(
        message.contains("exists already") && message.contains("--force"),
        "{message}"
    );
    build(&["--force"]).success();
    let from_pdb = Small::new(|text| {
        text.replace("sequence: ACE-ALA-NME", &format!("pdb: {}", pdb.display()))
    });
    let energies = [&small, &from_pdb].map(|input| {
        let assert = saltus()
            .arg("energy")
            .arg(&input.input)
            .arg("--json")
            .assert()
            .success();
        json(&assert)["potential_energy_kj_per_mol"]
            .as_f64()
            .unwrap()
    });
    // PDB files carry three decimals of an angstrom.
    assert!((energies[0] - energies[1]).abs() < 1.0, "{energies:?}");
}

#[test]
fn built_cross_links_are_written_with_their_bonds() {
    let home = tempfile::tempdir().unwrap();
    let pdb = home.path().join("lactam.pdb");
    let build = |bond: &str| {
        let mut command = saltus();
        command.args([
            "build",
            "ACE-LYS-ALA-GLY-ASP-NME",
            "--no-minimize",
            "--bond",
            bond,
        ]);
        command.args(["--force", "-o"]).arg(&pdb).assert()
    };
    build("LYS 2 NZ, ASP 5 CG").success();
    let text = std::fs::read_to_string(&pdb).unwrap();
    let serial = |name: &str, residue: &str| {
        let is_it = |line: &&str| line[12..16].trim() == name && &line[17..20] == residue;
        let line = text
            .lines()
            .filter(|line| line.starts_with("ATOM"))
            .find(is_it);
        line.unwrap_or_else(|| panic!("{name}"))[6..11].to_owned()
    };
    let [nitrogen, carbon] = [serial("NZ", "LYS"), serial("CG", "ASP")];
    let bonded =
        |line: &str| line.starts_with(&format!("CONECT{nitrogen}")) && line.contains(&carbon);
    assert!(text.lines().any(bonded), "{text}");
    for (bond, expected) in [
        ("LYS 2 NZ", "expected two ends such as"),
        ("LYS 2 NZ, ASP CG", "expected two ends such as"),
        ("LYS 2 NZ, ASP 9 CG", "there is no residue 9"),
        ("LYS 3 NZ, ASP 5 CG", "ALA"),
    ] {
        let message = stderr(&build(bond).code(2));
        assert!(message.contains(expected), "{bond}: {message}");
    }
}

#[test]
fn a_wrong_sequence_is_exit_code_2_and_no_file() {
    let home = tempfile::tempdir().unwrap();
    let pdb = home.path().join("peptide.pdb");
    for sequence in ["ACE-ALX-NME", "AAZY", ""] {
        saltus()
            .args(["build", sequence, "-o"])
            .arg(&pdb)
            .assert()
            .code(2);
        assert!(!pdb.exists());
    }
}

#[test]
fn trajectories_are_exported_in_three_formats() {
    let small = Small::new(|text| text);
    small.run().arg("--quiet").assert().success();
    for name in ["t.pdb", "t.dcd", "t.xtc"] {
        let target = small.home.path().join(name);
        let export = |arguments: &[&str]| {
            let mut command = saltus();
            command
                .arg("export")
                .arg(small.trajectory(0))
                .arg("-o")
                .arg(&target);
            command.args(arguments).assert()
        };
        let message = stderr(&export(&[]).success());
        assert!(message.contains("20 frames of 22 atoms"), "{message}");
        let whole = target.metadata().unwrap().len();
        export(&[]).code(2);
        let message = stderr(&export(&["--force", "--stride", "6"]).success());
        assert!(message.contains("4 frames of 22 atoms"), "{message}");
        assert!(target.metadata().unwrap().len() < whole / 2);
    }
}

#[test]
fn what_is_no_trajectory_is_not_exported() {
    let small = Small::new(|text| text);
    small.run().arg("--quiet").assert().success();
    let target = small.home.path().join("t.xtc");
    let truncated = small.home.path().join("truncated.h5");
    let bytes = fs::read(small.trajectory(0)).unwrap();
    fs::write(&truncated, &bytes[..bytes.len() / 2]).unwrap();
    for (source, expected) in [
        (&small.input, "is not an HDF5 file"),
        (&truncated, "truncated"),
    ] {
        let mut command = saltus();
        let assert = command
            .arg("export")
            .arg(source)
            .arg("-o")
            .arg(&target)
            .assert()
            .code(2);
        assert!(stderr(&assert).contains(expected), "{}", stderr(&assert));
        assert!(!target.exists());
    }
    let mut command = saltus();
    let wrong_ending = small.home.path().join("t.txt");
    command
        .arg("export")
        .arg(small.trajectory(0))
        .arg("-o")
        .arg(&wrong_ending)
        .assert()
        .code(2);
    assert!(!wrong_ending.exists());
}

#[test]
fn info_lists_what_there_is() {
    let report = json(&saltus().args(["info", "--json"]).assert().success());
    assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(report["solvents"].as_array().unwrap().len(), 6);
    assert!(!report["instruction_sets"].as_array().unwrap().is_empty());
    let lines = saltus().arg("info").assert().success();
    assert!(String::from_utf8_lossy(&lines.get_output().stdout).contains("amber99sbildn"));
}

#[test]
fn the_schema_knows_every_key_of_the_input() {
    let schema = json(&saltus().arg("schema").assert().success());
    let keys = schema["properties"].as_object().unwrap();
    for key in [
        "system",
        "temperature_kelvin",
        "replicas",
        "seed",
        "sampler",
        "run",
        "output",
    ] {
        assert!(keys.contains_key(key), "{key}");
        assert!(
            keys[key].get("description").is_some(),
            "{key} is documented"
        );
    }
    assert_eq!(schema["additionalProperties"], false);
    assert!(schema["$defs"]["LangevinEntry"]["properties"]["timestep_fs"].is_object());
}

#[test]
fn help_and_wrong_arguments_have_their_exit_codes() {
    saltus().arg("--help").assert().success();
    for arguments in [
        &["runn"][..],
        &["run"],
        &["run", "a.yaml", "--resume", "--force"],
        &[],
    ] {
        saltus().args(arguments).assert().code(2);
    }
}
