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

#[test]
fn a_proposal_of_ones_own_is_compared_with_plain_md() {
    let text = stdout(example("compare_proposals").arg("2"));
    for name in ["md: ", "turn: "] {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        let speed: f64 = line[name.len()..]
            .split(' ')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        assert!(speed >= 0.0 && line.contains("times plain MD's"), "{text}");
    }
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
fn the_documentation_of_the_input_is_what_the_program_prints() {
    for (of, page) in [
        ("run", include_str!("../docs/input.md")),
        ("train", include_str!("../docs/training-input.md")),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saltus"));
        let text = stdout(command.args(["schema", of, "--markdown"]));
        assert!(
            text == page,
            "docs: the input of `saltus {of}` has changed; run `saltus schema {of} --markdown` into its page"
        );
    }
}

/// `--observe` in the help, in the documentation, in the docstring of the Python package.
#[test]
fn every_quantity_is_told_where_they_are_listed() {
    let help = stdout(Command::new(env!("CARGO_BIN_EXE_saltus")).args(["analyze", "--help"]));
    for (place, text) in [
        ("saltus analyze --help", help.as_str()),
        ("docs/input.md", include_str!("../docs/input.md")),
        ("docs/output.md", include_str!("../docs/output.md")),
        (
            "python/saltus/_analysis.py",
            include_str!("../python/saltus/_analysis.py"),
        ),
    ] {
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        for example in saltus::analysis::QUANTITY_EXAMPLES {
            assert!(
                text.contains(&format!("`{example}`")),
                "{place} does not tell of `{example}`"
            );
        }
    }
}

const CRANKSHAFT: &str = "examples/custom_kernel/crankshaft.yaml";

/// The kernel of another crate in YAML: run, refused where its values are wrong, and compared by the bench.
#[test]
fn a_kernel_of_another_crate_stands_in_yaml_and_in_the_bench() {
    let folder = tempfile::tempdir().unwrap();
    let own = || example("custom_kernel");
    let run = [
        "run", CRANKSHAFT, "--cycles", "200", "--json", "--quiet", "--output",
    ];
    let summary: serde_json::Value =
        serde_json::from_str(&stdout(own().args(run).arg(folder.path().join("out")))).unwrap();
    let kernels = summary["kernels"].as_array().unwrap();
    let crankshaft = kernels
        .iter()
        .find(|kernel| kernel["name"] == "crankshaft")
        .unwrap();
    let acceptance =
        crankshaft["accepted"].as_f64().unwrap() / crankshaft["proposed"].as_f64().unwrap();
    assert!((0.2..0.95).contains(&acceptance), "{crankshaft}");
    assert_eq!(summary["exact"], true);

    let wrong = folder.path().join("wrong.yaml");
    for (value, expected) in [
        (
            "{largest_turn_rad: -1}",
            "largest_turn_rad: got -1, expected a number over 0",
        ),
        ("{largest_turn: 1}", "unknown key `largest_turn`"),
    ] {
        let text = std::fs::read_to_string(CRANKSHAFT).unwrap();
        let text = text.replace("{largest_turn_rad: 0.3, repeats: 2}", value);
        std::fs::write(&wrong, text).unwrap();
        let output = own().arg("run").arg(&wrong).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(expected), "{message}");
    }

    let bench = [
        "bench",
        CRANKSHAFT,
        "--seconds",
        "1",
        "--md-seconds",
        "0",
        "--samplers",
        "md_4fs_heavy,input",
        "--json",
        "--quiet",
    ];
    let report: serde_json::Value = serde_json::from_str(&stdout(own().args(bench))).unwrap();
    let samplers = report["samplers"].as_array().unwrap();
    let input = samplers
        .iter()
        .find(|sampler| sampler["name"] == "input")
        .unwrap();
    let has_it = |kernel: &serde_json::Value| kernel["name"] == "crankshaft";
    assert!(
        input["kernels"].as_array().unwrap().iter().any(has_it),
        "{input}"
    );

    let schema = stdout(own().arg("schema"));
    assert!(schema.contains("largest_turn_rad"));
    let plain = Command::new(env!("CARGO_BIN_EXE_saltus"))
        .args(["run", CRANKSHAFT])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&plain.stderr).contains("unknown kernel `crankshaft`"));
}
