//! `saltus run` from input to files: what it writes, what it refuses, how it ends.

use std::fs;

use super::support::{Small, frames, saltus};
use saltus::trajectory::Reader;

fn stderr(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

#[test]
fn a_run_leaves_trajectories_topology_and_checkpoint() {
    let small = Small::new(|text| text);
    let assert = small.run().assert().success().stdout("");
    let message = stderr(&assert);
    assert!(
        message.contains("20 frames in each of 2 trajectories"),
        "{message}"
    );
    assert!(message.contains("exact: no, langevin"), "{message}");
    assert!(message.contains("next: saltus analyze"), "{message}");
    for name in [
        "checkpoint.saltus",
        "topology.pdb",
        "trajectory_0000.h5",
        "trajectory_0001.h5",
    ] {
        assert!(
            small.output.join(name).metadata().unwrap().len() > 0,
            "{name}"
        );
    }
    assert!(!small.output.join("saltus.lock").exists());
    let reader = Reader::open(&small.trajectory(1)).unwrap();
    assert_eq!(reader.n_frames(), 20);
    let header = reader.header().unwrap();
    assert!(!header.exact);
    assert_eq!(header.kernel_names, ["langevin"]);
    assert_eq!(header.input_yaml, fs::read_to_string(&small.input).unwrap());
    let times = reader.read_times_ps(0..2).unwrap();
    assert!((times[1] - times[0] - 0.015).abs() < 1e-9, "{times:?}");
}

#[test]
fn json_is_one_object_and_quiet_is_silent() {
    let small = Small::new(|text| text);
    let assert = small
        .run()
        .args(["--json", "--quiet"])
        .assert()
        .success()
        .stderr("");
    let report: serde_json::Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    assert_eq!(report["kernels"][0]["name"], "langevin");
    assert_eq!(report["kernels"][0]["proposed"], 0);
    assert!(report["kernels"][0]["seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(report["exact"], false);
    assert!(report["energy_evaluations"].as_u64().unwrap() >= 2 * 60 * 5);
    assert!(report["wall_seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(report["trajectories"].as_array().unwrap().len(), 2);
    assert_eq!(report["completed"], true);
}

#[test]
fn same_seed_same_bits_other_seed_other_bits() {
    let first = Small::new(|text| text);
    let second = Small::new(|text| text.replace("threads: 1", "threads: 2"));
    let third = Small::new(|text| text.replace("seed: 11", "seed: 12"));
    for small in [&first, &second, &third] {
        small.run().arg("--quiet").assert().success();
    }
    assert_eq!(frames(&first.output), frames(&second.output));
    assert_ne!(frames(&first.output), frames(&third.output));
}

#[test]
fn existing_output_is_refused_and_replaced_with_force() {
    let small = Small::new(|text| text);
    small.run().arg("--quiet").assert().success();
    let before = fs::read(small.trajectory(0)).unwrap();
    fs::write(small.output.join("notes.txt"), "mine").unwrap();
    let message = stderr(&small.run().assert().code(2));
    assert!(message.contains("exists already"), "{message}");
    assert!(
        message.contains("--resume") && message.contains("--force"),
        "{message}"
    );
    assert_eq!(fs::read(small.trajectory(0)).unwrap(), before);
    small.run().args(["--force", "--quiet"]).assert().success();
    assert_eq!(
        fs::read_to_string(small.output.join("notes.txt")).unwrap(),
        "mine"
    );
}

#[test]
fn an_unwritable_folder_is_the_users_fault() {
    let small = Small::new(|text| text);
    let file = small.home.path().join("file");
    fs::write(&file, "").unwrap();
    let mut command = saltus();
    let assert = command
        .arg("run")
        .arg(&small.input)
        .arg("--output")
        .arg(file.join("out"));
    let message = stderr(&assert.assert().code(2));
    assert!(
        message.contains("cannot make the output folder"),
        "{message}"
    );
}

#[test]
fn resuming_needs_a_checkpoint_of_the_same_run() {
    let small = Small::new(|text| text);
    let message = stderr(&small.run().arg("--resume").assert().code(2));
    assert!(message.contains("to resume from"), "{message}");
    assert!(!small.output.exists());
    small.run().arg("--quiet").assert().success();
    let before = frames(&small.output);
    let text = fs::read_to_string(&small.input).unwrap();
    for (old, new, expected) in [
        (
            "kelvin: 310",
            "kelvin: 320",
            "temperature_kelvin: got 320.0, but the run to be resumed has 310.0",
        ),
        (
            "steps: 5",
            "steps: 6",
            "sampler[0].langevin.steps: got 6, but the run to be resumed has 5",
        ),
        (
            "{sequence: ACE-ALA-NME}",
            "{sequence: ACE-GLY-NME}",
            "system.sequence: got \"ACE-GLY-NME\"",
        ),
    ] {
        fs::write(&small.input, text.replace(old, new)).unwrap();
        let message = stderr(&small.run().arg("--resume").assert().code(2));
        assert!(message.contains(expected), "{message}");
    }
    assert_eq!(frames(&small.output), before);
}

#[test]
fn a_damaged_checkpoint_is_no_start() {
    let small = Small::new(|text| text);
    small.run().arg("--quiet").assert().success();
    let path = small.output.join("checkpoint.saltus");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let message = stderr(&small.run().arg("--resume").assert().code(2));
    assert!(message.contains("corrupt"), "{message}");
}

#[test]
fn a_longer_run_continues_a_shorter_one() {
    let short = Small::new(|text| text);
    short
        .run()
        .args(["--quiet", "--cycles", "20"])
        .assert()
        .success();
    short.run().args(["--quiet", "--resume"]).assert().success();
    let long = Small::new(|text| text);
    long.run().arg("--quiet").assert().success();
    assert_eq!(frames(&short.output), frames(&long.output));
}

#[cfg(unix)]
#[test]
fn a_full_disk_fails_the_run_and_leaves_a_readable_trajectory() {
    let small = Small::new(|text| text.replace("cycles: 60", "cycles: 600000"));
    // The shell's limit on file sizes stands in for a full disk: with its signal ignored, writes fail as on a full one.
    let script = "trap '' XFSZ; ulimit -f 2000; exec \"$0\" run \"$1\" --output \"$2\" --quiet";
    let output = std::process::Command::new("bash")
        .args(["-c", script])
        .arg(assert_cmd::cargo::cargo_bin!("saltus"))
        .arg(&small.input)
        .arg(&small.output)
        .output()
        .unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("no room for"), "{message}");
    let reader = Reader::open(&small.trajectory(0)).unwrap();
    assert!(reader.n_frames() > 0);
    reader.read_frames(0..reader.n_frames()).unwrap();
}

#[test]
fn a_run_that_blows_up_names_replica_step_force_and_atom() {
    let small = Small::new(|text| {
        text.replace("timestep_fs: 1.0", "timestep_fs: 5.0")
            .replace("kelvin: 310", "kelvin: 9999")
            .replace("steps: 5", "steps: 50")
            .replace("cycles: 60,", "cycles: 6000,")
    });
    let message = stderr(&small.run().assert().code(1));
    assert!(
        message.contains("replica ") && message.contains("step "),
        "{message}"
    );
    assert!(
        message.contains("worst force") && message.contains("help: "),
        "{message}"
    );
    Reader::open(&small.trajectory(0)).unwrap();
}

/// Runs it, stops it by a signal half a second after its trajectories are there, and waits for its end.
#[cfg(unix)]
fn interrupted(small: &Small) -> (String, serde_json::Value) {
    let child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("saltus"))
        .arg("run")
        .arg(&small.input)
        .arg("--output")
        .arg(&small.output)
        .arg("--json")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while !small.trajectory(1).exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    std::thread::sleep(std::time::Duration::from_millis(500));
    std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{message}");
    (message, serde_json::from_slice(&output.stdout).unwrap())
}

#[cfg(unix)]
#[test]
fn a_signal_stops_the_run_with_a_checkpoint() {
    let small = Small::new(|text| text.replace("cycles: 60,", "cycles: 100000000,"));
    let (message, report) = interrupted(&small);
    assert!(
        message.contains("checkpoint written") && message.contains("--resume"),
        "{message}"
    );
    assert_eq!(report["completed"], false);
    assert!(small.output.join("checkpoint.saltus").exists());
}

#[cfg(unix)]
#[test]
fn a_run_stopped_before_it_recorded_anything_names_no_temperature() {
    let small = Small::new(|text| text.replace("cycles: 5}", "cycles: 100000000}"));
    let (message, report) = interrupted(&small);
    assert!(
        message.contains("no temperature yet, 0 frames") && !message.contains("NaN"),
        "{message}"
    );
    assert!(report["mean_temperature_kelvin"].is_null());
}
