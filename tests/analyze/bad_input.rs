//! Every fault of a trajectory has its message, word for word, and does not keep the others from being analysed.
//!
//! `SALTUS_BLESS=1 cargo test --release --test analyze` writes the messages anew; read the difference before committing it.

use std::fs;
use std::path::Path;

use super::support::{home_with_run, rewrite, run, saltus, trajectories};

/// Compares what was said with the golden message.
fn check(home: &Path, name: &str, arguments: &[&str], code: i32) {
    let output = saltus(home)
        .arg("analyze")
        .args(arguments)
        .output()
        .unwrap();
    let got = String::from_utf8(output.stderr).unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/report")
        .join(format!("{name}.txt"));
    if std::env::var_os("SALTUS_BLESS").is_some() {
        fs::write(&golden, &got).unwrap();
    }
    assert_eq!(
        got,
        fs::read_to_string(&golden).unwrap_or_default(),
        "{name}"
    );
    assert_eq!(output.status.code(), Some(code), "{name}: {got}");
}

#[test]
fn faulty_files_are_named_and_the_others_analysed() {
    let home = home_with_run("ACE-ALA-NME", 20);
    let path = home.path();
    run(path, "other", "ACE-GLY-NME", 20);
    let whole = fs::read(path.join("run/trajectory_0001.h5")).unwrap();
    fs::write(path.join("cut.h5"), &whole[..whole.len() / 2]).unwrap();
    fs::write(path.join("text.h5"), "not a trajectory").unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/trajectory");
    fs::copy(data.join("mdanalysis.h5md"), path.join("plain.h5md")).unwrap();
    rewrite(&path.join("run"), &path.join("short"), |index, _| index < 3);
    fs::create_dir(path.join("empty")).unwrap();
    for (name, file) in [
        ("other-molecule", "other/trajectory_0000.h5"),
        ("text", "text.h5"),
        ("no-topology", "plain.h5md"),
        ("missing-file", "nowhere.h5"),
        ("too-few-frames", "short/trajectory_0000.h5"),
        ("empty-folder", "empty"),
    ] {
        check(path, name, &["run", file], 1);
    }
    check(path, "nothing-left", &["text.h5", "nowhere.h5"], 1);
    check(path, "burn-in-too-long", &["run", "--burn-in", "18"], 1);

    let output = saltus(path)
        .args(["analyze", "run", "cut.h5", "--json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("cut.h5 is truncated"), "{message}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["n_chains"], 4);
    assert!(report["faults"][0].as_str().unwrap().contains("cut.h5"));
}

#[test]
fn a_frame_that_is_no_number_is_named() {
    let home = home_with_run("ACE-ALA-NME", 20);
    let path = home.path();
    fs::create_dir(path.join("spoiled")).unwrap();
    let source = trajectories(&path.join("run"))[0].clone();
    let reader = saltus::trajectory::Reader::open(&source).unwrap();
    let target = path.join("spoiled/trajectory_0000.h5");
    let mut writer =
        saltus::trajectory::Writer::create(&target, reader.header().unwrap(), false).unwrap();
    for (index, mut frame) in reader.read_frames(0..20).unwrap().into_iter().enumerate() {
        if index == 7 {
            frame.positions[5] = f32::NAN;
        }
        writer.append(frame).unwrap();
    }
    writer.finish().unwrap();
    check(path, "not-a-number", &["run", "spoiled"], 1);
}
