//! Runs that sample nothing, or garbage, say so: exit code, summary, JSON, trajectory file, `analyze`.

use std::fs;
use std::path::Path;
use std::process::Output;

use saltus::trajectory::RunWarnings;

use crate::support::{Small, saltus};

/// Trajectories whose every step is far too long: each ends in an energy that is not finite, or that no test accepts.
const HOPELESS: &str = "hmc: {steps: 400, timestep_fs: 5.0}";

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn with_sampler(sampler: &'static str) -> Small {
    Small::new(|text| {
        let langevin = "langevin: {steps: 5, timestep_fs: 1.0, friction_per_ps: 1.0}";
        text.replace(langevin, sampler)
    })
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_run_whose_only_kernel_accepts_nothing_fails() {
    let small = with_sampler(HOPELESS);
    let output = small.run().arg("--json").output().unwrap();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("finished, but sampled nothing"), "{stderr}");
    assert!(
        stderr.contains("WARNING: `hmc` accepted none of its 120 moves in all recorded cycles"),
        "{stderr}"
    );
    assert!(
        stderr.contains("error: the run sampled nothing: "),
        "{stderr}"
    );
    // Twenty frames of each of two replicas, all alike.
    assert!(
        stderr.contains("2 of 2 trajectories hold a single configuration, 20 times over"),
        "{stderr}"
    );
    let warnings = json(&output)["warnings"].as_array().unwrap().len();
    assert!(warnings >= 2, "{warnings}");
    let noted = RunWarnings::read(&small.trajectory(1)).unwrap();
    assert_eq!(noted.0.len(), warnings, "{noted:?}");
}

#[test]
fn a_dead_kernel_among_others_is_a_warning_that_travels_with_the_frames() {
    let small = with_sampler(
        "langevin: {steps: 5, timestep_fs: 1.0, friction_per_ps: 1.0}\n  - hmc: {steps: 400, timestep_fs: 5.0}",
    );
    let output = small.run().output().unwrap();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("finished with warnings: "), "{stderr}");
    assert!(
        stderr.contains("WARNING: `hmc` accepted none of its 120 moves"),
        "{stderr}"
    );
    assert!(!stderr.contains("single configuration"), "{stderr}");
    let analyzed = saltus().arg("analyze").arg(&small.output).output().unwrap();
    let stdout = text(&analyzed.stdout);
    assert!(
        stdout.contains("note: the run warned: `hmc` accepted none of its 120 moves"),
        "{stdout}"
    );
}

#[test]
fn dynamics_that_blow_up_without_a_test_end_the_run() {
    let small = with_sampler("velocity_verlet: {steps: 400, timestep_fs: 5.0}");
    let output = small.run().output().unwrap();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("kernel `velocity_verlet`: replica "),
        "{stderr}"
    );
    assert!(
        stderr.contains("help: take a smaller time step"),
        "{stderr}"
    );
}

#[test]
fn a_mean_temperature_that_is_not_the_one_asked_for_is_a_warning() {
    // From a minimum half of the kinetic energy goes into the springs, and nothing gives it back.
    let small = Small::new(|text| {
        text.replace(
            "langevin: {steps: 5, timestep_fs: 1.0, friction_per_ps: 1.0}",
            "velocity_verlet: {steps: 20, timestep_fs: 0.5}",
        )
        .replace("replicas: 2", "replicas: 16")
    });
    let output = small.run().output().unwrap();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(
        stderr.contains("WARNING: the mean temperature is ")
            && stderr.contains("but 310 K were asked for"),
        "{stderr}"
    );
}

/// Alanine dipeptide with one hydrogen of the first methyl group on another: no bond is long, and nothing else is wrong.
fn overlapping(folder: &Path) {
    let file = folder.join("overlap.pdb");
    let built = saltus()
        .args(["build", "ACE-ALA-NME", "-o"])
        .arg(&file)
        .output()
        .unwrap();
    assert!(built.status.success());
    let text = fs::read_to_string(&file).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let atoms: Vec<usize> = (0..lines.len())
        .filter(|&line| lines[line].starts_with("ATOM") || lines[line].starts_with("HETATM"))
        .collect();
    let methyl: Vec<usize> = atoms
        .iter()
        .copied()
        .filter(|&line| {
            lines[line].contains(" ACE ") && lines[line][12..16].trim().starts_with('H')
        })
        .collect();
    let place = lines[methyl[0]][30..54].to_owned();
    lines[methyl[1]].replace_range(30..54, &place);
    fs::write(&file, lines.join("\n") + "\n").unwrap();
}

#[test]
fn an_energy_that_is_not_finite_is_an_error_of_the_input() {
    let folder = tempfile::tempdir().unwrap();
    overlapping(folder.path());
    let input = folder.path().join("input.yaml");
    let yaml = "\
system: {pdb: overlap.pdb, minimize: false}
temperature_kelvin: 310
sampler:
  - hmc: {steps: 10, timestep_fs: 1.0}
run: {cycles: 60, equilibration_cycles: 0}
";
    fs::write(&input, yaml).unwrap();
    for command in ["energy", "run", "bench"] {
        let mut call = saltus();
        call.current_dir(folder.path()).arg(command).arg(&input);
        if command == "energy" {
            call.arg("--json");
        }
        let output = call.output().unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{command}: {stderr}");
        assert!(
            output.stdout.is_empty(),
            "{command}: {}",
            text(&output.stdout)
        );
        assert!(stderr.contains("help: "), "{command}: {stderr}");
        assert!(!folder.path().join("out").exists(), "{command}");
    }
}

#[test]
fn a_comparison_names_the_sampler_whose_kernel_accepts_nothing() {
    let small = with_sampler(HOPELESS);
    let output = saltus()
        .args([
            "bench",
            "--samplers",
            "md_1fs,input",
            "--seconds",
            "1",
            "--md-seconds",
            "0",
        ])
        .args(["--chains", "4", "--json"])
        .arg(&small.input)
        .output()
        .unwrap();
    let stderr = text(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(
        stderr.contains("sampler `input`: `hmc` accepted none of its "),
        "{stderr}"
    );
    let samplers = json(&output)["samplers"].as_array().unwrap().clone();
    assert_eq!(samplers[0]["warnings"].as_array().unwrap().len(), 0);
    assert_eq!(samplers[1]["warnings"].as_array().unwrap().len(), 1);
}
