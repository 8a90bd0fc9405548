//! What is written is read back, resumed and bounded in memory and file handles.

use std::fs;
use std::path::Path;

use saltus::state::Frame;
use saltus::trajectory::{Reader, TrajectoryError, Writer, WriterProgress, WriterSet};

use super::sample;

#[test]
fn frames_and_header_come_back_bit_for_bit() {
    for velocities in [false, true] {
        for n in [1, 255, 256, 700] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("t.h5");
            sample::write(&path, n, velocities);
            sample::assert_same(&sample::read(&path), &sample::frames(n, velocities));
            let reader = Reader::open(&path).unwrap();
            assert_eq!(reader.header(), Some(&sample::header(velocities)));
            assert_eq!(reader.topology(), &sample::topology());
        }
    }
}

/// Writes files for tests/python/check_trajectory.py where SALTUS_SAMPLE_DIR says so, else to a temporary folder.
#[test]
fn sample_for_other_readers() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = std::env::var_os("SALTUS_SAMPLE_DIR");
    let directory = directory.as_ref().map_or(temporary.path(), Path::new);
    let mut pdb = Vec::new();
    let origin = vec![[0.0; 3]; 11];
    sample::write_pdb_model(&mut pdb, &sample::topology(), &origin).unwrap();
    let header = sample::header(true);
    let mut set = WriterSet::create(directory, &header, &[300.0, 400.0], &pdb, true).unwrap();
    for frame in sample::frames(300, true) {
        set.append(0, frame.clone()).unwrap();
        set.append(1, frame).unwrap();
    }
    let paths = set.paths();
    set.finish().unwrap();
    let reader = Reader::open(&paths[1]).unwrap();
    let header = reader.header().unwrap();
    assert_eq!((header.replica, header.temperature_kelvin), (1, 400.0));
}

#[test]
fn blocks_and_single_quantities_agree() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.h5");
    sample::write(&path, 300, true);
    let reader = Reader::open(&path).unwrap();
    let all = sample::frames(300, true);
    let blocks: Vec<Frame> = reader.blocks(77).flat_map(Result::unwrap).collect();
    sample::assert_same(&blocks, &all);
    assert_eq!(reader.read_steps(5..7).unwrap(), [1250, 1300]);
    assert_eq!(
        reader.read_potential_energies(299..300).unwrap(),
        [all[299].potential_energy_kj_per_mol]
    );
    assert_eq!(reader.read_positions(3..4).unwrap(), all[3].positions);
    let acceptance = reader.read_acceptance(0..2).unwrap();
    assert!(acceptance[0].is_nan() && acceptance[3] == all[1].acceptance[1]);
    assert!(matches!(
        reader.read_frames(299..301),
        Err(TrajectoryError::OutOfRange { n_frames: 300, .. })
    ));
}

#[test]
fn a_resumed_file_equals_an_uninterrupted_one() {
    for (at, beyond) in [(0, 10), (100, 300), (256, 256), (300, 900), (513, 40)] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("t.h5");
        let mut writer = Writer::create(&path, &sample::header(true), false).unwrap();
        for index in 0..at {
            writer.append(sample::frame(index, true)).unwrap();
        }
        writer.flush().unwrap();
        let progress = writer.progress();
        for index in at..at + beyond {
            writer.append(sample::frame(index + 5000, true)).unwrap();
        }
        // A run that ended wrote its partial chunk too; resuming must take that back.
        writer.finish().unwrap();
        sample::resume_to(&path, progress, 1000);
        sample::assert_same(&sample::read(&path), &sample::frames(1000, true));
    }
}

#[test]
fn a_finished_file_can_be_continued_from_the_middle_of_a_chunk() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.h5");
    sample::write(&path, 300, true);
    let progress = WriterProgress {
        n_frames_on_disk: 300,
        pending: Vec::new(),
    };
    sample::resume_to(&path, progress, 600);
    sample::assert_same(&sample::read(&path), &sample::frames(600, true));
}

