//! What these tests share: a short run, the program, and trajectories rewritten frame by frame.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use saltus::state::Frame;
use saltus::trajectory::{Reader, Writer};
use serde_json::Value;

/// The program in a folder, without the caller's log settings.
pub(crate) fn saltus(home: &Path) -> Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("saltus");
    command.env_remove("RUST_LOG").current_dir(home);
    command
}

/// Steps between frames of short runs.
const FEW_STEPS: usize = 20;

/// A folder with `run/trajectory_000{0..3}.h5` of a dipeptide.
pub(crate) fn home_with_run(sequence: &str, cycles: usize) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), "run", sequence, cycles);
    home
}

/// Adds a short run to a folder.
pub(crate) fn run(home: &Path, name: &str, sequence: &str, cycles: usize) {
    run_for(home, name, sequence, cycles, FEW_STEPS);
}

/// Adds a run with a frame every so many steps to a folder.
pub(crate) fn run_for(home: &Path, name: &str, sequence: &str, cycles: usize, steps: usize) {
    let text = format!(
        "system: {{sequence: {sequence}}}\n\
         temperature_kelvin: 500\n\
         replicas: 4\n\
         seed: 3\n\
         threads: 1\n\
         sampler:\n  - langevin: {{steps: {steps}, timestep_fs: 1.0, friction_per_ps: 5.0}}\n\
         run: {{cycles: {cycles}, equilibration_cycles: 20}}\n\
         output: {{every_cycles: 1}}\n"
    );
    fs::write(home.join(format!("{name}.yaml")), text).unwrap();
    let input = format!("{name}.yaml");
    saltus(home)
        .args(["run", &input, "--quiet", "--output", name])
        .assert()
        .success();
}

/// `saltus analyze` with `--json`, parsed.
pub(crate) fn analyze_json(home: &Path, arguments: &[&str]) -> Value {
    let assert = saltus(home)
        .arg("analyze")
        .args(arguments)
        .arg("--json")
        .assert()
        .success();
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

/// A row of a list of objects by the value of a key.
pub(crate) fn find<'a>(list: &'a Value, key: &str, value: &str) -> &'a Value {
    list.as_array()
        .unwrap()
        .iter()
        .find(|row| row[key] == value)
        .unwrap()
}

/// Copies all trajectories of a folder into another, only the frames that are wanted.
pub(crate) fn rewrite(from: &Path, to: &Path, wanted: impl Fn(usize, &Frame) -> bool) {
    fs::create_dir_all(to).unwrap();
    for path in trajectories(from) {
        let reader = Reader::open(&path).unwrap();
        let target = to.join(path.file_name().unwrap());
        let mut writer = Writer::create(&target, reader.header().unwrap(), false).unwrap();
        let frames = reader.read_frames(0..reader.n_frames()).unwrap();
        for (index, frame) in frames.into_iter().enumerate() {
            if wanted(index, &frame) {
                writer.append(frame).unwrap();
            }
        }
        writer.finish().unwrap();
    }
}

/// Trajectories of a folder, sorted.
pub(crate) fn trajectories(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "h5"))
        .collect();
    paths.sort();
    paths
}
