//! What no observable shows and analysis looks at all the same: cis and trans, handedness, rotors.

use saltus::trajectory::{Reader, Writer};

use super::support::{analyze_json, find, home_with_run, saltus, trajectories};

#[test]
fn trans_alone_before_a_proline_is_not_converged() {
    let home = home_with_run("ACE-PRO-NME", 60);
    let report = analyze_json(home.path(), &["run"]);
    let row = find(&report["observables"], "name", "omega_1_cis");
    assert_eq!(row["mean"], 0.0);
    let why = row["not_converged"].as_str().unwrap();
    assert!(why.contains("always 0"), "{why}");
    let bond = &report["hidden"]["peptide_bonds"][0];
    assert_eq!(
        (&bond["before"], &bond["cis_share"], &bond["transitions"]),
        (&"PRO 2".into(), &0.0.into(), &0.into())
    );
    let assert = saltus(home.path()).args(["analyze", "run"]).assert();
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    let line = "peptide bond omega_1 before PRO 2: 0.00 % cis, 0 changes between cis and trans";
    assert!(text.contains(line), "{text}");
    // Its ring holds phi on one side: that is no lack of convergence.
    assert!(!text.contains("phi_2_positive"), "{text}");
}

#[test]
fn a_chain_of_mirror_images_is_named() {
    let home = home_with_run("ACE-ALA-NME", 60);
    let faults = || {
        let report = analyze_json(home.path(), &["run"]);
        let faults = report["hidden"]["faults"].as_array().unwrap().clone();
        let names = faults
            .iter()
            .map(|fault| fault["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<String>>()
    };
    let of_centre = "handedness CA_2".to_owned();
    assert!(!faults().contains(&of_centre));
    mirror(&trajectories(&home.path().join("run"))[1]);
    assert!(faults().contains(&of_centre));
    let assert = saltus(home.path()).args(["analyze", "run"]).assert();
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(text.contains("NOT CONVERGED: chains differ in"), "{text}");
}

/// Turns all frames of a trajectory into their mirror images.
fn mirror(path: &std::path::Path) {
    let reader = Reader::open(path).unwrap();
    let header = reader.header().unwrap().clone();
    let frames = reader.read_frames(0..reader.n_frames()).unwrap();
    let beside = path.with_extension("mirrored");
    let mut writer = Writer::create(&beside, &header, false).unwrap();
    for mut frame in frames {
        for z in frame.positions.iter_mut().skip(2).step_by(3) {
            *z = -*z;
        }
        writer.append(frame).unwrap();
    }
    writer.finish().unwrap();
    std::fs::rename(beside, path).unwrap();
}
