//! `saltus bench` as its users run it, for fractions of a second.

use std::fs;

use assert_cmd::Command;
use serde_json::Value;

const INPUT: &str = "\
system: {sequence: ACE-ALA-NME}
temperature_kelvin: 310
seed: 3
threads: 1
sampler:
  - hmc: {steps: 10, timestep_fs: 1.0}
  - torsion: {kind: pair, proposal: uniform}
run: {cycles: 10}
";

/// N-methylacetamide: both caps, nothing between them.
const CAPS: &str = "\
ATOM      1  CH3 ACE A   1       2.000   2.090   0.000  1.00  0.00           C
ATOM      2  C   ACE A   1       3.427   2.641   0.000  1.00  0.00           C
ATOM      3  O   ACE A   1       4.391   1.877   0.000  1.00  0.00           O
ATOM      4  N   NME A   2       3.555   3.970   0.000  1.00  0.00           N
ATOM      5  C   NME A   2       4.853   4.614   0.000  1.00  0.00           C
END
";

fn bench(home: &tempfile::TempDir, text: &str) -> Command {
    let input = home.path().join("input.yaml");
    fs::write(&input, text).unwrap();
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("saltus");
    command.env_remove("RUST_LOG").arg("bench").arg(input);
    command
}

fn refusal(text: &str, arguments: &[&str]) -> String {
    let home = tempfile::tempdir().unwrap();
    let output = bench(&home, text).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn every_sampler_runs_and_the_json_has_its_form() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("report");
    let arguments = ["--json", "--seconds", "0.3", "--chains", "8", "--output"];
    let output = bench(&home, INPUT)
        .args(arguments)
        .arg(&folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let samplers = report["samplers"].as_array().unwrap();
    let names: Vec<&str> = samplers
        .iter()
        .map(|sampler| sampler["name"].as_str().unwrap())
        .collect();
    let expected = "md_1fs md_2fs_hbonds md_4fs_heavy md_0.5fs_timewarp uniform_torsion replica_exchange adaptive_torsion input";
    assert_eq!(names.join(" "), expected);
    for sampler in samplers {
        assert!(sampler["exact"].is_boolean());
        assert!(
            sampler["wall_seconds"].as_f64().unwrap() >= 0.3,
            "{sampler}"
        );
        assert!(sampler["energy_evaluations"].as_u64().unwrap() > 0);
        assert!(sampler["slowest"]["observable"].is_string());
        assert!(
            sampler["slowest"]["ess"].is_number()
                && sampler["slowest"]["ess_per_second"].is_number()
        );
        let ratio = &sampler["ratio_to_md"];
        assert!(
            ratio["value"].is_number() && ratio["low"].is_number() && ratio["high"].is_number(),
            "{sampler}"
        );
        assert!(ratio["lower_bound"].is_boolean());
        assert!(sampler["chains"].as_u64().unwrap() >= 4);
    }
    assert_eq!(samplers[0]["exact"], false);
    assert_eq!(samplers[7]["exact"], true);
    assert!(
        samplers
            .iter()
            .any(|sampler| sampler["name"] == report["baseline"]
                && sampler["ratio_to_md"]["value"] == 1.0)
    );
    let written: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("bench.json")).unwrap()).unwrap();
    assert_eq!(written, report);
    assert!(
        fs::read_to_string(folder.join("bench.txt"))
            .unwrap()
            .contains("baseline")
    );
}

#[test]
fn a_choice_of_samplers_is_a_table_with_a_line_for_each() {
    let home = tempfile::tempdir().unwrap();
    let arguments = [
        "--seconds",
        "0.1",
        "--chains",
        "4",
        "--samplers",
        "input,md_2fs_hbonds",
    ];
    let output = bench(&home, INPUT).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let table = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert!(
        lines[0].starts_with("sampler")
            && lines[1].starts_with("md_2fs_hbonds")
            && lines[2].starts_with("input"),
        "{table}"
    );
    assert!(lines[2].contains("hmc"), "{table}");
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("round 20 of 20, sampling: 2 samplers")
    );
}

