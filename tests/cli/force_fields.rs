//! Every built-in force field through the program: energies with their terms, names that mean the same, a run and its analysis.

use serde_json::Value;

use super::support::{Small, saltus};

/// `saltus energy --json` of a peptide in a force field.
fn energy(force_field: &str) -> Value {
    let system = format!(
        "system: {{sequence: ACE-ALA-LEU-NME, force_field: {force_field}, minimize: false}}"
    );
    let small = Small::new(|text| text.replace("system: {sequence: ACE-ALA-NME}", &system));
    let assert = saltus()
        .args(["energy", "--json"])
        .arg(&small.input)
        .assert()
        .success();
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

#[test]
fn maps_are_a_term_of_their_own_where_there_are_some() {
    let term = |report: &Value, name: &str| report["terms_kj_per_mol"][name].as_f64();
    let total = |report: &Value| report["potential_energy_kj_per_mol"].as_f64().unwrap();
    let old = energy("amber14");
    assert_eq!(term(&old, "cmap"), None);
    for same in ["ff14SB", "[amber14]", "[ff14SB, phosaa14SB]"] {
        assert_eq!(
            total(&energy(same)).to_bits(),
            total(&old).to_bits(),
            "{same}"
        );
    }
    let mapped = energy("ff19SB");
    assert!(term(&mapped, "cmap").unwrap().abs() > 0.1);
    let terms = mapped["terms_kj_per_mol"].as_object().unwrap();
    let sum: f64 = terms.values().map(|value| value.as_f64().unwrap()).sum();
    assert!((sum - total(&mapped)).abs() < 1e-9);
    assert_eq!(total(&energy("[ff19SB, phosaa19SB]")), total(&mapped));
    let mut totals: Vec<f64> = ["ff15ipq", "ff14SBonlysc", "amber99sbildn"]
        .map(|name| total(&energy(name)))
        .to_vec();
    totals.extend([total(&old), total(&mapped)]);
    totals.sort_by(f64::total_cmp);
    assert!(
        totals.windows(2).all(|pair| pair[1] - pair[0] > 0.1),
        "{totals:?}"
    );
}

#[test]
fn a_peptide_with_maps_is_run_resumed_and_analysed() {
    let small = Small::new(|text| {
        text.replace(
            "{sequence: ACE-ALA-NME}",
            "{sequence: ACE-ALA-NME, force_field: ff19SB}",
        )
        .replace(
            "sampler:\n",
            "sampler:\n  - hmc: {steps: 5, timestep_fs: 1.0}\n  - torsion_leap: {repeats: 1}\n",
        )
    });
    small.run().assert().success();
    small
        .run()
        .args(["--resume", "--cycles", "90"])
        .assert()
        .success();
    let table = saltus().arg("energy").arg(&small.input).assert().success();
    let table = String::from_utf8(table.get_output().stdout.clone()).unwrap();
    assert!(table.contains("\ncmap "), "{table}");
    let report = small.home.path().join("report");
    saltus()
        .args(["analyze", "--json", "-o"])
        .arg(&report)
        .arg(&small.output)
        .assert()
        .success();
}
