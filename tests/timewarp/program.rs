//! `saltus timewarp-check` from outside: what it prints, how it ends.

use crate::support::{MODELS, data};
use assert_cmd::Command;
use predicates::str::contains;
use saltus::flow::timewarp::load_model;

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
}

fn saltus(arguments: &[&str], input: &std::path::Path) -> assert_cmd::assert::Assert {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("saltus");
    command
        .env_remove("RUST_LOG")
        .args(arguments)
        .arg(input)
        .assert()
}

fn run_input(kernel: &str) -> String {
    format!(
        "system: {{sequence: ACE-ALA-NME}}\ntemperature_kelvin: 310\nreplicas: 2\nseed: 3\nthreads: 1\nsampler:\n  - hmc: {{steps: 3, timestep_fs: 1.0}}\n  - timewarp: {kernel}\nrun: {{cycles: 4, equilibration_cycles: 2}}\noutput: {{directory: OUT, every_cycles: 1}}\n"
    )
}

fn write_run(folder: &std::path::Path, kernel: &str) -> std::path::PathBuf {
    let weights = data("alanine_dipeptide.weights.safetensors");
    let text = run_input(kernel)
        .replace("MODEL", weights.to_str().unwrap())
        .replace("OUT", folder.join("out").to_str().unwrap());
    let path = folder.join("input.yaml");
    std::fs::write(&path, text).unwrap();
    path
}

/// Random weights: nothing is accepted, the run is exact, and its metadata says so; exploration says that it is not.
#[test]
fn a_run_proposes_and_says_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let input = write_run(folder.path(), "{model: MODEL, proposals: 3, repeats: 5}");
    let output = saltus(&["run", "--json", "--quiet"], &input).success();
    let report: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let kernel = &report["kernels"][1];
    assert_eq!(
        (&report["exact"], &kernel["name"]),
        (&true.into(), &"timewarp".into())
    );
    assert_eq!(kernel["proposed"], 2 * 5 * 4);
    assert_eq!(kernel["details"]["proposals_together"], 3);
    let exploring = tempfile::tempdir().unwrap();
    let input = write_run(
        exploring.path(),
        "{model: MODEL, mode: exploration, repeats: 2}",
    );
    let output = saltus(&["run", "--json"], &input)
        .success()
        .stderr(contains("timewarp_exploration explores"));
    let report: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(report["exact"], false);
    assert_eq!(report["kernels"][1]["name"], "timewarp_exploration");
}

