//! Chains that are copies of each other count once; ensembles that differ are pooled only on demand.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::support::{analyze_json, rewrite, saltus};

/// Runs a dipeptide into a folder; `edit` changes the input.
fn run(home: &Path, name: &str, edit: impl FnOnce(String) -> String) {
    let text = "system: {sequence: ACE-ALA-NME}\n\
                temperature_kelvin: 500\n\
                replicas: 2\n\
                seed: 3\n\
                threads: 1\n\
                sampler:\n  - langevin: {steps: 20, timestep_fs: 1.0, friction_per_ps: 5.0}\n\
                run: {cycles: 40, equilibration_cycles: 5}\n\
                output: {every_cycles: 1}\n";
    let input = format!("{name}.yaml");
    fs::write(home.join(&input), edit(text.to_owned())).unwrap();
    saltus(home)
        .args(["run", &input, "--quiet", "--output", name])
        .assert()
        .success();
}

fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), "one", |text| text);
    home
}

fn of_seed(seed: u64) -> impl FnOnce(String) -> String {
    move |text| text.replace("seed: 3", &format!("seed: {seed}"))
}

/// Chains that count, copies that don't, and the effective samples of the slowest observable.
fn counted(report: &Value) -> (u64, usize, f64) {
    let slowest = report["slowest"].as_str().unwrap();
    let row = super::support::find(&report["observables"], "name", slowest);
    (
        report["n_chains"].as_u64().unwrap(),
        report["copies"].as_array().unwrap().len(),
        row["ess_bulk"].as_f64().unwrap(),
    )
}

#[test]
fn four_runs_of_one_seed_are_one() {
    let home = home();
    let path = home.path();
    for name in ["two", "three", "four"] {
        run(path, name, |text| text);
    }
    let alone = counted(&analyze_json(path, &["one"]));
    let all = counted(&analyze_json(path, &["one", "two", "three", "four"]));
    assert_eq!((alone.0, alone.1), (2, 0));
    assert_eq!(all, (2, 6, alone.2));
}

#[test]
fn a_file_by_two_names_and_in_its_folder_counts_once() {
    let home = home();
    let path = home.path();
    let file = "one/trajectory_0000.h5";
    for (arguments, n_chains, n_copies) in [
        (&[file, file][..], 1, 1),
        (&["one", file], 2, 1),
        (&[file, "./one/../one/trajectory_0000.h5"], 1, 1),
        (&["one", "one"], 2, 2),
    ] {
        let report = counted(&analyze_json(path, arguments));
        assert_eq!((report.0, report.1), (n_chains, n_copies), "{arguments:?}");
    }
    fs::copy(path.join(file), path.join("copied.h5")).unwrap();
    let report = analyze_json(path, &[file, "copied.h5"]);
    assert_eq!(counted(&report).0, 1);
    assert_eq!(report["copies"][0]["file"], "copied.h5");
    assert_eq!(report["copies"][0]["of"], file);
}

#[test]
fn a_run_and_its_longer_continuation_are_one_chain_the_longer() {
    let home = home();
    let path = home.path();
    fs::create_dir(path.join("before")).unwrap();
    for replica in ["trajectory_0000.h5", "trajectory_0001.h5"] {
        fs::copy(
            path.join("one").join(replica),
            path.join("before").join(replica),
        )
        .unwrap();
    }
    let more = ["run", "one.yaml", "--resume", "--cycles", "80", "--quiet"];
    saltus(path)
        .args(more)
        .args(["--output", "one"])
        .assert()
        .success();
    let report = analyze_json(path, &["before", "one"]);
    assert_eq!(counted(&report).0, 2);
    assert_eq!((&report["n_frames"], counted(&report).1), (&80.into(), 2));
}

/// What other programs wrote has no seed: the frames tell.
#[test]
fn shared_frames_make_a_copy_without_any_header() {
    let home = home();
    let path = home.path();
    run(path, "other", of_seed(4));
    let first_half = |index: usize, _: &saltus::state::Frame| index < 25;
    let second_half = |index: usize, _: &saltus::state::Frame| index >= 15;
    rewrite(&path.join("one"), &path.join("first"), first_half);
    rewrite(&path.join("one"), &path.join("second"), second_half);
    for folder in ["first", "second"] {
        for replica in 0..2 {
            let file = path.join(format!("{folder}/trajectory_000{replica}.h5"));
            rename_all(&file, b"input_yaml", b"input_none");
        }
    }
    let overlapping = analyze_json(path, &["first", "second"]);
    assert_eq!((counted(&overlapping).0, counted(&overlapping).1), (2, 2));
    let independent = analyze_json(path, &["first", "other"]);
    assert_eq!((counted(&independent).0, counted(&independent).1), (4, 0));
}

/// Renames a dataset in place, so that readers no longer find it.
fn rename_all(path: &Path, from: &[u8], to: &[u8]) {
    let mut bytes = fs::read(path).unwrap();
    let found: Vec<usize> = (0..bytes.len() - from.len())
        .filter(|&at| &bytes[at..at + from.len()] == from)
        .collect();
    assert!(!found.is_empty());
    for at in found {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    fs::write(path, bytes).unwrap();
}

#[test]
fn copies_are_told_loudly_in_text_and_page() {
    let home = home();
    let path = home.path();
    run(path, "two", |text| text);
    let assert = saltus(path)
        .args(["analyze", "one", "two", "-o", "report"])
        .assert()
        .success();
    let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let first = text.lines().next().unwrap();
    assert!(
        first.starts_with("WARNING: 2 of 4 trajectories are copies and are not counted"),
        "{text}"
    );
    assert!(
        text.contains("two/trajectory_0000.h5 has the same input, seed 3 and replica 0 as one/trajectory_0000.h5"),
        "{text}"
    );
    let page = fs::read_to_string(path.join("report/report.html")).unwrap();
    assert!(page.contains("<p class=\"warning\">WARNING: 2 of 4 trajectories are copies"));
}

#[test]
fn ensembles_that_differ_are_not_pooled_unasked() {
    let home = home();
    let path = home.path();
    run(path, "warm", |text| {
        of_seed(4)(text).replace("kelvin: 500", "kelvin: 510")
    });
    run(path, "gbn2", |text| {
        of_seed(5)(text).replace("ACE-ALA-NME}", "ACE-ALA-NME, solvent: gbn2}")
    });
    run(path, "sb", |text| {
        of_seed(6)(text).replace("ACE-ALA-NME}", "ACE-ALA-NME, force_field: amber99sbildn}")
    });
    for (other, named) in [
        (
            "warm",
            "temperature_kelvin: 500 in one/trajectory_0000.h5 and 1 more, 510 in warm",
        ),
        ("gbn2", "system.solvent: "),
        ("sb", "system.force_field: "),
    ] {
        let assert = saltus(path)
            .args(["analyze", "one", other])
            .assert()
            .code(2);
        let message = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(message.contains("not of one ensemble"), "{message}");
        assert!(
            message.contains(named) && message.contains("--pool"),
            "{message}"
        );
        let report = analyze_json(path, &["one", other, "--pool"]);
        assert_eq!(counted(&report).0, 4);
        assert_eq!(report["pooled"].as_array().unwrap().len(), 1, "{report}");
    }
}

#[test]
fn a_reference_that_holds_the_same_chains_says_so() {
    let home = home();
    let report = analyze_json(home.path(), &["one", "--reference", "one"]);
    let note = report["reference"]["notes"].to_string();
    assert!(
        note.contains("2 of these trajectories are in the reference too"),
        "{note}"
    );
}
