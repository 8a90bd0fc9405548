//! Checkpoints: every bit comes back, every fault is named.

use std::fs;
use std::path::PathBuf;

use saltus::mcmc::{Chain, KernelStatistics};
use saltus::state::State;
use saltus::trajectory::{Checkpoint, CheckpointError, KernelRecord, RunIdentity, WriterProgress};
use serde_json::json;

use super::sample;

fn checkpoint() -> Checkpoint {
    let numbers = |salt: u64| (0..66).map(|i| sample::noise(salt, i) - 0.5).collect();
    let mut chain = Chain {
        state: State {
            n_replicas: 2,
            n_atoms: 11,
            positions: numbers(1),
            velocities: numbers(2),
            step: u64::MAX - 1,
        },
        temperatures_kelvin: vec![300.0, 1.0 / 3.0],
        energies: Some(vec![f64::NAN, f64::NEG_INFINITY]),
        time_ps: 0.1 + 0.2,
        n_energy_evaluations: 12,
    };
    chain.state.positions[3] = -0.0;
    chain.state.positions[4] = f64::MIN_POSITIVE / 4.0;
    let draws: Vec<f64> = (0..2000).map(|i| sample::noise(9, i) * 1e3).collect();
    Checkpoint {
        identity: RunIdentity {
            input: "seed: 7\ntemperature_kelvin: 310\n".to_owned(),
            system_blake3: RunIdentity::hash(b"system"),
            device: "cpu, avx2, mixed".to_owned(),
        },
        cycle: 4321,
        chain,
        kernels: vec![KernelRecord {
            name: "hmc".to_owned(),
            saved: json!({"step_size": draws, "counter": u64::MAX}),
            statistics: KernelStatistics {
                proposed: 10,
                accepted: 7,
                non_finite: 1,
                seconds: 0.25,
            },
        }],
        writers: vec![
            WriterProgress {
                n_frames_on_disk: 512,
                pending: sample::frames(3, true),
            },
            WriterProgress::default(),
        ],
        extra: json!({"rng": [1, 2, 3]}),
    }
}

fn saved() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("checkpoint.bin");
    checkpoint().save(&path).unwrap();
    (directory, path)
}

#[test]
fn every_bit_comes_back() {
    let (directory, path) = saved();
    let (got, expected) = (Checkpoint::load(&path).unwrap(), checkpoint());
    let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    let chain = |checkpoint: &Checkpoint| {
        let chain = &checkpoint.chain;
        [
            bits(&chain.state.positions),
            bits(&chain.state.velocities),
            bits(&chain.temperatures_kelvin),
            bits(chain.energies.as_ref().unwrap()),
            bits(&[chain.time_ps]),
            vec![chain.state.step, chain.n_energy_evaluations],
        ]
    };
    assert_eq!(chain(&got), chain(&expected));
    // JSON numbers too: without exact parsing about one in a hundred loses its last bit.
    assert_eq!(got.kernels, expected.kernels);
    assert_eq!(got.identity, expected.identity);
    assert_eq!((got.cycle, &got.extra), (4321, &expected.extra));
    sample::assert_same(&got.writers[0].pending, &expected.writers[0].pending);
    assert_eq!(got.writers[0].n_frames_on_disk, 512);
    assert_eq!(got.writers[1], WriterProgress::default());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn saving_replaces_the_former_one() {
    let (_directory, path) = saved();
    let mut later = checkpoint();
    later.cycle = 5000;
    later.save(&path).unwrap();
    assert_eq!(Checkpoint::load(&path).unwrap().cycle, 5000);
}

#[test]
fn every_damaged_byte_and_every_truncation_is_noticed() {
    let (_directory, path) = saved();
    let whole = fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(97).chain(0..24) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        fs::write(&path, &damaged).unwrap();
        assert!(Checkpoint::load(&path).is_err(), "byte {at}");
    }
    for n in (24..whole.len()).step_by(331).chain([whole.len() - 1]) {
        fs::write(&path, &whole[..n]).unwrap();
        let error = Checkpoint::load(&path).unwrap_err();
        assert!(
            matches!(error, CheckpointError::Truncated { .. }),
            "{n}: {error}"
        );
    }
    let longer = [&whole[..], b"x"].concat();
    fs::write(&path, longer).unwrap();
    assert!(matches!(
        Checkpoint::load(&path),
        Err(CheckpointError::Corrupt { .. })
    ));
}

#[test]
fn other_files_and_versions_are_named() {
    let (_directory, path) = saved();
    let mut other_version = fs::read(&path).unwrap();
    other_version[8] = 99;
    fs::write(&path, other_version).unwrap();
    let message = Checkpoint::load(&path).unwrap_err().to_string();
    assert!(message.contains("format 99, expected 2"), "{message}");
    fs::write(&path, "seed: 7").unwrap();
    let message = Checkpoint::load(&path).unwrap_err().to_string();
    assert!(message.contains("`seed: 7`"), "{message}");
}

#[test]
fn another_run_is_refused_with_the_difference() {
    let (_directory, path) = saved();
    let loaded = Checkpoint::load(&path).unwrap();
    loaded.verify(&checkpoint().identity, &path).unwrap();
    let message = |change: fn(&mut RunIdentity)| {
        let mut identity = checkpoint().identity;
        change(&mut identity);
        loaded.verify(&identity, &path).unwrap_err().to_string()
    };
    let input = message(|identity| identity.input = identity.input.replace("310", "300"));
    assert!(input.contains("line 2"), "{input}");
    assert!(
        input.contains("`temperature_kelvin: 310`") && input.contains("`temperature_kelvin: 300`"),
        "{input}"
    );
    assert!(message(|identity| identity.input.push_str("x: 1\n")).contains("no such line"));
    assert!(message(|identity| identity.input.push('\n')).contains("line 3"));
    assert!(message(|identity| identity.input.truncate(7)).contains("line 2"));
    assert!(message(|identity| identity.system_blake3.clear()).contains("force field"));
    assert!(message(|identity| identity.device = "gpu".to_owned()).contains("`gpu`"));
}
