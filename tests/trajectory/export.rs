//! Exported files, checked here by their structure and by `molly`; MDTraj checks them in check_trajectory.py.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use saltus::trajectory::export::{ExportFormat, export};
use saltus::trajectory::{Reader, TrajectoryError};

use super::sample;

/// Exports 300 sample frames beside SALTUS_SAMPLE_DIR's trajectories, else to a temporary folder.
fn exported(name: &str, check: impl FnOnce(&Path)) {
    let temporary = tempfile::tempdir().unwrap();
    let source = temporary.path().join("t.h5");
    sample::write(&source, 300, true);
    let directory = std::env::var_os("SALTUS_SAMPLE_DIR");
    let directory = directory.as_ref().map_or(temporary.path(), Path::new);
    let path = directory.join(name);
    let reader = Reader::open(&source).unwrap();
    let exported = export(
        &reader,
        &path,
        NonZeroUsize::MIN,
        true,
        &mut sample::write_pdb_model,
    )
    .unwrap();
    assert_eq!((exported.n_frames, exported.n_moved), (300, 0));
    check(&path);
}

#[test]
fn pdb_has_one_model_a_frame() {
    exported("export.pdb", |path| {
        let text = fs::read_to_string(path).unwrap();
        let count = |record: &str| text.lines().filter(|line| line.starts_with(record)).count();
        assert_eq!(count("MODEL"), 300);
        assert_eq!(count("ENDMDL"), 300);
        assert_eq!(count("ATOM"), 3300);
        assert_eq!(count("REMARK"), 1);
        assert!(text.ends_with("ENDMDL\nEND\n"));
    });
}

#[test]
fn dcd_has_the_records_of_the_format() {
    exported("export.dcd", |path| {
        let bytes = fs::read(path).unwrap();
        let int = |at: usize| i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!((int(0), &bytes[4..8], int(8)), (84, &b"CORD"[..], 300));
        assert_eq!((int(12), int(16), int(88)), (1000, 50, 84));
        let head = 92 + 92 + 12;
        assert_eq!(int(head - 8), 11);
        assert_eq!(bytes.len(), head + 300 * 3 * (8 + 44));
        let y_of_first = f32::from_le_bytes(bytes[head + 56..head + 60].try_into().unwrap());
        assert_eq!(y_of_first, sample::frame(0, false).positions[1] * 10.0);
    });
}

#[test]
fn xtc_comes_back_to_its_precision() {
    exported("export.xtc", |path| {
        let frames = molly::XTCReader::open(path)
            .unwrap()
            .read_all_frames()
            .unwrap();
        assert_eq!(frames.len(), 300);
        for (index, got) in frames.iter().enumerate() {
            let expected = sample::frame(index, false);
            assert_eq!(u64::from(got.step), expected.step);
            for (x, y) in got.positions.iter().zip(&expected.positions) {
                assert!((x - y).abs() < 0.000_501, "{x} {y}");
            }
        }
    });
}

#[test]
fn formats_follow_the_ending() {
    assert_eq!(
        ExportFormat::from_path(Path::new("A.XTC")).unwrap(),
        ExportFormat::Xtc
    );
    let error = ExportFormat::from_path(Path::new("a.trr")).unwrap_err();
    assert!(error.to_string().contains(".pdb, .dcd, .xtc"), "{error}");
}

#[test]
fn nothing_is_overwritten_unasked() {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("t.h5");
    sample::write(&source, 1, false);
    let target = directory.path().join("t.dcd");
    fs::write(&target, "precious").unwrap();
    let reader = Reader::open(&source).unwrap();
    let result = export(
        &reader,
        &target,
        NonZeroUsize::MIN,
        false,
        &mut sample::write_pdb_model,
    );
    assert!(matches!(result, Err(TrajectoryError::Exists { .. })));
    assert_eq!(fs::read(&target).unwrap(), b"precious");
}

/// A trajectory whose frames drift away, from `first_nm` on by a nanometre a frame.
fn far_away(path: &Path, first_nm: f32) {
    let header = sample::header(false);
    let mut writer = saltus::trajectory::Writer::create(path, &header, false).unwrap();
    for index in 0..20 {
        let mut frame = sample::frame(index, false);
        for x in &mut frame.positions {
            *x += first_nm + index as f32;
        }
        writer.append(frame).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn no_place_is_too_far_to_be_exported() {
    let directory = tempfile::tempdir().unwrap();
    for (first_nm, n_moved) in [(0.0, 0), (-120.0, 20), (995.0, 20), (1e5, 20), (3e6, 20)] {
        let source = directory.path().join("far.h5");
        if source.exists() {
            fs::remove_file(&source).unwrap();
        }
        far_away(&source, first_nm);
        let reader = Reader::open(&source).unwrap();
        for ending in ["pdb", "dcd", "xtc"] {
            let target = directory.path().join(format!("far.{ending}"));
            let model = &mut saltus::topology::pdb::write;
            let exported = export(&reader, &target, NonZeroUsize::MIN, true, model);
            let exported = exported.unwrap_or_else(|error| panic!("{first_nm} nm: {error}"));
            assert_eq!(
                (exported.n_frames, exported.n_moved),
                (20, n_moved),
                "{first_nm} nm, {ending}"
            );
        }
        let xtc = directory.path().join("far.xtc");
        let frames = molly::XTCReader::open(&xtc)
            .unwrap()
            .read_all_frames()
            .unwrap();
        assert!(
            frames
                .iter()
                .all(|frame| frame.positions.iter().all(|x| x.abs() < 100.0))
        );
    }
}
