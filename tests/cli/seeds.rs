//! A run without a seed draws one, says it, and keeps it.

use std::fs;

use saltus::trajectory::Reader;
use serde_json::Value;

use super::support::{Small, frames};

fn without_seed() -> Small {
    Small::new(|text| text.replace("seed: 11\n", ""))
}

fn json(small: &Small, arguments: &[&str]) -> Value {
    let assert = small
        .run()
        .args(["--json"])
        .args(arguments)
        .assert()
        .success();
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

#[test]
fn two_runs_without_a_seed_differ_and_each_says_its_seed() {
    let runs = [without_seed(), without_seed()];
    let seeds = runs.each_ref().map(|small| {
        let assert = small.run().arg("--json").assert().success();
        let summary: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
        let seed = summary["seed"].as_u64().unwrap();
        let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(
            said.contains(&format!("`seed: {seed}` repeats this run")),
            "{said}"
        );
        assert_eq!(summary["seed_is_drawn"], true);
        let reader = Reader::open(&small.trajectory(0)).unwrap();
        assert_eq!(reader.header().unwrap().seed, seed);
        seed
    });
    assert_ne!(seeds[0], seeds[1]);
    assert_ne!(frames(&runs[0].output), frames(&runs[1].output));

    // The recorded seed, given, repeats the run bit for bit.
    let again = Small::new(|text| text.replace("seed: 11", &format!("seed: {}", seeds[0])));
    let summary = json(&again, &[]);
    assert_eq!(summary["seed_is_drawn"], false);
    assert_eq!(frames(&again.output), frames(&runs[0].output));
}

#[test]
fn resuming_takes_the_seed_that_was_drawn() {
    let small = without_seed();
    let first = json(&small, &["--cycles", "30"]);
    let resumed = json(&small, &["--resume"]);
    assert_eq!(first["seed"], resumed["seed"]);
    let whole = Small::new(|text| text.replace("seed: 11", &format!("seed: {}", first["seed"])));
    json(&whole, &[]);
    assert_eq!(frames(&small.output), frames(&whole.output));
}

#[test]
fn a_dry_run_says_that_it_will_be_drawn() {
    let small = without_seed();
    let assert = small.run().arg("--dry-run").assert().success();
    let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    assert!(text.contains("seed        will be drawn"), "{text}");
    assert!(json(&small, &["--dry-run"])["seed"].is_null());
    assert!(!small.output.exists());
    let given = Small::new(|text| text);
    assert_eq!(json(&given, &["--dry-run"])["seed"], 11);
    assert!(
        fs::read_to_string(&given.input)
            .unwrap()
            .contains("seed: 11")
    );
}
