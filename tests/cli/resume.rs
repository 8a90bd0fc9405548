//! A run killed with SIGKILL at ten random moments and resumed ends with the same bits as one never stopped.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::support::{Small, frames};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

const SEED: u64 = 2026;
const KILLS: usize = 10;

/// Many short cycles, frames and checkpoints all the time, so that kills hit every kind of moment.
fn busy() -> Small {
    Small::new(|text| {
        text.replace("cycles: 60,", "cycles: 3000,").replace(
            "every_cycles: 3,",
            "every_cycles: 1, checkpoint_minutes: 0.0005,",
        )
    })
}

/// Starts or resumes the run, kills it after `life`; true if it had ended by itself before.
fn run_for(small: &Small, life: Duration, output: &Path) -> bool {
    let mode = if output.join("checkpoint.saltus").exists() {
        "--resume"
    } else {
        "--force"
    };
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("saltus"))
        .arg("run")
        .arg(&small.input)
        .arg("--output")
        .arg(output)
        .args([mode, "--quiet"])
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while start.elapsed() < life {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(
                status.success(),
                "{mode} failed after {:?}",
                start.elapsed()
            );
            return true;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    false
}

#[test]
fn killed_and_resumed_is_never_stopped() {
    let whole = busy();
    let start = Instant::now();
    assert!(run_for(&whole, Duration::from_secs(600), &whole.output));
    let life = start.elapsed();
    let expected = frames(&whole.output);
    assert_eq!(expected.len(), 6000);

    let killed = busy();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let mut n_kills = 0;
    while n_kills < KILLS {
        // Short lives, so that ten fit into one run.
        let fraction: f64 = rng.random_range(0.05..0.3);
        if run_for(&killed, life.mul_f64(fraction), &killed.output) {
            assert_eq!(frames(&killed.output), expected, "seed {SEED}");
            std::fs::remove_file(killed.output.join("checkpoint.saltus")).unwrap();
        } else {
            n_kills += 1;
        }
    }
    assert!(run_for(&killed, Duration::from_secs(600), &killed.output));
    assert_eq!(frames(&killed.output), expected, "seed {SEED}");
}
