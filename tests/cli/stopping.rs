//! Stopping by signals and going on: on other threads, and never with another model or from a checkpoint that isn't there.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::trajectory::Reader;

use super::support::{Small, frames};

/// A run that only a signal ends.
fn endless() -> Small {
    Small::new(|text| text.replace("cycles: 60,", "cycles: 100000000,"))
}

/// Starts a run and waits until its first frames are there.
fn started(small: &Small) -> Child {
    let child = Command::new(assert_cmd::cargo::cargo_bin!("saltus"))
        .arg("run")
        .arg(&small.input)
        .arg("--output")
        .arg(&small.output)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !small.trajectory(1).exists() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(300));
    child
}

fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill")
        .args(["-s", signal, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

#[test]
fn two_signals_at_once_are_one_wish_to_stop() {
    for signals in [
        ["TERM", "TERM"],
        ["HUP", "TERM"],
        ["INT", "INT"],
        ["USR1", "USR1"],
        ["USR1", "TERM"],
    ] {
        let small = endless();
        let child = started(&small);
        for signal in signals {
            send(&child, signal);
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{signals:?}: {said}");
        assert!(said.contains("checkpoint written"), "{said}");
        assert!(small.output.join("checkpoint.saltus").exists());
    }
}

/// `timeout` signals the process and then its group.
#[test]
fn the_signals_of_timeout_leave_a_checkpoint() {
    let small = endless();
    let output = Command::new("timeout")
        .arg("8")
        .arg(assert_cmd::cargo::cargo_bin!("saltus"))
        .arg("run")
        .arg(&small.input)
        .arg("--output")
        .arg(&small.output)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("checkpoint written"), "{said}");
}

#[test]
fn a_later_signal_aborts() {
    // One cycle takes minutes, so that the first signal has nothing to wait for but the end of it.
    let small = Small::new(|text| text.replace("steps: 5,", "steps: 100000000,"));
    let mut child = started(&small);
    send(&child, "TERM");
    std::thread::sleep(Duration::from_millis(1300));
    assert!(child.try_wait().unwrap().is_none(), "it stopped at once");
    send(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
}

#[test]
fn another_number_of_threads_goes_on_with_the_same_bits() {
    let many = |text: String| text.replace("replicas: 2", "replicas: 33");
    let whole = Small::new(many);
    whole.run().arg("--quiet").assert().success();
    let stopped = Small::new(many);
    let quiet = |arguments: &[&str]| {
        stopped
            .run()
            .arg("--quiet")
            .args(arguments)
            .assert()
            .success();
    };
    quiet(&["--cycles", "31"]);
    let text = fs::read_to_string(&stopped.input).unwrap();
    fs::write(&stopped.input, text.replace("threads: 1", "threads: 2")).unwrap();
    quiet(&["--resume"]);
    assert_eq!(frames(&stopped.output), frames(&whole.output));
}

#[test]
fn another_model_at_the_same_path_is_refused() {
    let model = |seed: u64| saltus::proposal::random_leap_model(seed).to_bytes();
    let small = Small::new(|text| {
        text.replace(
            "sampler:\n",
            "sampler:\n  - mixture: [{weight: 1, kernel: {torsion_leap: {model: leap.safetensors}}}]\n",
        )
    });
    let file = small.home.path().join("leap.safetensors");
    fs::write(&file, model(5)).unwrap();
    small
        .run()
        .args(["--quiet", "--cycles", "30"])
        .assert()
        .success();
    fs::write(&file, model(6)).unwrap();
    let assert = small.run().args(["--quiet", "--resume"]).assert().code(2);
    let message = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(message.contains("the file is another than"), "{message}");
    assert!(message.contains("model: leap.safetensors"), "{message}");
    fs::write(&file, model(5)).unwrap();
    small.run().args(["--quiet", "--resume"]).assert().success();
}

/// The shell's limit on file sizes stands in for a full disk.
fn on_a_full_disk(small: &Small, mode: &str) -> String {
    let script = "trap '' XFSZ; ulimit -f 2000; exec \"$0\" run \"$1\" --output \"$2\" --quiet $3";
    let output = Command::new("bash")
        .args(["-c", script])
        .arg(assert_cmd::cargo::cargo_bin!("saltus"))
        .arg(&small.input)
        .arg(&small.output)
        .arg(mode)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_full_disk_promises_to_resume_only_from_a_checkpoint() {
    let long = |minutes: &str| {
        let minutes = format!("every_cycles: 3, checkpoint_minutes: {minutes},");
        Small::new(|text| {
            text.replace("cycles: 60,", "cycles: 600000,")
                .replace("every_cycles: 3,", &minutes)
        })
    };
    let never = long("600");
    let message = on_a_full_disk(&never, "--force");
    assert!(message.contains("no room for"), "{message}");
    assert!(message.contains("there is nothing to resume"), "{message}");
    assert!(!message.contains("--resume"), "{message}");
    never.run().args(["--resume", "--quiet"]).assert().code(2);

    let often = long("0.001");
    let message = on_a_full_disk(&often, "--force");
    assert!(
        message.contains("from the last checkpoint with --resume"),
        "{message}"
    );
    assert!(often.output.join("checkpoint.saltus").exists());
}

/// Every entry of a sampler list, on a molecule with two rings and a side chain.
const SAMPLERS: [&str; 15] = [
    "langevin: {steps: 5, timestep_fs: 1.0}",
    "velocity_verlet: {steps: 5, timestep_fs: 0.5}",
    "hmc: {steps: 5, timestep_fs: 1.0}",
    "hmc: {steps: 6, timestep_fs: 1.0, adapt: true, target_acceptance: 0.8, jitter: 0.5, refresh: 0.5}",
    "mala: {timestep_fs: 0.5}",
    "torsion: {kind: single, proposal: normal}",
    "torsion: {kind: side_chain, proposal: uniform, repeats: 2}",
    "concerted: {}",
    "pucker: {}",
    "adaptive_pucker: {}",
    "adaptive_torsion: {}",
    "torsion_leap: {}",
    "torsion_leap: {fine_tune: true, repeats: 2}",
    "mixture: [{weight: 1, kernel: {adaptive_pucker: {}}}, {weight: 2, kernel: {hmc: {steps: 3, timestep_fs: 1.0}}}]",
    "mixture: [{weight: 1, kernel: {sequence: [{mala: {timestep_fs: 0.5}}, {adaptive_torsion: {}}]}}]",
];

fn of_sampler(sampler: &str, ladder: &str) -> Small {
    Small::new(|text| {
        text.replace("ACE-ALA-NME", "ACE-PRO-LYS-PRO-NME")
            .replace("replicas: 2", "replicas: 1")
            .replace("sampler:\n", &format!("{ladder}sampler:\n  - {sampler}\n"))
            .replace(
                "cycles: 60, equilibration_cycles: 5",
                "cycles: 150, equilibration_cycles: 150",
            )
    })
}

/// Stops a run by a signal after some milliseconds, again and again, until it ends by itself; how often it stopped.
fn stop_and_go(small: &Small, rng: &mut Xoshiro256PlusPlus, most: Duration) -> usize {
    let mut n_stops = 0;
    loop {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("saltus"));
        command.arg("run").arg(&small.input).arg("--output");
        command.arg(&small.output).arg("--quiet");
        if small.output.join("checkpoint.saltus").exists() {
            command.arg("--resume");
        } else {
            command.arg("--force");
        }
        let mut child = command.spawn().unwrap();
        if n_stops < 2 {
            std::thread::sleep(most.mul_f64(rng.random_range(0.2..0.7)));
            if child.try_wait().unwrap().is_none() {
                send(&child, "TERM");
            }
        }
        let status = child.wait().unwrap();
        let reader = Reader::open(&small.trajectory(0)).ok();
        if status.success() && reader.is_some_and(|reader| reader.n_frames() == 50) {
            return n_stops;
        }
        n_stops += 1;
        assert!(n_stops < 20, "{status}");
    }
}

#[test]
fn every_kernel_stopped_anywhere_goes_on_with_the_same_bits() {
    const SEED: u64 = 31;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let ladder = "replica_exchange: {temperatures_kelvin: [310, 330, 350]}\n";
    let ladders = [(SAMPLERS[2], ladder), (SAMPLERS[9], ladder)];
    let plain = SAMPLERS.iter().map(|sampler| (*sampler, ""));
    let mut n_stops = 0;
    for (sampler, ladder) in plain.chain(ladders) {
        let whole = of_sampler(sampler, ladder);
        let start = Instant::now();
        whole.run().arg("--quiet").assert().success();
        let stopped = of_sampler(sampler, ladder);
        n_stops += stop_and_go(&stopped, &mut rng, start.elapsed());
        assert_eq!(
            frames(&stopped.output),
            frames(&whole.output),
            "{sampler}, seed {SEED}"
        );
    }
    assert!(n_stops >= SAMPLERS.len(), "only {n_stops} stops");
}
