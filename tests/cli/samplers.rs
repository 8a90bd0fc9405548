//! Every kernel and replica exchange from the input file: what they report, write and resume.

use std::fs;

use serde_json::Value;

use super::support::{Small, frames};
use saltus::trajectory::{Reader, RunCost};

const LANGEVIN: &str = "  - langevin: {steps: 5, timestep_fs: 1.0, friction_per_ps: 1.0}\n";

/// All kernels but `mala`, nested and tuned, on a molecule with a loop to close.
const EVERYTHING: &str = "  - hmc: {steps: 3, timestep_fs: 1.0, refresh: 0.7, adapt: true}
  - torsion: {kind: pair, proposal: uniform, repeats: 2}
  - adaptive_torsion: {repeats: 2}
  - mixture:
      - {weight: 1, kernel: {langevin: {steps: 2, timestep_fs: 0.5}}}
      - {weight: 2.5, kernel: {sequence: [{concerted: {}}, {torsion: {kind: side_chain, proposal: normal}}]}}
      - {weight: 1, kernel: {mala: {timestep_fs: 0.5, adapt: true}}}
";

const LADDER: &str =
    "replica_exchange: {min_kelvin: 310, max_kelvin: 450, count: 3, tuned: true}\n";

fn small(sampler: &str, beside: &str) -> Small {
    Small::new(|text| text.replace(LANGEVIN, &format!("{sampler}{beside}")))
}

fn everything() -> Small {
    Small::new(|text| {
        text.replace(LANGEVIN, &format!("{EVERYTHING}{LADDER}"))
            .replace("ACE-ALA-NME", "DGKS")
            .replace("equilibration_cycles: 5", "equilibration_cycles: 30")
    })
}

fn report(small: &Small, arguments: &[&str]) -> Value {
    let mut command = small.run();
    let assert = command.args(["--json", "--quiet"]).args(arguments).assert();
    serde_json::from_slice(&assert.success().get_output().stdout).unwrap()
}

