//! Every YAML file of `examples/` runs, shortened, and leaves frames.

use std::fs;
use std::path::{Path, PathBuf};

use saltus::trajectory::Reader;

use super::support::saltus;

#[test]
fn every_example_runs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut inputs: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
                // Inputs of `saltus train`; tests/leap runs them.
                && !path.to_string_lossy().ends_with("-training.yaml")
        })
        .collect();
    inputs.sort();
    assert!(inputs.len() >= 9, "{inputs:?}");
    for input in inputs {
        let home = tempfile::tempdir().unwrap();
        let output = home.path().join("out");
        let done = saltus()
            .arg("run")
            .arg(&input)
            .args([
                "--cycles",
                "10",
                "--equilibration-cycles",
                "2",
                "--quiet",
                "--output",
            ])
            .arg(&output)
            .assert()
            .success();
        let told = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
        // What a shortened equilibration is too short for may be said, and what a PDB file lacks; nothing else.
        let expected = |line: &str| {
            line.contains("saw too few frames of the equilibration")
                || (line.contains("the mean temperature is") && line.contains("equilibrate longer"))
                || line.contains("atoms that the file lacks (hydrogens, terminal OXT) are added")
        };
        assert!(told.lines().all(expected), "{}: {told}", input.display());
        let reader = Reader::open(&output.join("trajectory_0000.h5")).unwrap();
        assert!(reader.n_frames() > 0, "{}", input.display());
    }
}
