//! Devices from the user's side: what `info` lists, what a wrong name says, runs on a GPU, and runs that are only planned.

use serde_json::Value;

use super::support::{Small, frames, saltus};

/// Name of an adapter of this machine; `None`, said aloud, where there is none. `.ci/run` requires one.
fn adapter() -> Option<String> {
    let name = saltus::gpu::adapters()
        .first()
        .map(|adapter| adapter.name.clone());
    let required = std::env::var_os("SALTUS_REQUIRE_GPU").is_some();
    assert!(name.is_some() || !required, "no Vulkan adapter");
    if name.is_none() {
        eprintln!("SKIPPED: no Vulkan adapter");
    }
    name
}

fn json(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn info_lists_every_adapter_with_what_it_can_run() {
    let output = saltus().args(["info", "--json"]).output().unwrap();
    let info = json(&output);
    let adapters = info["gpu_adapters"].as_array().unwrap();
    assert_eq!(adapters.len(), saltus::gpu::adapters().len());
    for adapter in adapters {
        let atoms = |key: &str| adapter[key].as_u64().unwrap();
        assert!(atoms("largest_molecule_atoms") >= 1000, "{adapter}");
        assert!(atoms("largest_resident_molecule_atoms") >= 300, "{adapter}");
    }
}

#[test]
fn an_adapter_that_is_not_there_is_named_with_those_that_are() {
    let small = Small::new(|text| text);
    let output = small
        .run()
        .args(["--device", "gpu:nonesuch"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    match adapter() {
        Some(name) => assert!(
            message.contains("nonesuch") && message.contains(&name),
            "{message}"
        ),
        None => assert!(message.contains("no GPU adapter"), "{message}"),
    }
    assert!(!small.output.exists());
}

#[test]
fn double_precision_is_for_the_cpu() {
    let small = Small::new(|text| format!("{text}precision: double\n"));
    let output = small.run().args(["--device", "gpu"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("device: cpu"), "{message}");
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_would_be() {
    let small = Small::new(|text| text);
    let output = small.run().args(["--dry-run", "--json"]).output().unwrap();
    assert!(output.status.success());
    let plan = json(&output);
    assert_eq!((&plan["atoms"], &plan["replicas"]), (&22.into(), &2.into()));
    assert_eq!(plan["frames_per_trajectory"], 20);
    assert_eq!(plan["exact"], false);
    assert!(!small.output.exists());
    let Some(name) = adapter() else { return };
    let device = format!("gpu:{name}");
    let output = small
        .run()
        .args(["--dry-run", "--json", "--device", &device])
        .output()
        .unwrap();
    let plan = json(&output);
    assert_eq!(plan["device"], name);
    assert!(
        plan["device_bytes"].as_u64().unwrap() > 22 * 22 * 16,
        "{plan}"
    );
    assert!(!small.output.exists());
}

#[test]
fn a_run_on_a_gpu_is_the_same_twice_and_names_its_device() {
    let Some(name) = adapter() else { return };
    let [first, second] = [(); 2].map(|()| {
        let small = Small::new(|text| text);
        let device = format!("gpu:{name}");
        let output = small
            .run()
            .args(["--device", &device, "--json"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        small
    });
    assert_eq!(frames(&first.output), frames(&second.output));
    let reader = saltus::trajectory::Reader::open(&first.trajectory(0)).unwrap();
    let device = &reader.header().unwrap().device;
    assert!(device.contains(&name), "{device}");
}

#[test]
fn the_energy_on_a_gpu_is_that_of_the_reference() {
    let Some(name) = adapter() else { return };
    let small = Small::new(|text| text);
    let device = format!("gpu:{name}");
    let mut command = saltus();
    command
        .arg("energy")
        .arg(&small.input)
        .args(["--json", "--device", &device]);
    let report = json(&command.output().unwrap());
    let reference = report["potential_energy_kj_per_mol"].as_f64().unwrap();
    let found = report["device"]["potential_energy_kj_per_mol"]
        .as_f64()
        .unwrap();
    assert!((found - reference).abs() < 0.02, "{found} {reference}");
    let deviation = report["device"]["rms_force_deviation_kj_per_mol_per_nm"]
        .as_f64()
        .unwrap();
    assert!(deviation < 0.05, "{deviation}");
}

/// The same cycle with a kernel that needs the host comes back between kernels; this one stays, and is stopped and resumed.
#[test]
fn cycles_that_stay_on_the_device_resume_to_the_same_bits() {
    let Some(name) = adapter() else { return };
    let sampler = "  - hmc: {steps: 4, timestep_fs: 1.0, jitter: 0.5}\n  - torsion: {repeats: 2}\n  - torsion_leap: {repeats: 2}\n";
    let edit = |text: String| {
        let start = text.find("  - langevin").unwrap();
        let end = text.find("run:").unwrap();
        format!("{}{sampler}{}", &text[..start], &text[end..])
    };
    let device = format!("gpu:{name}");
    let run = |small: &Small, arguments: &[&str]| {
        let output = small
            .run()
            .args(["--device", &device, "--json"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        json(&output)
    };
    let (whole, stopped) = (Small::new(edit), Small::new(edit));
    let report = run(&whole, &[]);
    run(&stopped, &["--cycles", "31"]);
    run(&stopped, &["--resume"]);
    assert_eq!(frames(&whole.output), frames(&stopped.output));
    let kernel = &report["kernels"][0];
    assert_eq!(kernel["name"], "gpu_cycle");
    assert_eq!(
        (&report["exact"], &kernel["children"][1]["name"]),
        (&true.into(), &"torsion".into())
    );
    assert_eq!(kernel["children"][0]["proposed"], 60 * 2);
    assert_eq!(kernel["children"][2]["name"], "torsion_leap");
    for moves in [1, 2] {
        let moves = &kernel["children"][moves];
        assert_eq!(moves["proposed"], 60 * 2 * 2);
        assert!(moves["accepted"].as_u64().unwrap() > 0, "{moves}");
    }
}