#[test]
fn settings_that_make_no_sense_point_at_their_key() {
    for (kernel, expected) in [
        ("{model: none.safetensors}", "there is no file"),
        (
            "{model: MODEL, proposals: 0}",
            "sampler[1].timewarp.proposals",
        ),
        ("{model: MODEL, proposals: many}", "`adaptive`"),
        ("{model: MODEL, repeats: 0}", "sampler[1].timewarp.repeats"),
        (
            "{model: MODEL, max_climb_kj_per_mol: 300}",
            "mode: exploration",
        ),
        (
            "{model: MODEL, mode: exploration, max_climb_kj_per_mol: -1}",
            "expected a number over 0",
        ),
        ("{modell: MODEL}", "did you mean `model`"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let input = write_run(folder.path(), kernel);
        saltus(&["run"], &input).code(2).stderr(contains(expected));
    }
}

/// From dynamics to weights and back into a run; faults of the training input are named.
#[test]
fn training_from_a_trajectory_gives_weights_that_run() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let md = format!(
        "system: {{sequence: ACE-ALA-NME}}\ntemperature_kelvin: 310\nseed: 5\nthreads: 1\nsampler: [{{langevin: {{steps: 20, timestep_fs: 1.0}}}}]\nrun: {{cycles: 40, equilibration_cycles: 2}}\noutput: {{directory: {}, every_cycles: 1}}\n",
        home.join("md").display()
    );
    std::fs::write(home.join("md.yaml"), md).unwrap();
    saltus(&["run", "--quiet"], &home.join("md.yaml")).success();
    let training = "timewarp:\n  output: w.safetensors\n  trajectories: [md/trajectory_0000.h5]\n  lag_ps: LAG\n  batch: 4\n  draws: 2\n  validation_pairs: 4\n  validate_every_steps: 2\n  model: {element_vocabulary: [C, H, N, O], atom_embedding_dim: 2, mlp_hidden_dims: [4], num_coupling_layers: 2, num_transformer_layers: 1, d_model: 4, dim_feedforward: 6, lengthscales_nm: [0.2], ignore_conditional_velocity: true}\n  stages: [{steps: 3, learning_rate: 1.0e-3}, {steps: 3, learning_rate: 1.0e-4, acceptance: 0.1, entropy: 0.01}]\n";
    let input = home.join("train.yaml");
    let write = |edit: fn(String) -> String| {
        std::fs::write(&input, edit(training.replace("LAG", "0.1"))).unwrap();
    };
    for (edit, expected) in [
        (
            (|t: String| t.replace("0.1\n", "5\n")) as fn(String) -> String,
            "shorter than `lag_ps`, 5",
        ),
        (
            |t| t.replace("lag_ps: 0.1", "lag_ps: 0.05"),
            "expected a multiple of the time between frames",
        ),
        (|t| t.replace("[C, H, N, O]", "[C, H, N]"), "is O, but"),
        (|t| t.replace("batch: 4", "batch: 0"), "batch: got none"),
        (|t| t.replace("lag_ps", "lagg_ps"), "lagg_ps"),
    ] {
        write(edit);
        saltus(&["train"], &input)
            .code(2)
            .stderr(contains(expected));
    }
    write(|t| t);
    let output = saltus(&["train", "--json"], &input).success();
    let report: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(report["curve"].as_array().unwrap().len(), 3);
    saltus(&["train"], &input)
        .code(2)
        .stderr(contains("exists already"));
    let run = write_run(home, "{model: w.safetensors}");
    saltus(&["run", "--quiet"], &run).success();
}

/// One input makes its trajectories, then a model in internal coordinates; twice the same bits. The weights run, on their own molecule.
#[test]
fn a_model_in_internal_coordinates_is_made_from_nothing() {
    let write = |home: &std::path::Path, stages: &str| {
        let simulation = "system: {sequence: ACE-ALA-NME}\ntemperature_kelvin: 310\nseed: 5\nthreads: 1\nreplicas: 2\nsampler: [{langevin: {steps: 2, timestep_fs: 0.5}}, {torsion_leap: {}}]\nrun: {cycles: 60, equilibration_cycles: 2}\noutput: {directory: unused, every_cycles: 1}\n";
        std::fs::write(home.join("simulation.yaml"), simulation).unwrap();
        let training = format!(
            "timewarp:\n  output: w.safetensors\n  simulation: simulation.yaml\n  trajectories: [md/trajectory_0000.h5]\n  validation: [md/trajectory_0001.h5]\n  lag_ps: 0.001\n  coordinates: internal\n  batch: 4\n  validation_pairs: 4\n  validate_every_steps: 2\n  model: {{element_vocabulary: ['ALA:CA', C, H, N, O], atom_embedding_dim: 2, mlp_hidden_dims: [4], num_coupling_layers: 2, num_transformer_layers: 1, d_model: 4, dim_feedforward: 6, lengthscales_nm: [0.2], ignore_conditional_velocity: false}}\n  stages: [{{steps: 3, learning_rate: 1.0e-3{stages}}}]\n"
        );
        std::fs::write(home.join("train.yaml"), training).unwrap();
        home.join("train.yaml")
    };
    let made: Vec<_> = (0..2)
        .map(|_| {
            let folder = tempfile::tempdir().unwrap();
            saltus(&["train"], &write(folder.path(), "")).success();
            let model = load_model::<f32>(&folder.path().join("w.safetensors"), None).unwrap();
            (folder, model)
        })
        .collect();
    let [one, other] = [0, 1].map(|index| &made[index].1);
    assert_eq!(one.config(), other.config());
    assert!(one.parameters() == other.parameters(), "the weights differ");
    let home = made[0].0.path();
    let run = write_run(home, "{model: w.safetensors}");
    saltus(&["run", "--quiet"], &run).success();
    let input = write(home, ", acceptance: 0.1");
    saltus(&["train", "--force"], &input)
        .code(2)
        .stderr(contains("expected likelihood alone"));
}