#[test]
fn resuming_a_file_that_lost_frames_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.h5");
    sample::write(&path, 300, true);
    let progress = WriterProgress {
        n_frames_on_disk: 512,
        pending: Vec::new(),
    };
    let error = Writer::resume(&path, progress).unwrap_err();
    assert!(matches!(
        error,
        TrajectoryError::Resume {
            got: 300,
            expected: 512,
            ..
        }
    ));
}

#[test]
fn nothing_is_overwritten_unasked() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.h5");
    fs::write(&path, "precious").unwrap();
    let error = Writer::create(&path, &sample::header(false), false).unwrap_err();
    assert!(error.to_string().contains("--force"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    drop(Writer::create(&path, &sample::header(false), true).unwrap());
    assert_eq!(Reader::open(&path).unwrap().n_frames(), 0);

    fs::write(directory.path().join("trajectory_0007.h5"), "precious").unwrap();
    let temperatures = [300.0; 2];
    let error = WriterSet::create(
        directory.path(),
        &sample::header(false),
        &temperatures,
        b"",
        false,
    );
    assert!(matches!(error, Err(TrajectoryError::Exists { .. })));
    assert!(!directory.path().join("trajectory_0000.h5").exists());
}

#[test]
fn overwriting_leaves_nothing_of_a_former_run() {
    let directory = tempfile::tempdir().unwrap();
    let create = |n: usize| {
        let temperatures = vec![300.0; n];
        let header = sample::header(false);
        WriterSet::create(directory.path(), &header, &temperatures, b"END\n", true).unwrap()
    };
    create(3).finish().unwrap();
    create(1).finish().unwrap();
    let mut names: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["topology.pdb", "trajectory_0000.h5"]);
}

#[test]
fn frames_of_another_shape_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.h5");
    let mut writer = Writer::create(&path, &sample::header(false), false).unwrap();
    let with_velocities = sample::frame(0, true);
    let mut short = sample::frame(0, false);
    short.positions.pop();
    let mut no_acceptance = sample::frame(0, false);
    no_acceptance.acceptance.clear();
    for frame in [with_velocities, short, no_acceptance] {
        assert!(matches!(
            writer.append(frame),
            Err(TrajectoryError::Frame { .. })
        ));
    }
    assert_eq!(writer.n_frames(), 0);
}

#[test]
fn a_run_without_kernels_or_velocities_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.h5");
    let mut header = sample::header(false);
    header.kernel_names.clear();
    let mut writer = Writer::create(&path, &header, false).unwrap();
    let mut frame = sample::frame(0, false);
    frame.acceptance.clear();
    writer.append(frame.clone()).unwrap();
    writer.finish().unwrap();
    sample::assert_same(&sample::read(&path), &[frame]);
}

#[cfg(target_os = "linux")]
#[test]
fn many_replicas_need_few_file_handles() {
    let directory = tempfile::tempdir().unwrap();
    let n_handles = || fs::read_dir("/proc/self/fd").unwrap().count();
    let before = n_handles();
    let temperatures = [300.0; 200];
    let header = sample::header(false);
    let mut set = WriterSet::create(directory.path(), &header, &temperatures, b"", false).unwrap();
    for frame in sample::frames(260, false) {
        for replica in 0..set.n_replicas() {
            set.append(replica, frame.clone()).unwrap();
        }
    }
    set.flush().unwrap();
    // Other tests of this process open files too; 200 replicas would show as 400 handles.
    assert!(n_handles() < before + 100, "{} handles", n_handles());
    let progress = set.progress();
    drop(set);
    let set = WriterSet::resume(directory.path(), progress).unwrap();
    let paths = set.paths();
    set.finish().unwrap();
    sample::assert_same(&sample::read(&paths[199]), &sample::frames(260, false));
}

#[test]
fn a_file_being_written_can_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.h5");
    let mut writer = Writer::create(&path, &sample::header(false), false).unwrap();
    for frame in sample::frames(600, false) {
        writer.append(frame).unwrap();
    }
    writer.flush().unwrap();
    sample::assert_same(&sample::read(&path), &sample::frames(512, false));
}
