//! Runs the Rust programs of `examples/`, which `cargo test` compiles beside the tests. The YAML files run in `tests/cli`.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use assert_cmd::Command;
use std::path::PathBuf;

/// The program of an example, two folders up from the test's own.
fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let profile: PathBuf = test.parent().unwrap().parent().unwrap().to_path_buf();
    let program = profile.join("examples").join(name);
    assert!(
        program
            .with_extension(std::env::consts::EXE_EXTENSION)
            .exists(),
        "{} is missing: run all tests, or `cargo build --examples` with this profile first",
        program.display()
    );
    Command::new(program)
}

fn stdout(command: &mut Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

#[test]
fn energy_agrees_with_its_reference() {
    let text = stdout(&mut example("energy"));
    let energies: Vec<[f64; 2]> = text
        .lines()
        .filter(|line| line.contains("kJ/mol by the engine"))
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            [words[1], words[6]].map(|word| word.parse().unwrap())
        })
        .collect();
    assert_eq!(energies.len(), 2, "{text}");
    for [engine, reference] in energies {
        assert!((engine - reference).abs() < 0.02, "{text}");
    }
}

#[test]
fn langevin_reaches_its_temperature() {
    let text = stdout(example("langevin").arg("6"));
    let last = text.lines().last().unwrap();
    let words: Vec<&str> = last.split_whitespace().collect();
    let position = words
        .iter()
        .position(|&word| word == "temperature")
        .unwrap();
    let temperature: f64 = words[position + 1].parse().unwrap();
    // 64 replicas with 66 degrees of freedom: the standard error is 7 K.
    assert!((temperature - 310.0).abs() < 40.0, "{text}");
}

#[test]
fn throughput_prints_json() {
    let folder = tempfile::tempdir().unwrap();
    let pdb = folder.path().join("peptide.pdb");
    Command::new(env!("CARGO_BIN_EXE_saltus"))
        .args(["build", "ACE-ALA-NME", "-o"])
        .arg(&pdb)
        .assert()
        .success();
    let text = stdout(example("throughput").arg(&pdb).args(["3", "1", "0.01"]));
    let result: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&result["n_atoms"], &result["n_replicas"]),
        (&22.into(), &3.into())
    );
    assert!(
        result["us_per_replica_step"].as_f64().unwrap() > 0.0,
        "{text}"
    );
}

/// The first YAML block of the README.
fn readme_input() -> String {
    let readme = include_str!("../README.md");
    let (_, rest) = readme.split_once("```yaml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_input_of_the_readme_runs() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("input.yaml");
    std::fs::write(&input, readme_input()).unwrap();
    Command::new(env!("CARGO_BIN_EXE_saltus"))
        .arg("run")
        .arg(&input)
        .args([
            "--cycles",
            "10",
            "--equilibration-cycles",
            "1",
            "--quiet",
            "--output",
        ])
        .arg(folder.path().join("out"))
        .assert()
        .success();
}

#[test]
fn the_input_of_the_readme_has_every_key() {
    let schema = stdout(Command::new(env!("CARGO_BIN_EXE_saltus")).arg("schema"));
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let mut keys = Vec::new();
    collect_keys(&schema, &mut keys);
    assert!(keys.len() > 25, "{keys:?}");
    let input = readme_input();
    for key in keys {
        assert!(
            input.contains(&format!("{key}:")),
            "`{key}` is not in the README's input"
        );
    }
}

fn collect_keys(schema: &serde_json::Value, keys: &mut Vec<String>) {
    if let Some(serde_json::Value::Object(properties)) = schema.get("properties") {
        keys.extend(properties.keys().cloned());
    }
    match schema {
        serde_json::Value::Object(map) => map.values().for_each(|value| collect_keys(value, keys)),
        serde_json::Value::Array(list) => list.iter().for_each(|value| collect_keys(value, keys)),
        _ => {}
    }
}
