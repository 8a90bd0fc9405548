//! The program: `torsion_leap` in an input file, and `saltus train` from nothing to a model that runs.

use assert_cmd::Command;
use saltus::flow::torsion::LeapModel;
use std::fs;
use std::path::Path;

fn saltus(folder: &Path) -> Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("saltus");
    command.env_remove("RUST_LOG").current_dir(folder);
    command
}

const RUN: &str = "system: {sequence: ACE-ALA-NME}
temperature_kelvin: 310
replicas: 4
sampler:
  - hmc: {steps: 5, timestep_fs: 1.0}
  - torsion_leap: {LEAP}
run: {cycles: 5, equilibration_cycles: 2}
output: {every_cycles: 1}
";

fn run(folder: &Path, leap: &str) -> assert_cmd::assert::Assert {
    fs::write(folder.join("input.yaml"), RUN.replace("LEAP", leap)).unwrap();
    saltus(folder)
        .args(["run", "input.yaml", "--json", "--quiet", "--force"])
        .assert()
}

#[test]
fn runs_with_the_model_that_ships() {
    let folder = tempfile::tempdir().unwrap();
    for block in [
        "",
        ", block: backbone",
        ", block: residue",
        ", block: molecule",
    ] {
        let done = run(folder.path(), &format!("model: builtin, repeats: 3{block}")).success();
        let summary: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
        let text = summary.to_string();
        assert!(text.contains("torsion_leap"), "{text}");
        assert!(done.get_output().stderr.is_empty());
    }
}

#[test]
fn wrong_models_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let stderr = |leap: &str| {
        let failed = run(folder.path(), leap).code(2);
        String::from_utf8(failed.get_output().stderr.clone()).unwrap()
    };
    let missing = stderr("model: nowhere.safetensors");
    assert!(
        missing.contains("nowhere.safetensors") && missing.contains("model: builtin"),
        "{missing}"
    );
    fs::write(folder.path().join("broken.safetensors"), b"0123456789").unwrap();
    let broken = stderr("model: broken.safetensors");
    assert!(
        broken.contains("sampler[1].torsion_leap.model") && broken.contains("damaged"),
        "{broken}"
    );
    let unknown = stderr("blok: backbone");
    assert!(unknown.contains("did you mean `block`"), "{unknown}");
}

const TRAINING: &str = "proposal: torsion_leap
seed: 3
threads: 1
model: tiny.safetensors
data: {directory: data, peptides: 3, temperatures_kelvin: [310, 400], copies: 8, equilibration_cycles: 4, frames: 2, cycles_between: 1}
backbone: {width: 8, hidden_layers: 2, components: 3, batch: 32, steps: 6, validate_every: 3}
side_chain: {width: 8, hidden_layers: 1, components: 2, batch: 32, steps: 6, validate_every: 3}
";

#[test]
fn trains_from_nothing_and_runs_the_result() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("training.yaml"), TRAINING).unwrap();
    let done = saltus(path)
        .args(["train", "training.yaml", "--json"])
        .assert()
        .success();
    let card: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    assert_eq!(card["trained_on"].as_array().unwrap().len(), 2);
    assert_eq!(
        card["training"]["backbone"]["history"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let model =
        || LeapModel::from_bytes(&fs::read(path.join("tiny.safetensors")).unwrap()).unwrap();
    let first = model();
    assert!(path.join("tiny.json").exists());
    run(path, "model: tiny.safetensors").success();

    // The same command again refuses to overwrite, and with --force gives the same weights from the same peptides.
    let refused = saltus(path)
        .args(["train", "training.yaml"])
        .assert()
        .code(2);
    let text = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    assert!(text.contains("--force"), "{text}");
    saltus(path)
        .args(["train", "training.yaml", "--force", "--quiet"])
        .assert()
        .success()
        .stderr("");
    // The card differs in the seconds that it took.
    let again = model();
    assert!(again.backbone == first.backbone && again.side_chain == first.side_chain);
}

#[test]
fn wrong_training_inputs_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let stderr = |from: &str, to: &str| {
        let text = TRAINING.replace(from, to);
        assert_ne!(text, TRAINING);
        fs::write(folder.path().join("bad.yaml"), text).unwrap();
        let failed = saltus(folder.path())
            .args(["train", "bad.yaml"])
            .assert()
            .code(2);
        String::from_utf8(failed.get_output().stderr.clone()).unwrap()
    };
    assert!(stderr("peptides: 3", "peptides: 0").contains("data.peptides: got 0"));
    assert!(stderr("[310, 400]", "[400, 310]").contains("temperatures that rise"));
    assert!(stderr("width: 8, hidden_layers: 2", "widht: 8").contains("did you mean `width`"));
    assert!(stderr("seed: 3", "force_field: amber41").contains("did you mean `amber14`"));
}
