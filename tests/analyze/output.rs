//! What a good call gives: table, JSON, the report's files.

use std::fs;

use super::support::{analyze_json, find, home_with_run, saltus};

#[test]
fn json_has_the_promised_form() {
    let home = home_with_run("ACE-LYS-NME", 60);
    let report = analyze_json(home.path(), &["run"]);
    let names = [
        "sin_phi_2",
        "cos_phi_2",
        "sin_psi_2",
        "sin_chi1_2",
        "cos_chi4_2",
        "phi_2_positive",
        "end_to_end_distance",
        "radius_of_gyration",
        "potential_energy",
        "tic_0",
        "tic_1",
    ];
    for name in names {
        let row = find(&report["observables"], "name", name);
        for key in ["mean", "mcse", "ess_bulk", "ess_tail", "r_hat"] {
            assert!(row.get(key).is_some(), "{name} {key}");
        }
    }
    let names = report["observables"].as_array().unwrap().iter();
    assert!(
        names
            .clone()
            .all(|row| !row["name"].as_str().unwrap().contains("omega"))
    );
    assert_eq!(
        (&report["n_chains"], &report["n_frames"]),
        (&4.into(), &60.into())
    );
    assert_eq!(report["exact"], false);
    assert_eq!(report["temperatures_kelvin"][0], 500.0);
    // 20 steps a cycle, 80 cycles, 4 replicas, and one evaluation more wherever energies were not known.
    let evaluations = report["cost"]["energy_evaluations"].as_f64().unwrap();
    assert!((6400.0..7500.0).contains(&evaluations), "{evaluations}");
    assert!(report["cost"]["wall_seconds"].as_f64().unwrap() > 0.0);
    let row = find(&report["observables"], "name", "potential_energy");
    let expected = row["ess_bulk"].as_f64().unwrap() / evaluations;
    let got = row["ess_per_energy_evaluation"].as_f64().unwrap();
    assert!((got / expected - 1.0).abs() < 1e-12);
}

#[test]
fn a_share_of_the_replicas_bears_its_share_of_the_cost() {
    let home = home_with_run("ACE-ALA-NME", 30);
    let all = analyze_json(home.path(), &["run"]);
    let one = analyze_json(home.path(), &["run/trajectory_0002.h5"]);
    let evaluations =
        |report: &serde_json::Value| report["cost"]["energy_evaluations"].as_f64().unwrap();
    assert!((evaluations(&all) / evaluations(&one) - 4.0).abs() < 1e-9);
}

#[test]
fn burn_in_leaves_frames_out() {
    let home = home_with_run("ACE-ALA-NME", 30);
    let report = analyze_json(home.path(), &["run", "--burn-in", "10"]);
    assert_eq!(report["n_frames"], 20);
}

#[test]
fn the_table_says_what_is_not_converged() {
    let home = home_with_run("ACE-ALA-NME", 30);
    let assert = saltus(home.path())
        .args(["analyze", "run"])
        .assert()
        .success();
    let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    for expected in [
        "ACE-ALA-NME, 22 atoms; 500 K; 4 chains of 30 frames",
        "exact: no, the sampler has a time-step error",
        "ESS bulk",
        "sin_phi_2",
        "< 400",
        "observables are not converged",
        "slowest: ",
        "a million energy evaluations",
    ] {
        assert!(text.contains(expected), "{expected} in\n{text}");
    }
}