/// An empty list of kernels would stand still without a word.
#[test]
fn an_automatic_sampler_is_the_one_that_a_run_would_have() {
    let home = tempfile::tempdir().unwrap();
    let head = &INPUT[..INPUT.find("sampler:").unwrap()];
    let text = format!("{head}sampler: auto\nrun: {{cycles: 10}}\n");
    let arguments = [
        "--seconds",
        "0.1",
        "--chains",
        "4",
        "--samplers",
        "input,md_1fs",
        "--json",
    ];
    let output = bench(&home, &text).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let samplers = report["samplers"].as_array().unwrap();
    let input = samplers.iter().find(|own| own["name"] == "input").unwrap();
    let kernels = input["kernels"].as_array().unwrap();
    let names: Vec<&str> = kernels
        .iter()
        .map(|kernel| kernel["name"].as_str().unwrap())
        .collect();
    assert!(
        names.starts_with(&["hmc", "torsion_leap"]),
        "{names:?} {report}"
    );
}

#[test]
fn plain_md_that_does_not_mix_is_started_on_the_rare_sides() {
    let home = tempfile::tempdir().unwrap();
    let run = |md_seconds| {
        let output = bench(&home, INPUT)
            .args(["--json", "--quiet", "--seconds", "1.5", "--chains", "8"])
            .args(["--samplers", "md_4fs_heavy,input"])
            .args(["--md-seconds", md_seconds])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let report = run("2");
    let exits = &report["exits"];
    assert_eq!(exits["starts_from"], "input", "{report}");
    assert!(exits["wall_seconds"].as_f64().unwrap() >= 2.0);
    assert!((exits["relaxation_ps"].as_f64().unwrap() - 1.0).abs() < 1e-6);
    let [pilot, sides] = ["pilot", "sides"].map(|part| exits[part].as_array().unwrap());
    assert!(
        pilot.iter().any(|side| side["name"] == "phi_2_positive"),
        "{exits}"
    );
    // All sides choose one of them, which is counted anew.
    let [side] = sides.as_slice() else {
        panic!("{exits}");
    };
    let is_chosen = |other: &&Value| other["name"] == side["name"];
    assert_eq!(pilot.iter().filter(is_chosen).count(), 1, "{exits}");
    for rate in ["exits_per_ns", "ess_per_second"] {
        let limit = |end: &str| side[rate][end].as_f64().unwrap();
        assert!(
            limit("low") <= limit("value") && limit("value") < limit("high"),
            "{side}"
        );
    }
    let all = || pilot.iter().chain(sides);
    let mut shares = all().map(|side| side["share"].as_f64().unwrap());
    assert!(
        shares.all(|share| (0.001..=0.5).contains(&share)),
        "{exits}"
    );
    let n_exits: u64 = all().map(|side| side["exits"].as_u64().unwrap()).sum();
    assert!(n_exits > 0, "{exits}");
    let of_pilot: f64 = pilot
        .iter()
        .map(|side| side["inside_ns"].as_f64().unwrap())
        .sum();
    let of_chosen = side["inside_ns"].as_f64().unwrap();
    assert!(of_chosen > of_pilot, "{exits}");
    assert!(of_chosen + of_pilot < exits["simulated_ns"].as_f64().unwrap());
    let basis = report["baseline_basis"].as_str().unwrap();
    assert!(
        basis.starts_with("exit rates from ") || basis.starts_with("the crossings "),
        "{basis}"
    );
    let report = run("0");
    assert!(report["exits"].is_null() && report["baseline_is_bound"] == true);
}

#[test]
fn wrong_input_is_explained() {
    let message = refusal(INPUT, &["--chains", "3"]);
    assert!(message.contains("got 3, expected at least 4"), "{message}");
    let message = refusal(INPUT, &["--seconds", "0"]);
    assert!(message.contains("--seconds: got 0"), "{message}");
    let message = refusal(INPUT, &["--md-seconds", "-1"]);
    assert!(
        message.contains("--md-seconds: got -1, expected a number from 0"),
        "{message}"
    );
    let message = refusal(INPUT, &["--md-seconds", "nan"]);
    assert!(message.contains("--md-seconds: got NaN"), "{message}");
    let message = refusal(INPUT, &["--samplers", "md_1fs,adaptive_torsoin"]);
    assert!(
        message.contains("unknown sampler `adaptive_torsoin`")
            && message.contains("did you mean `adaptive_torsion`"),
        "{message}"
    );
    let message = refusal(INPUT, &["--samplers", "input"]);
    assert!(
        message.contains("no plain MD") && message.contains("md_1fs"),
        "{message}"
    );
}

#[test]
fn a_molecule_without_torsions_is_refused() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("caps.pdb"), CAPS).unwrap();
    let text = INPUT.replace("sequence: ACE-ALA-NME", "pdb: caps.pdb");
    let output = bench(&home, &text).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("no phi, psi or chi") && message.contains("input.yaml:1"),
        "{message}"
    );
}
