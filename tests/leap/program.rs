//! The program: `torsion_leap` in an input file, and `saltus train` from nothing to a model that runs.

use assert_cmd::Command;
use saltus::flow::torsion::LeapModel;
use saltus::proposal::random_leap_model;
use saltus::trajectory::Reader;
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
seed: 0
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
        ", fine_tune: true",
    ] {
        let done = run(folder.path(), &format!("model: builtin, repeats: 3{block}")).success();
        let summary: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
        let text = summary.to_string();
        assert!(text.contains("torsion_leap"), "{text}");
        assert!(done.get_output().stderr.is_empty());
    }
}

/// What the kernel accepted and where the run ended, which nothing but the settings of the leap may change.
fn outcome(folder: &Path, leap: &str) -> (serde_json::Value, Vec<f32>) {
    let done = run(folder, leap).success();
    let summary: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    let reader = Reader::open(&folder.join("out/trajectory_0000.h5")).unwrap();
    let last = reader.n_frames() - 1;
    let mut frames = reader.read_frames(last..last + 1).unwrap();
    (summary["kernels"][1].clone(), frames.remove(0).positions)
}

#[test]
fn every_setting_of_a_leap_matters() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(
        path.join("random.safetensors"),
        random_leap_model(7).to_bytes(),
    )
    .unwrap();
    let settings = [
        "model: builtin, repeats: 3",
        "model: builtin, repeats: 2",
        "model: builtin, repeats: 3, block: backbone",
        "model: builtin, repeats: 3, block: molecule",
        "model: random.safetensors, repeats: 3",
    ];
    let outcomes = settings.map(|leap| outcome(path, leap));
    assert_eq!(outcome(path, settings[0]).1, outcomes[0].1);
    for (a, first) in outcomes.iter().enumerate() {
        for (b, second) in outcomes.iter().enumerate().skip(a + 1) {
            assert_ne!(first.1, second.1, "{} {}", settings[a], settings[b]);
        }
    }
    assert_eq!(outcomes[0].0["proposed"], 5 * 4 * 3);
    assert_eq!(outcomes[1].0["proposed"], 5 * 4 * 2);
    let nothing = run(path, "block: side_chain").code(2);
    let text = String::from_utf8(nothing.get_output().stderr.clone()).unwrap();
    assert!(text.contains("needs a chi"), "{text}");
}

#[test]
fn learning_while_equilibrating_raises_the_acceptance() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(
        path.join("random.safetensors"),
        random_leap_model(7).to_bytes(),
    )
    .unwrap();
    let acceptance = |fine_tune: bool| {
        let input = RUN
            .replace(
                "LEAP",
                &format!("model: random.safetensors, repeats: 3, fine_tune: {fine_tune}"),
            )
            .replace("replicas: 4", "replicas: 16")
            .replace(
                "cycles: 5, equilibration_cycles: 2",
                "cycles: 50, equilibration_cycles: 200",
            );
        fs::write(path.join("input.yaml"), input).unwrap();
        let run = ["run", "input.yaml", "--json", "--quiet", "--force"];
        let done = saltus(path).args(run).assert().success();
        let summary: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
        let leap = &summary["kernels"][1];
        leap["accepted"].as_f64().unwrap() / leap["proposed"].as_f64().unwrap()
    };
    let [idle, tuned] = [false, true].map(acceptance);
    assert!(tuned > idle + 0.05, "{idle} without, {tuned} with learning");
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
    fs::write(
        folder.path().join("input.yaml"),
        RUN.replace("LEAP", "fine_tune: true")
            .replace("equilibration_cycles: 2", "equilibration_cycles: 0"),
    )
    .unwrap();
    let idle = saltus(folder.path()).args(["run", "input.yaml"]).assert();
    let idle = String::from_utf8(idle.code(2).get_output().stderr.clone()).unwrap();
    assert!(
        idle.contains("sampler[1].torsion_leap.fine_tune")
            && idle.contains("`run.equilibration_cycles` is 0"),
        "{idle}"
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
    assert!(stderr("seed: 3", "checkpoint_minutes: -1").contains("checkpoint_minutes: got -1"));
    let sequences = stderr("peptides: 3", "sequences: [ACE-SER-NME, ACE-ALO-NME]");
    assert!(
        sequences.contains("data.sequences[1]") && sequences.contains("ALO"),
        "{sequences}"
    );
    let missing = stderr("seed: 3", "start_from: nowhere.safetensors");
    assert!(
        missing.contains("nowhere.safetensors") && missing.contains("`builtin`"),
        "{missing}"
    );
    fs::write(folder.path().join("broken.safetensors"), b"0123456789").unwrap();
    let broken = stderr("seed: 3", "start_from: broken.safetensors");
    assert!(
        broken.contains("broken.safetensors") && broken.contains("damaged"),
        "{broken}"
    );
    assert!(!folder.path().join("data").exists(), "nothing was sampled");
}

#[test]
fn fine_tunes_the_model_that_ships_to_one_molecule() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let text = TRAINING.replace("peptides: 3", "sequences: [ACE-SER-NME]");
    fs::write(path.join("training.yaml"), text).unwrap();
    let done = saltus(path)
        .args(["train", "training.yaml", "--fine-tune", "builtin", "--json"])
        .assert()
        .success();
    let card: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    assert_eq!(card["fine_tuned_from"]["model"], "builtin");
    let trained_on = card["trained_on"].as_array().unwrap();
    assert!(trained_on.len() > 100 && trained_on.contains(&"ACE-SER-NME".into()));
    // Its networks have the sizes of the one that ships, not those of the file.
    assert_eq!(card["training"]["backbone"]["settings"]["width"], 160);
    run(path, "model: tiny.safetensors").success();
}

#[test]
#[cfg(unix)]
fn ctrl_c_leaves_a_checkpoint_that_only_the_same_training_takes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let write = |text: &str| fs::write(path.join("training.yaml"), text).unwrap();
    write(&TRAINING.replace("steps: 6", "steps: 100000000, patience: 1000000"));
    let program = assert_cmd::cargo::cargo_bin!("saltus");
    let mut child = std::process::Command::new(program)
        .args(["train", "training.yaml"])
        .current_dir(path)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    assert!(lines.any(|line| line.unwrap().starts_with("backbone: step")));
    let pid = child.id().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status();
    assert!(killed.unwrap().success());
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let last = rest.last().unwrap();
    assert!(last.contains("start the same command again"), "{last}");
    let checkpoint = path.join("tiny.checkpoint.safetensors");
    assert!(checkpoint.exists() && !path.join("tiny.safetensors").exists());

    write(TRAINING);
    let other = saltus(path).args(["train", "training.yaml"]).assert();
    let text = String::from_utf8(other.code(2).get_output().stderr.clone()).unwrap();
    assert!(
        text.contains("`backbone.n_steps` is 100000000, expected 6") && text.contains("--force"),
        "{text}"
    );
    saltus(path)
        .args(["train", "training.yaml", "--force"])
        .assert()
        .success();
    assert!(!checkpoint.exists() && path.join("tiny.safetensors").exists());
}
