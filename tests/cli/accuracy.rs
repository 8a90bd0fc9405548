//! Runs that end when they are accurate: `run.until`, `sampler: auto`, `saltus sample`.

use std::fs;

use super::support::{Small, frames, saltus};
use serde_json::Value;

/// Alanine dipeptide in vacuum by hybrid Monte Carlo and leaps, which mix within some hundred cycles.
fn leaping(run: &str) -> Small {
    Small::new(|text| {
        text.replace("{sequence: ACE-ALA-NME}", "{sequence: ACE-ALA-NME, solvent: vacuum, hydrogen_mass_da: 3}")
            .replace("replicas: 2", "replicas: 8")
            .replace("threads: 1\n", "")
            .replace(
                "  - langevin: {steps: 5, timestep_fs: 1.0, friction_per_ps: 1.0}\n",
                "  - hmc: {steps: 6, timestep_fs: 1.2, integrator: three_stage, adapt: true, target_acceptance: 0.9, jitter: 0.5}\n  \
                   - torsion_leap: {repeats: 2}\n  - torsion: {kind: single}\n",
            )
            .replace("{cycles: 60, equilibration_cycles: 5}", run)
            .replace("{every_cycles: 3, velocities: true}", "{every_cycles: 2}")
    })
}

fn report(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn a_run_ends_once_it_is_accurate_with_the_bits_of_one_long_run() {
    let until = leaping(
        "{cycles: 100, equilibration_cycles: 100, until: {ess: 150, r_hat: 1.05, max_minutes: 20}}",
    );
    let output = until.run().arg("--json").output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    let report = report(&output);
    assert_eq!(report["accuracy"]["reached"], true);
    let looks = report["accuracy"]["looks"].as_array().unwrap();
    assert!(looks.len() > 1, "nothing was continued: {looks:?}");
    let last = looks.last().unwrap();
    assert!(last[1]["min_ess"].as_f64().unwrap() >= 150.0);
    assert!(text.contains("accurate as asked for"), "{text}");
    let whole = leaping(&format!(
        "{{cycles: {}, equilibration_cycles: 100}}",
        last[0]
    ));
    whole.run().arg("--quiet").assert().success();
    assert_eq!(frames(&until.output), frames(&whole.output));
}

#[test]
fn a_run_that_is_short_of_time_names_what_has_not_converged() {
    let until = leaping("{equilibration_cycles: 20, until: {ess: 1000000, max_minutes: 0.05}}");
    let output = until.run().arg("--json").output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(
        text.contains("the time is over, and the ensemble is not as accurate as asked for"),
        "{text}"
    );
    assert!(
        text.contains("< 1000000") && text.contains("--resume"),
        "{text}"
    );
    let report = report(&output);
    assert_eq!(report["accuracy"]["reached"], false);
    assert_eq!(report["accuracy"]["stopped_by"], "time");
}

/// Two replicas of plain dynamics from one start never leave its basin in this time: whoever looks must not be content.
#[test]
fn stuck_chains_are_not_accurate() {
    let stuck = Small::new(|text| {
        text.replace(
            "{cycles: 60, equilibration_cycles: 5}",
            "{equilibration_cycles: 5, until: {ess: 100, max_minutes: 0.1}}",
        )
    });
    let output = stuck.run().output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_chosen_sampler_is_yaml_that_gives_the_same_bits() {
    let of = |sampler: &str| {
        Small::new(|text| {
            text.replace("ACE-ALA-NME", "ACE-GLY-PRO-NME")
                .replace(
                    "{cycles: 60, equilibration_cycles: 5}",
                    "{cycles: 6, equilibration_cycles: 5}",
                )
                .replace("replicas: 2\n", "")
                .replace(
                    "sampler:\n  - langevin: {steps: 5, timestep_fs: 1.0, friction_per_ps: 1.0}\n",
                    sampler,
                )
        })
    };
    let auto = of("sampler: auto\n");
    let output = auto.run().output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    let starts = ["replicas: ", "sampler:", "  - ", "replica_exchange: "];
    let chosen: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("sampler: auto is"))
        .skip(1)
        .take_while(|line| starts.iter().any(|start| line.starts_with(start)))
        .collect();
    for name in ["hmc", "torsion_leap", "torsion", "adaptive_pucker"] {
        let start = format!("  - {name}: ");
        assert!(
            chosen.iter().any(|line| line.starts_with(&start)),
            "{name}: {text}"
        );
    }
    assert_eq!(chosen[0], "replicas: 16");
    let written = of(&format!("{}\n", chosen.join("\n")));
    written.run().arg("--quiet").assert().success();
    assert_eq!(frames(&auto.output), frames(&written.output));
}

#[test]
fn a_ring_gets_moves_for_its_backbone_and_a_ladder() {
    let home = tempfile::tempdir().unwrap();
    let output = saltus()
        .current_dir(home.path())
        .args([
            "sample",
            "cyclo(RGDfV)",
            "--ess",
            "100",
            "--max-minutes",
            "0.02",
            "--seed",
            "3",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{text}");
    let input = fs::read_to_string(home.path().join("sample-cyclo_RGDfV/input.yaml")).unwrap();
    for part in [
        "concerted",
        "replica_exchange",
        "seed: 3",
        "until: {ess: 100",
    ] {
        assert!(input.contains(part), "{part}: {input}");
    }
}

#[test]
fn one_line_gives_an_ensemble_and_a_report() {
    let home = tempfile::tempdir().unwrap();
    let sample = |more: &[&str]| {
        let mut command = saltus();
        command.current_dir(home.path());
        command.args([
            "sample",
            "ACE-ALA-NME",
            "--ess",
            "100",
            "--r-hat",
            "1.05",
            "--solvent",
            "vacuum",
            "--seed",
            "5",
            "-o",
            "ala",
        ]);
        command.args(more).output().unwrap()
    };
    let output = sample(&["--json"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    assert!(home.path().join("ala/report/report.html").is_file());
    assert!(
        text.contains("next: look at ala/report/report.html"),
        "{text}"
    );
    assert!(
        !report(&output)["observables"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let again = sample(&[]);
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("--resume"));
    assert!(sample(&["--resume"]).status.success());
}

#[test]
fn impossible_wishes_are_refused() {
    for (run, part) in [
        ("{until: {ess: 5}}", "run.until.ess: got 5"),
        ("{until: {r_hat: 0.9}}", "run.until.r_hat: got 0.9"),
        ("{until: {max_minutes: -1}}", "run.until.max_minutes"),
        ("{until: {es: 500}}", "did you mean `ess`"),
        (
            "{equilibration_cycles: 5}",
            "the required key `cycles` is missing",
        ),
    ] {
        let output = leaping(run).run().output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(part), "{part}: {text}");
    }
    let alone = leaping("{until: {ess: 500}}");
    let text = fs::read_to_string(&alone.input).unwrap();
    fs::write(
        &alone.input,
        text.replace("replicas: 8", "replicas: 1")
            .replace("sampler:\n", "sampler: automatic\nx:\n"),
    )
    .unwrap();
    let output = alone.run().output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        text.contains("expected `auto` or a list of kernels"),
        "{text}"
    );
}

/// What was asked for is waited for, reported, and named in the input that `sample` writes.
#[test]
fn quantities_that_were_asked_for_are_waited_for() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("out");
    let call = |what: &[&str]| {
        let mut command = saltus();
        command.args([
            "sample",
            "ACE-ALA-NME",
            "--solvent",
            "vacuum",
            "--ess",
            "100",
            "--r-hat",
            "1.05",
            "--seed",
            "3",
        ]);
        command
            .args(["--max-minutes", "10", "--json", "--force", "-o"])
            .arg(&folder);
        for one in what {
            command.args(["--observe", one]);
        }
        command.output().unwrap()
    };
    let output = call(&["j3_hn_ha/bax1997", "noe ACE 1 C, ALA 2 HA"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    let report = report(&output);
    let row = |name: &str| {
        let rows = report["observables"].as_array().unwrap().iter();
        rows.clone()
            .find(|row| row["name"] == name)
            .unwrap_or_else(|| panic!("no {name}"))
    };
    assert!(row("j3_hn_ha_bax1997_2")["ess_bulk"].as_f64().unwrap() >= 100.0);
    let distance = row("noe_ACE1-C_ALA2-HA")["noe_distance_nm"]
        .as_f64()
        .unwrap();
    assert!((0.2..0.4).contains(&distance), "{distance}");
    let input = fs::read_to_string(folder.join("input.yaml")).unwrap();
    assert!(
        input.contains("observe: [\"j3_hn_ha/bax1997\",\"noe ACE 1 C, ALA 2 HA\"]"),
        "{input}"
    );

    let resumed = saltus()
        .args([
            "sample",
            "ACE-ALA-NME",
            "--resume",
            "--ess",
            "2000",
            "--max-minutes",
            "0.02",
            "--json",
            "-o",
        ])
        .arg(&folder)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&resumed.stderr).into_owned();
    assert_eq!(resumed.status.code(), Some(3), "{text}");
    let input = fs::read_to_string(folder.join("input.yaml")).unwrap();
    assert!(
        input.contains(
            "until: {ess: 2000, r_hat: 1.05, max_minutes: 0.02, observe: [\"j3_hn_ha/bax1997\""
        ),
        "{input}"
    );
    for (molecule, more, part) in [
        ("ACE-ALA-NME", ["--solvent", "obc2"], "--solvent: "),
        ("ACE-GLY-NME", ["--seed", "3"], "the molecule: "),
    ] {
        let mut command = saltus();
        command
            .args(["sample", molecule, "--resume", "-o"])
            .arg(&folder);
        let other = command.args(more).output().unwrap();
        let text = String::from_utf8_lossy(&other.stderr).into_owned();
        assert_eq!(other.status.code(), Some(2), "{text}");
        assert!(
            text.contains(part) && text.contains("it is another run that is resumed"),
            "{text}"
        );
    }

    let fresh = home.path().join("fresh");
    for (what, part) in [
        ("j3_hn_hb", "expected one of populations; hydrogen_bonds"),
        (
            "distance ALA 2 HX, ACE 1 C",
            "ALA 2 has no atom HX; it has N H CA",
        ),
    ] {
        let mut command = saltus();
        command
            .args(["sample", "ACE-ALA-NME", "--observe", what, "-o"])
            .arg(&fresh);
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(part), "{text}");
        assert!(!fresh.exists(), "a refused call left its folder");

        let mut command = saltus();
        let output = command
            .arg("analyze")
            .arg(&folder)
            .args(["--observe", what])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert_eq!(text.matches(part).count(), 1, "{text}");
    }
}
