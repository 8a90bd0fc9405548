//! `saltus timewarp-check` from outside: what it prints, how it ends.

use crate::support::{MODELS, data};
use assert_cmd::Command;
use predicates::str::contains;

fn check(model: &str, weights: &str) -> Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("saltus");
    command
        .env_remove("RUST_LOG")
        .arg("timewarp-check")
        .arg("--config")
        .arg(data(&format!("{model}.config.json")))
        .arg("--weights")
        .arg(data(&format!("{weights}.weights.safetensors")))
        .arg("--vectors")
        .arg(data(&format!("{model}.vectors.safetensors")));
    command
}

#[test]
fn every_output_of_the_file_has_its_deviation() {
    for model in MODELS {
        let output = check(model, model).arg("--json").output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let errors = report["max_abs_error"].as_object().unwrap();
        let names: Vec<&str> = errors.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "log_likelihood_sampled_given_x",
                "log_likelihood_x_given_sampled",
                "log_likelihood_y_given_x",
                "sampled_auxiliaries",
                "sampled_positions"
            ]
        );
        for (name, error) in errors {
            let limit = if name.starts_with("log") { 5e-3 } else { 1e-5 };
            assert!(error.as_f64().unwrap() < limit, "{model}, {name}: {error}");
        }
    }
}

#[test]
fn a_wrong_model_fails_and_a_wrong_input_says_so() {
    check("aaay", "alanine_dipeptide")
        .assert()
        .code(2)
        .stderr(contains("has the shape"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.safetensors");
    let mut model = crate::support::published::<f32>("aaay");
    let start = model.layout().couplings[0][0].in_mlp[0].weight_start;
    model.update(|parameters| parameters[start] += 0.5);
    model.save(&path, &[]).unwrap();
    let mut changed = assert_cmd::cargo::cargo_bin_cmd!("saltus");
    changed
        .args(["timewarp-check", "--json", "--config"])
        .arg(data("aaay.config.json"))
        .arg("--weights")
        .arg(&path)
        .arg("--vectors")
        .arg(data("aaay.vectors.safetensors"))
        .assert()
        .code(1)
        .stdout(contains("max_abs_error"))
        .stderr(contains("deviates by"));
    check("aaay", "aaay")
        .args(["--device", "gpu"])
        .assert()
        .code(2)
        .stderr(contains("--device cpu"));
}
