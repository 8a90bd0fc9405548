//! The program with its Timewarp flow on a GPU, from outside.

use crate::adapter::choice;
use crate::support::{MODELS, data};
use assert_cmd::Command;
use predicates::str::contains;
use saltus::gpu::Choice;

/// The device of the tests as the program wants it.
fn device() -> Option<String> {
    match choice()? {
        Choice::Named(name) => Some(format!("gpu:{name}")),
        Choice::Real => Some("gpu".to_owned()),
    }
}

fn check(model: &str, device: &str) -> Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("saltus");
    command
        .env_remove("RUST_LOG")
        .args(["timewarp-check", "--device", device]);
    for (option, kind) in [
        ("--config", "config.json"),
        ("--weights", "weights.safetensors"),
        ("--vectors", "vectors.safetensors"),
    ] {
        command.arg(option).arg(data(&format!("{model}.{kind}")));
    }
    command
}

#[test]
fn the_check_works_on_the_device() {
    let Some(device) = device() else { return };
    for model in MODELS {
        let output = check(model, &device).arg("--json").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let errors = report["max_abs_error"].as_object().unwrap();
        assert_eq!(errors.len(), 5);
        for (name, error) in errors {
            let limit = match name.as_str() {
                "sampled_positions" => 1e-5,
                "sampled_auxiliaries" => 1e-4,
                _ => 5e-3,
            };
            assert!(error.as_f64().unwrap() < limit, "{model}, {name}: {error}");
        }
    }
    check("aaay", &device)
        .args(["--precision", "double"])
        .assert()
        .code(2)
        .stderr(contains("--device cpu"));
}

#[test]
fn a_device_that_is_not_there_is_named() {
    check("aaay", "auto").assert().success();
    check("aaay", "tpu")
        .assert()
        .code(2)
        .stderr(contains("unknown device `tpu`"));
    if device().is_some() {
        check("aaay", "gpu:no such card")
            .assert()
            .code(2)
            .stderr(contains("no adapter is called 'no such card'"));
    }
}

#[test]
fn a_run_proposes_on_its_device_and_says_so() {
    let Some(device) = device() else { return };
    let folder = tempfile::tempdir().unwrap();
    let weights = data("alanine_dipeptide.weights.safetensors");
    let text = format!(
        "system: {{sequence: ACE-ALA-NME}}\ntemperature_kelvin: 310\nreplicas: 2\nseed: 3\ndevice: \"{device}\"\nsampler:\n  - timewarp: {{model: \"{}\", proposals: 2, repeats: 2}}\nrun: {{cycles: 2, equilibration_cycles: 1}}\noutput: {{directory: \"{}\", every_cycles: 1}}\n",
        weights.display(),
        folder.path().join("out").display()
    );
    let path = folder.path().join("input.yaml");
    std::fs::write(&path, text).unwrap();
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("saltus");
    let output = command
        .env("RUST_LOG", "info")
        .args(["run", "--json"])
        .arg(&path)
        .assert()
        .success()
        .stderr(contains("Timewarp flow: GPU"));
    let report: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(report["kernels"][0]["proposed"], 2 * 2 * 2);
    assert_eq!(report["exact"], true);
}
