//! Files of other programs, in other units, damaged or not trajectories at all.

use std::fs;
use std::path::{Path, PathBuf};

use saltus::trajectory::{Reader, TrajectoryError};

use super::sample;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/trajectory")
        .join(name)
}

/// The committed files hold x = 0.1 * (frame + 1) + 0.01 * (3 * atom + axis) nm.
#[track_caller]
fn assert_ramp(reader: &Reader) {
    let positions = reader.read_positions(0..reader.n_frames()).unwrap();
    let per_frame = 3 * reader.n_atoms();
    assert_eq!(positions.len(), 4 * per_frame);
    for (index, &x) in positions.iter().enumerate() {
        let expected = 0.1 * (index / per_frame + 1) as f64 + 0.01 * (index % per_frame) as f64;
        assert!((f64::from(x) - expected).abs() < 1e-6, "{index}: {x}");
    }
}

#[test]
fn mdtraj_files_are_read() {
    let reader = Reader::open(&data("mdtraj.h5")).unwrap();
    assert_ramp(&reader);
    assert_eq!(reader.topology().label(1), "ALA 5 CA");
    assert_eq!(reader.topology().bonds, [[0, 1], [1, 2]]);
    assert_eq!(reader.topology().residues[1].chain, 'B');
    assert!(reader.header().is_none());
    let frames = reader.read_frames(0..4).unwrap();
    assert_eq!(frames[3].step, 3);
    assert!((frames[3].time_ps - 1.5).abs() < 1e-6);
    assert!(frames[0].potential_energy_kj_per_mol.is_nan() && frames[0].velocities.is_none());
}

#[test]
fn angstroms_and_kilocalories_are_converted() {
    let reader = Reader::open(&data("mdtraj_angstrom.h5")).unwrap();
    assert_ramp(&reader);
    let frames = reader.read_frames(0..4).unwrap();
    assert!((frames[2].potential_energy_kj_per_mol - 2.0 * 4.184).abs() < 1e-6);
    assert!((frames[3].time_ps - 1.5).abs() < 1e-6);
}

#[test]
fn plain_h5md_is_read_with_a_topology_from_elsewhere() {
    let path = data("mdanalysis.h5md");
    assert!(matches!(
        Reader::open(&path),
        Err(TrajectoryError::NoTopology { .. })
    ));
    let topology = Reader::open(&data("mdtraj.h5")).unwrap().topology().clone();
    assert_ramp(&Reader::open_with_topology(&path, topology).unwrap());
    assert!(matches!(
        Reader::open_with_topology(&path, sample::topology()),
        Err(TrajectoryError::Shape { .. })
    ));
}

#[test]
fn steps_and_times_at_a_fixed_interval_are_read() {
    let reader = Reader::open(&data("interval.h5")).unwrap();
    assert_ramp(&reader);
    assert_eq!(reader.read_steps(1..4).unwrap(), [150, 200, 250]);
    assert_eq!(reader.read_times_ps(2..4).unwrap(), [3000.0, 3500.0]);
    // Energies without a unit say nothing; the frames are read all the same.
    let frames = reader.read_frames(0..4).unwrap();
    assert!(
        frames
            .iter()
            .all(|frame| frame.potential_energy_kj_per_mol.is_nan())
    );
}

#[test]
fn unknown_units_are_an_error_that_names_them() {
    let error = Reader::open(&data("furlongs.h5")).unwrap_err();
    assert!(matches!(error, TrajectoryError::Unit { .. }));
    assert!(error.to_string().contains("`furlongs`"), "{error}");
}

#[test]
fn hdf5_without_a_trajectory_is_an_error_that_lists_what_is_there() {
    let error = Reader::open(&data("not_a_trajectory.h5")).unwrap_err();
    assert!(matches!(error, TrajectoryError::Foreign { .. }));
    assert!(error.to_string().contains("[weights]"), "{error}");
}

#[test]
fn files_that_are_not_hdf5_are_named_as_such() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.h5");
    for content in ["", "ATOM      1  N   ALA A   1"] {
        fs::write(&path, content).unwrap();
        let error = Reader::open(&path).unwrap_err();
        assert!(matches!(error, TrajectoryError::NotHdf5 { .. }), "{error}");
    }
    let missing = Reader::open(&directory.path().join("missing.h5")).unwrap_err();
    assert!(matches!(missing, TrajectoryError::Io { .. }), "{missing}");
}

#[test]
fn every_truncation_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.h5");
    sample::write(&path, 300, true);
    let whole = fs::read(&path).unwrap();
    for n in [8, 20, 60, 100, 2048, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..n]).unwrap();
        let error = Reader::open(&path).unwrap_err();
        assert!(
            matches!(error, TrajectoryError::Truncated { .. }),
            "{n}: {error}"
        );
    }
}

/// The chunks' checksums; what follows them in the file is the last chunk of positions.
#[test]
fn damaged_frames_are_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.h5");
    sample::write(&path, 700, true);
    let whole = fs::read(&path).unwrap();
    for at in (1000..8000).step_by(700) {
        let mut damaged = whole.clone();
        damaged[whole.len() - at] ^= 0x10;
        fs::write(&path, &damaged).unwrap();
        let reader = Reader::open(&path).unwrap();
        let error = reader.read_positions(512..700).unwrap_err();
        assert!(matches!(error, TrajectoryError::Storage { .. }), "{error}");
        assert!(error.to_string().contains("damaged"), "{error}");
    }
}
