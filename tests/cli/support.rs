//! What the tests of the program share: a small input, the program, and trajectories as comparable text.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use saltus::trajectory::Reader;

/// The program, without the caller's log settings.
pub(crate) fn saltus() -> Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("saltus");
    command.env_remove("RUST_LOG");
    command
}

/// A small run: alanine dipeptide, two replicas.
pub(crate) struct Small {
    /// Temporary home of input and output.
    pub(crate) home: tempfile::TempDir,
    /// The input file.
    pub(crate) input: PathBuf,
    /// The output folder.
    pub(crate) output: PathBuf,
}

impl Small {
    /// Writes the input, `edit` applied to its text.
    pub(crate) fn new(edit: impl FnOnce(String) -> String) -> Self {
        let home = tempfile::tempdir().unwrap();
        let input = home.path().join("input.yaml");
        let output = home.path().join("out");
        let text = "\
system: {sequence: ACE-ALA-NME}
temperature_kelvin: 310
replicas: 2
seed: 11
threads: 1
sampler:
  - langevin: {steps: 5, timestep_fs: 1.0, friction_per_ps: 1.0}
run: {cycles: 60, equilibration_cycles: 5}
output: {every_cycles: 3, velocities: true}
";
        fs::write(&input, edit(text.to_owned())).unwrap();
        Self {
            home,
            input,
            output,
        }
    }

    /// `saltus run` on the input and output folder.
    pub(crate) fn run(&self) -> Command {
        let mut command = saltus();
        command
            .arg("run")
            .arg(&self.input)
            .arg("--output")
            .arg(&self.output);
        command
    }

    /// One trajectory file.
    pub(crate) fn trajectory(&self, replica: usize) -> PathBuf {
        self.output.join(format!("trajectory_{replica:04}.h5"))
    }
}

/// All frames of all trajectories of a folder as text: equal text, equal bits (NaN included).
pub(crate) fn frames(output: &Path) -> Vec<String> {
    let mut paths: Vec<PathBuf> = fs::read_dir(output)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "h5"))
        .collect();
    paths.sort();
    let read = |path: &PathBuf| {
        let reader = Reader::open(path).unwrap();
        let frames = reader.read_frames(0..reader.n_frames()).unwrap();
        frames.iter().map(|frame| format!("{frame:?}")).collect()
    };
    let texts: Vec<Vec<String>> = paths.iter().map(read).collect();
    texts.concat()
}
