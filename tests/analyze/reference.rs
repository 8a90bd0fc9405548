//! Comparison with a reference: the same ensemble agrees, a planted bias is exposed, whatever form the reference has.

use saltus::analysis::dihedral_rad;
use saltus::topology::{TorsionKind, named_torsions};
use saltus::trajectory::Reader;

use super::support::{
    analyze_json, find, home_with_run, rewrite, run, run_for, saltus, trajectories,
};

#[test]
fn a_planted_bias_is_exposed_and_an_honest_sample_is_not() {
    let home = tempfile::tempdir().unwrap();
    run_for(home.path(), "run", "ACE-ALA-NME", 1500, 100);
    let all = home.path().join("run");
    saltus(home.path())
        .args(["analyze", "run", "--save-summary", "reference.json"])
        .assert()
        .success();

    // A sampler that mostly refuses stretched backbones: nineteen of twenty of those frames are lost.
    let topology = Reader::open(&trajectories(&all)[0])
        .unwrap()
        .topology()
        .clone();
    let psi = named_torsions(&topology)
        .into_iter()
        .find(|torsion| torsion.kind == TorsionKind::Psi)
        .unwrap()
        .atoms;
    rewrite(&all, &home.path().join("biased"), |index, frame| {
        dihedral_rad(&frame.positions, psi).cos() > -0.2 || index % 20 == 0
    });
    rewrite(&all, &home.path().join("honest"), |index, _| index % 2 == 0);

    for reference in ["reference.json", "run"] {
        let honest = analyze_json(home.path(), &["honest", "--reference", reference]);
        let honest = &honest["reference"];
        assert_eq!(honest["biased"], false, "{honest}");
        let biased = analyze_json(home.path(), &["biased", "--reference", reference]);
        let biased = &biased["reference"];
        assert_eq!(biased["biased"], true, "{biased}");
        assert_eq!(find(&biased["means"], "name", "cos_psi_2")["flagged"], true);
        for (quantity, kind) in [
            ("psi_2", "jensen_shannon"),
            ("phi_2,psi_2", "jensen_shannon"),
            ("psi_2", "wasserstein2"),
            ("all torsions", "wasserstein2"),
        ] {
            let of = |comparison| {
                find(comparison, "quantity", quantity)[kind]
                    .as_f64()
                    .unwrap()
            };
            let (near, far) = (of(&honest["distances"]), of(&biased["distances"]));
            assert!(far > 1.5 * near, "{quantity} {kind}: {near} {far}");
        }
    }
    let assert = saltus(home.path())
        .args(["analyze", "biased", "--reference", "reference.json"])
        .assert()
        .success();
    let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    assert!(
        text.contains("reference: reference.json; 4 chains of 1500 frames; 500 K"),
        "{text}"
    );
    assert!(text.contains("differs: biased, or not converged"), "{text}");
}

#[test]
fn an_ensemble_is_at_no_distance_from_itself() {
    let home = home_with_run("ACE-LYS-NME", 100);
    let report = analyze_json(home.path(), &["run", "--reference", "run"]);
    for row in report["reference"]["means"].as_array().unwrap() {
        assert_eq!(row["z"], 0.0, "{row}");
    }
    for row in report["reference"]["distances"].as_array().unwrap() {
        // Samples of torsions are kept to a tenth of a degree.
        for kind in ["jensen_shannon", "wasserstein2"] {
            assert!(row[kind].as_f64().unwrap_or(0.0) < 5e-3, "{row}");
        }
    }
}

#[test]
fn a_reference_of_another_molecule_or_format_is_refused() {
    let home = home_with_run("ACE-ALA-NME", 20);
    run(home.path(), "other", "ACE-GLY-NME", 20);
    std::fs::write(home.path().join("wrong.json"), "{}").unwrap();
    for (reference, expected) in [
        (
            "other",
            "is of another molecule: ACE 1, GLY 2, NME 3, but the trajectories are of ACE 1, ALA 2, NME 3",
        ),
        ("wrong.json", "wrong.json is not a summary: missing field"),
        ("absent.json", "cannot read the reference absent.json"),
    ] {
        let assert = saltus(home.path())
            .args(["analyze", "run", "--reference", reference])
            .assert()
            .code(2);
        let message = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(message.contains(expected), "{message}");
    }
}
