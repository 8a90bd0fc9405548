//! `saltus generate`: its numbers, its folder, its messages.

use assert_cmd::Command;
use saltus::trajectory::Reader;
use std::fs;
use std::path::Path;

fn saltus(folder: &Path) -> Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("saltus");
    command.env_remove("RUST_LOG").current_dir(folder);
    command
}

const INPUT: &str = "system: {sequence: ACE-VAL-NME}
temperature_kelvin: 310
seed: 4
sampler:
  - torsion_leap: {model: builtin}
run: {cycles: 5}
output: {every_cycles: 1}
";

const SMALL: [&str; 8] = [
    "generate",
    "input.yaml",
    "-n",
    "100",
    "--torsion-candidates",
    "1",
    "--geometries",
    "4",
];

/// The weights in a file belong to its frames, one to each, as they are.
fn means_of_the_file_are_those_of_the_report(reader: &Reader, report: &serde_json::Value) {
    let log_weights = &reader.header().unwrap().log_weights;
    let frames = reader.read_frames(0..reader.n_frames()).unwrap();
    let largest = log_weights.iter().copied().fold(f64::MIN, f64::max);
    let weights: Vec<f64> = log_weights.iter().map(|w| (w - largest).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let ess = sum * sum / weights.iter().map(|w| w * w).sum::<f64>();
    let expected = report["ess"].as_f64().unwrap();
    assert!((ess / expected - 1.0).abs() < 1e-9, "{ess} {expected}");
    let mean_weight = (sum / 100.0).ln() + largest;
    let expected = report["log_mean_weight"].as_f64().unwrap();
    assert!((mean_weight - expected).abs() < 1e-9, "{mean_weight}");
    let energies = frames.iter().map(|frame| frame.potential_energy_kj_per_mol);
    let mean = energies.zip(&weights).map(|(u, w)| u * w).sum::<f64>() / sum;
    let estimates = report["estimates"].as_array().unwrap();
    let energy = estimates.iter().find(|e| e["name"] == "potential_energy");
    let expected = energy.unwrap()["mean"].as_f64().unwrap();
    assert!((mean - expected).abs() < 1e-3, "{mean} {expected} kJ/mol");
}

#[test]
fn draws_are_written_once_with_their_weights() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("input.yaml"), INPUT).unwrap();
    let arguments = [&SMALL[..], &["-o", "out", "--json", "--quiet"]].concat();
    let done = saltus(folder.path()).args(&arguments).assert().success();
    let report: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    assert_eq!(report["n_draws"], 100);
    assert!(report["ess"].as_f64().unwrap() > 1.0);
    assert!(done.get_output().stderr.is_empty());
    let reader = Reader::open(&folder.path().join("out/trajectory_0000.h5")).unwrap();
    assert_eq!(reader.n_frames(), 100);
    let header = reader.header().unwrap();
    assert_eq!(header.log_weights.len(), 100);
    assert!(!header.exact);
    means_of_the_file_are_those_of_the_report(&reader, &report);
    assert!(folder.path().join("out/topology.pdb").exists());
    let analyzed = saltus(folder.path())
        .args(["analyze", "out/trajectory_0000.h5"])
        .assert()
        .success();
    let text = String::from_utf8(analyzed.get_output().stdout.clone()).unwrap();
    assert!(text.contains("/saltus/log_weights"), "{text}");

    let refused = saltus(folder.path()).args(&arguments).assert().code(2);
    let text = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    assert!(text.contains("--force"), "{text}");
    let again = [&arguments[..], &["--force"]].concat();
    let done = saltus(folder.path()).args(&again).assert().success();
    let second: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    assert_eq!(second["ess"], report["ess"]);
    assert_eq!(second["estimates"], report["estimates"]);
}

#[test]
fn wrong_inputs_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let stderr = |from: &str, to: &str, more: &[&str]| {
        let text = INPUT.replace(from, to);
        fs::write(folder.path().join("input.yaml"), text).unwrap();
        let arguments = [&SMALL[..], more].concat();
        let failed = saltus(folder.path()).args(arguments).assert().code(2);
        let output = failed.get_output();
        assert!(output.stdout.is_empty());
        String::from_utf8(output.stderr.clone()).unwrap()
    };
    let missing = stderr("", "", &["--model", "nowhere.safetensors"]);
    assert!(
        missing.contains("nowhere.safetensors") && missing.contains("saltus train"),
        "{missing}"
    );
    let rigid = stderr("ACE-VAL-NME}", "ACE-VAL-NME, constraints: h-bonds}", &[]);
    assert!(rigid.contains("constraints: none"), "{rigid}");
    let nothing = stderr("ACE-VAL-NME", "ACE-NME", &[]);
    assert!(nothing.contains("at least one amino acid"), "{nothing}");
    fs::write(folder.path().join("input.yaml"), INPUT).unwrap();
    let few = saltus(folder.path())
        .args(["generate", "input.yaml", "-n", "5"])
        .assert()
        .code(2);
    let few = String::from_utf8(few.get_output().stderr.clone()).unwrap();
    assert!(few.contains("at least 100"), "{few}");
}
