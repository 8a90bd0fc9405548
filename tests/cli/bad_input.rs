//! Every fault of an input file has its own message, word for word, exit code 2, and leaves nothing behind.
//!
//! `SALTUS_BLESS=1 cargo test --release --test cli` writes the messages anew; read the difference before committing it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/config/bad")
}

fn run(input: &str, output: &Path) -> Output {
    assert_cmd::cargo::cargo_bin_cmd!("saltus")
        .current_dir(folder())
        .env_remove("RUST_LOG")
        .args(["run", input, "--output"])
        .arg(output)
        // An input that isn't refused may be one that runs for ever.
        .timeout(Duration::from_secs(60))
        .output()
        .unwrap()
}

/// What is wrong with one case, if anything.
fn fault_of_case(yaml: &Path, bless: bool) -> Option<String> {
    let name = yaml.file_name().unwrap().to_str().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("out");
    let output = run(name, &target);
    let got = String::from_utf8(output.stderr).unwrap();
    let golden = yaml.with_extension("txt");
    if bless {
        fs::write(&golden, &got).unwrap();
    }
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    if output.status.code() != Some(2) {
        return Some(format!("{name}: exit {}, expected 2\n{got}", output.status));
    }
    if !output.stdout.is_empty() || target.exists() {
        return Some(format!("{name}: something was written"));
    }
    (got != expected).then(|| format!("{name}: got\n{got}\nexpected\n{expected}"))
}

#[test]
fn every_fault_has_its_message() {
    let bless = std::env::var_os("SALTUS_BLESS").is_some();
    let mut cases: Vec<PathBuf> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    cases.sort();
    assert!(cases.len() >= 50, "{} cases", cases.len());
    let faults: Vec<String> = cases
        .iter()
        .filter_map(|yaml| fault_of_case(yaml, bless))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_message_belongs_to_a_case() {
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            assert!(path.with_extension("yaml").exists(), "{}", path.display());
        }
    }
}

#[test]
fn a_missing_file_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let output = run("no-such-file.yaml", &directory.path().join("out"));
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        message.starts_with("error: no-such-file.yaml: cannot read the input file:"),
        "{message}"
    );
    assert!(message.contains("\n  help: "), "{message}");
}

#[test]
fn a_folder_is_no_input_file() {
    let directory = tempfile::tempdir().unwrap();
    let output = run(".", &directory.path().join("out"));
    assert_eq!(output.status.code(), Some(2));
}