fn stderr(small: &Small) -> String {
    let assert = small.run().assert().success();
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

#[test]
fn kernels_are_reported_in_order_with_their_children() {
    let small = everything();
    let report = report(&small, &[]);
    let kernels = report["kernels"].as_array().unwrap();
    let names: Vec<&str> = kernels
        .iter()
        .map(|kernel| kernel["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "hmc",
            "torsion",
            "adaptive_torsion",
            "mixture",
            "replica_exchange"
        ]
    );
    // Six replicas, production alone.
    assert_eq!(kernels[0]["proposed"], 60 * 6);
    assert_eq!(kernels[1]["proposed"], 60 * 6 * 2);
    assert_eq!(
        kernels[3]["children"][1]["children"][0]["name"],
        "concerted"
    );
    let exact: Vec<bool> = kernels
        .iter()
        .map(|kernel| kernel["exact"].as_bool().unwrap())
        .collect();
    assert_eq!(exact, [true, true, true, false, true]);
    assert_eq!(report["exact"], false);
    let exchange = &report["replica_exchange"];
    assert_eq!(exchange["temperatures_kelvin"][0], 310.0);
    assert_eq!(exchange["temperatures_kelvin"][2], 450.0);
    assert_eq!(exchange["acceptance"].as_array().unwrap().len(), 2);
    assert!(exchange["round_trips"].is_u64());
    assert!(report["wall_seconds"].as_f64().unwrap() > 0.0);
    assert!(report["equilibration_wall_seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(report["trajectories"].as_array().unwrap().len(), 2);
}

#[test]
fn stopped_and_resumed_with_every_kernel_is_never_stopped() {
    let whole = everything();
    let expected = report(&whole, &[]);
    let stopped = everything();
    report(&stopped, &["--cycles", "7"]);
    report(&stopped, &["--cycles", "31", "--resume"]);
    let resumed = report(&stopped, &["--resume"]);
    assert_eq!(frames(&stopped.output), frames(&whole.output));
    assert_eq!(resumed["replica_exchange"], expected["replica_exchange"]);
    for (a, b) in [(&resumed, &expected)] {
        for index in 0..5 {
            for key in ["proposed", "accepted", "non_finite"] {
                assert_eq!(a["kernels"][index][key], b["kernels"][index][key]);
            }
        }
    }
}

#[test]
fn steps_of_frames_rise_where_no_time_passes() {
    let small = small("  - torsion: {kind: single}\n", "");
    let message = stderr(&small);
    assert!(message.contains("reaches every configuration"), "{message}");
    assert!(message.contains("exact: yes"), "{message}");
    let reader = Reader::open(&small.trajectory(0)).unwrap();
    let frames = reader.read_frames(0..reader.n_frames()).unwrap();
    let steps: Vec<u64> = frames.iter().map(|frame| frame.step).collect();
    // Cycles, equilibration included, three from frame to frame.
    assert_eq!(steps[..3], [8, 11, 14]);
    assert!(steps.is_sorted_by(|a, b| a < b), "{steps:?}");
}

#[test]
fn a_sampler_that_forgets_the_ring_of_proline_is_told() {
    let message = |moves: &str| {
        let hmc = "  - hmc: {steps: 3, timestep_fs: 1.0}";
        stderr(&Small::new(|text| {
            text.replace(LANGEVIN, &format!("{hmc}\n{moves}"))
                .replace("ACE-ALA-NME", "ACE-ALA-PRO-NME")
                .replace("cycles: 60,", "cycles: 3,")
        }))
    };
    for forgetful in [
        "  - torsion: {kind: pair}\n",
        "  - mixture: [{weight: 1, kernel: {torsion: {kind: pair}}}]\n",
    ] {
        let told = message(forgetful);
        let warning = "no move of this sampler flips the ring of PRO 3";
        assert!(
            told.contains(warning) && told.contains("`- adaptive_pucker: {}`"),
            "{told}"
        );
    }
    for mindful in [
        "",
        "  - torsion: {kind: pair}\n  - pucker: {}\n",
        "  - sequence: [{torsion: {kind: pair}}, {pucker: {}}]\n",
        "  - torsion: {kind: pair}\n  - adaptive_pucker: {}\n",
    ] {
        let silent = message(mindful);
        assert!(!silent.contains("flips the ring"), "{mindful}: {silent}");
    }
}

#[test]
fn a_sampler_that_leaves_a_ring_to_dynamics_is_told() {
    let message = |moves: &str| {
        let hmc = "  - hmc: {steps: 3, timestep_fs: 1.0}";
        stderr(&Small::new(|text| {
            text.replace(LANGEVIN, &format!("{hmc}\n{moves}"))
                .replace("ACE-ALA-NME", "cyclo(GAGAGA)")
                .replace("cycles: 60,", "cycles: 3,")
        }))
    };
    let warning = "the backbone of GLY 1, ALA 2, GLY 3, ALA 4, GLY 5, ALA 6 is part of a ring";
    let told = message("  - torsion: {kind: single}\n");
    assert!(
        told.contains(warning) && told.contains("`- concerted: {}`"),
        "{told}"
    );
    let mindful = message("  - torsion: {kind: single}\n  - concerted: {}\n");
    assert!(!mindful.contains("is part of a ring"), "{mindful}");
}

#[test]
fn a_sampler_that_keeps_the_isomers_of_a_ring_is_told() {
    let message = |sequence: &str, moves: &str| {
        let hmc = "  - hmc: {steps: 3, timestep_fs: 1.0}";
        stderr(&Small::new(|text| {
            text.replace(LANGEVIN, &format!("{hmc}\n  - concerted: {{}}\n{moves}"))
                .replace("ACE-ALA-NME", sequence)
                .replace("cycles: 60,", "cycles: 3,")
        }))
    };
    let warning = "the peptide bond before PRO 3 is part of a ring or a loop";
    for forgetful in ["", "  - closed_leap: {flip_share: 0}\n"] {
        let told = message("cyclo(GAPAGAA)", forgetful);
        assert!(
            told.contains(warning) && told.contains("add `- closed_leap: {}`"),
            "{forgetful}: {told}"
        );
    }
    let mindful = message("cyclo(GAPAGAA)", "  - closed_leap: {}\n");
    assert!(!mindful.contains("is part of a ring"), "{mindful}");
    // Two prolines in a row are more than lies between residues that close: it is said.
    let beyond = message("cyclo(GPPGAGG)", "  - closed_leap: {}\n");
    let warning = "the peptide bond before PRO 2, PRO 3 is part of a ring or a loop";
    assert!(
        beyond.contains(warning) && beyond.contains("does not reach it either"),
        "{beyond}"
    );
}

#[test]
fn a_sampler_that_keeps_cis_or_trans_is_told() {
    let message = |sequence: &str, moves: &str| {
        stderr(&Small::new(|text| {
            text.replace(LANGEVIN, &format!("{LANGEVIN}\n{moves}"))
                .replace("ACE-ALA-NME", sequence)
                .replace("cycles: 60,", "cycles: 3,")
        }))
    };
    let warning = "flips the peptide bond before PRO 3 between cis and trans";
    for forgetful in [
        "",
        "  - torsion: {kind: pair}\n  - pucker: {}\n",
        "  - torsion: {kind: omega, proposal: normal}\n",
        "  - torsion: {kind: single}\n",
    ] {
        let told = message("ACE-ALA-PRO-NME", forgetful);
        assert!(told.contains(warning), "{forgetful}: {told}");
    }
    for mindful in [
        "  - torsion: {kind: omega, proposal: flip}\n",
        "  - torsion: {kind: omega}\n",
        "  - torsion: {kind: single, planar: true}\n",
        "  - sequence: [{adaptive_pucker: {}}, {torsion: {kind: pair}}]\n",
    ] {
        let silent = message("ACE-ALA-PRO-NME", mindful);
        assert!(!silent.contains(warning), "{mindful}: {silent}");
    }
    // Before other residues cis is rare, and nothing is said at every run.
    assert!(!message("ACE-ALA-NME", "").contains("cis"));
}

#[test]
fn trajectories_differ_in_length_on_demand() {
    let steps = |settings: &str| {
        let small = small(&format!("  - hmc: {{{settings}}}\n"), "");
        report(&small, &[]);
        let reader = Reader::open(&small.trajectory(0)).unwrap();
        let frames = reader.read_frames(0..reader.n_frames()).unwrap();
        let times: Vec<f64> = frames.iter().map(|frame| frame.time_ps).collect();
        // Three trajectories from frame to frame.
        let steps = times.windows(2).map(|pair| (pair[1] - pair[0]) / 1e-3);
        steps.map(f64::round).collect::<Vec<f64>>()
    };
    assert_eq!(steps("steps: 4, timestep_fs: 1.0"), [12.0; 19]);
    let mut lengths = steps("steps: 4, timestep_fs: 1.0, jitter: 0.5");
    assert!(
        lengths.iter().all(|n| (6.0..=18.0).contains(n)),
        "{lengths:?}"
    );
    lengths.sort_by(f64::total_cmp);
    lengths.dedup();
    assert!(lengths.len() > 4, "{lengths:?}");
}

#[test]
fn trajectories_are_whole_steps_of_their_integrator() {
    let hmc = |settings: &str| small(&format!("  - hmc: {{{settings}}}\n"), "");
    for integrator in ["velocity_verlet", "two_stage", "three_stage"] {
        let settings = format!("steps: 6, timestep_fs: 1.5, integrator: {integrator}");
        let report = report(&hmc(&settings), &[]);
        let kernel = &report["kernels"][0];
        let share = kernel["accepted"].as_f64().unwrap() / kernel["proposed"].as_f64().unwrap();
        assert!(share > 0.3, "{integrator}: {kernel}");
    }
    let refused = |settings: &str| {
        let assert = hmc(settings).run().assert().code(2);
        String::from_utf8(assert.get_output().stderr.clone()).unwrap()
    };
    let said = refused("steps: 10, timestep_fs: 1.5, integrator: three_stage");
    assert!(
        said.contains("got 10, expected a multiple of 3") && said.contains("write 9 or 12"),
        "{said}"
    );
    let said = refused("steps: 9, timestep_fs: 1.5, integrator: three_stages");
    assert!(said.contains("three_stage"), "{said}");
}

#[test]
fn a_ladder_writes_its_target_and_all_temperatures_on_demand() {
    let ladder = "replica_exchange: {temperatures_kelvin: [300, 310, 330]}\n";
    let hmc = "  - hmc: {steps: 3, timestep_fs: 1.0}\n";
    let target = small(hmc, ladder);
    let all = small(hmc, &ladder.replace("330]", "330], write: all"));
    assert_eq!(
        report(&target, &[])["trajectory_temperatures_kelvin"],
        serde_json::json!([310.0, 310.0])
    );
    assert_eq!(
        report(&all, &[])["trajectory_temperatures_kelvin"],
        serde_json::json!([300.0, 310.0, 330.0, 300.0, 310.0, 330.0])
    );
    // The same chain whatever is written of it.
    let read = |small: &Small, file: usize| {
        let reader = Reader::open(&small.trajectory(file)).unwrap();
        assert_eq!(reader.header().unwrap().temperature_kelvin, 310.0);
        assert!(reader.header().unwrap().exact);
        reader.read_frames(0..reader.n_frames()).unwrap()
    };
    assert_eq!(
        format!("{:?}", read(&target, 0)),
        format!("{:?}", read(&all, 1))
    );
    assert_eq!(
        format!("{:?}", read(&target, 1)),
        format!("{:?}", read(&all, 4))
    );
    // The hot replicas work for those of the target.
    let cost = RunCost::read(&target.trajectory(0)).unwrap().unwrap();
    assert_eq!(cost.replicas, 2);
    assert!(cost.energy_evaluations > 65 * 6 * 3);
}

#[test]
fn leaps_do_not_heat_the_dynamics() {
    // Velocities left behind by a leap would show as 20 K too much.
    let small = small(
        "  - langevin: {steps: 100, timestep_fs: 1.0}\n  - adaptive_torsion: {repeats: 2}\n",
        "",
    );
    let text = fs::read_to_string(&small.input).unwrap();
    let text = text.replace("replicas: 2", "replicas: 16").replace(
        "cycles: 60, equilibration_cycles: 5",
        "cycles: 400, equilibration_cycles: 100",
    );
    fs::write(&small.input, text).unwrap();
    let report = report(&small, &[]);
    let mean = report["mean_temperature_kelvin"].as_f64().unwrap();
    assert!((mean - 310.0).abs() < 6.0, "{mean} K");
    let leaps = &report["kernels"][1];
    let [proposed, accepted] = ["proposed", "accepted"].map(|key| leaps[key].as_f64().unwrap());
    assert!(accepted / proposed > 0.4, "{leaps}");
}

#[test]
fn what_cannot_learn_is_said() {
    let small = small(
        "  - hmc: {steps: 3, timestep_fs: 1.0}\n  - adaptive_torsion: {}\n",
        "",
    );
    let text = fs::read_to_string(&small.input).unwrap();
    let text = text.replace("equilibration_cycles: 5", "equilibration_cycles: 0");
    fs::write(&small.input, text).unwrap();
    let message = stderr(&small);
    assert!(
        message.contains("`run.equilibration_cycles` is 0, so `adaptive_torsion` cannot learn"),
        "{message}"
    );
}