#[test]
fn the_report_is_whole_and_needs_no_network() {
    let home = home_with_run("ACE-LYS-NME", 60);
    let analyze = || {
        let mut command = saltus(home.path());
        command.args(["analyze", "run", "-o", "report"]);
        command
    };
    analyze().assert().success();
    let page = fs::read_to_string(home.path().join("report/report.html")).unwrap();
    let n_plots = fs::read_dir(home.path().join("report/plots"))
        .unwrap()
        .count();
    assert_eq!(
        page.matches("<svg").count() * 2,
        n_plots,
        "each plot is inline, as SVG and as PNG"
    );
    assert!(n_plots >= 2 * 9, "{n_plots}");
    let outside = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!outside.contains("http:") && !outside.contains("https:") && !outside.contains("{{"));
    let png = fs::read(home.path().join("report/plots/ramachandran_2.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    let numbers = fs::read_to_string(home.path().join("report/analysis.json")).unwrap();
    let numbers: serde_json::Value = serde_json::from_str(&numbers).unwrap();
    assert!(numbers["observables"].is_array());

    let assert = analyze().assert().code(2);
    let message = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(
        message.starts_with("error: report/report.html exists already"),
        "{message}"
    );
    analyze().arg("--force").assert().success();
}

#[test]
fn a_file_of_another_program_is_read_with_the_pdb_file_beside_it() {
    let home = home_with_run("ACE-ALA-NME", 30);
    let path = home.path();
    fs::create_dir(path.join("foreign")).unwrap();
    fs::copy(
        path.join("run/trajectory_0000.h5"),
        path.join("foreign/plain.h5"),
    )
    .unwrap();
    // The folder of a run has its topology.pdb; here it lies beside under the other name that is looked for.
    fs::copy(
        path.join("run/topology.pdb"),
        path.join("foreign/plain.pdb"),
    )
    .unwrap();
    let whole = analyze_json(path, &["run/trajectory_0000.h5"]);
    let file = hdf5_without_topology(&path.join("foreign/plain.h5"));
    assert!(file, "the sample could not be stripped of its topology");
    let foreign = analyze_json(path, &["foreign/plain.h5"]);
    assert_eq!(
        whole["observables"][0]["mean"],
        foreign["observables"][0]["mean"]
    );
}

/// Renames `/topology` in place, so that readers no longer find it: the link's name stands once in the root group.
fn hdf5_without_topology(path: &std::path::Path) -> bool {
    let mut bytes = fs::read(path).unwrap();
    let name = b"topology";
    let found: Vec<usize> = (0..bytes.len() - name.len())
        .filter(|&at| &bytes[at..at + name.len()] == name)
        .collect();
    for &at in &found {
        bytes[at] = b'x';
    }
    fs::write(path, bytes).unwrap();
    !found.is_empty()
}

#[test]
fn round_trips_of_replica_exchange_are_told() {
    let home = tempfile::tempdir().unwrap();
    let text = "system: {sequence: ACE-ALA-NME}\ntemperature_kelvin: 400\nreplicas: 2\nseed: 0\nthreads: 1\n\
                sampler:\n  - hmc: {steps: 10, timestep_fs: 1.0}\n\
                replica_exchange: {temperatures_kelvin: [400, 430, 460]}\n\
                run: {cycles: 200, equilibration_cycles: 10}\noutput: {every_cycles: 10}\n";
    fs::write(home.path().join("ladder.yaml"), text).unwrap();
    let run = saltus(home.path())
        .args(["run", "ladder.yaml", "--quiet", "--json", "--output", "run"])
        .assert()
        .success();
    let summary: serde_json::Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
    let expected = summary["replica_exchange"]["round_trips"].as_u64().unwrap();
    assert!(expected > 0, "{summary}");
    let report = analyze_json(home.path(), &["run"]);
    let exchange = &report["replica_exchange"];
    assert_eq!(exchange["round_trips"], expected);
    assert_eq!(
        (&exchange["n_ladders"], &exchange["n_walkers"]),
        (&2.into(), &6.into())
    );
    assert_eq!(
        exchange["acceptance"],
        summary["replica_exchange"]["acceptance"]
    );

    // A share of the files tells of its ladders only; one without exchange of none.
    let one = analyze_json(home.path(), &["run/trajectory_0001.h5"]);
    assert_eq!(one["replica_exchange"]["n_ladders"], 1);
    assert!(one["replica_exchange"]["round_trips"].as_u64().unwrap() < expected);
    let plain = home_with_run("ACE-ALA-NME", 10);
    assert!(analyze_json(plain.path(), &["run"])["replica_exchange"].is_null());
    let table = saltus(home.path())
        .args(["analyze", "run"])
        .assert()
        .success();
    let table = String::from_utf8(table.get_output().stdout.clone()).unwrap();
    assert!(
        table.contains(&format!(
            "2 ladders of 3 temperatures from 400 to 460 K, {expected} round trips of 6 walkers"
        )),
        "{table}"
    );
}
