//! Processes that are killed, and disks that fill up, while frames are written.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use saltus::trajectory::{Checkpoint, Reader, TrajectoryError, Writer};

use super::sample;

const CHILD_DIRECTORY: &str = "SALTUS_TEST_CHILD_DIRECTORY";
const N_FRAMES: usize = 5000;

/// Not a test of its own: the process that the tests below start, kill or starve. Does nothing when run by hand.
#[test]
fn child_process() {
    let Some(directory) = env::var_os(CHILD_DIRECTORY) else {
        return;
    };
    let directory = Path::new(&directory);
    let (path, checkpoint) = (directory.join("t.h5"), directory.join("checkpoint.bin"));
    let mut writer = Writer::create(&path, &sample::header(true), true).unwrap();
    println!("\nstarted");
    for index in 0.. {
        if index % 600 == 599 {
            writer.flush().unwrap();
            let checkpoint_now = Checkpoint {
                cycle: index as u64,
                writers: vec![writer.progress()],
                ..Checkpoint::default()
            };
            checkpoint_now.save(&checkpoint).unwrap();
        }
        if let Err(error) = writer.append(sample::frame(index, true)) {
            let TrajectoryError::DiskFull { .. } = error else {
                panic!("expected a full disk: {error}");
            };
            println!("full after {}", writer.progress().n_frames_on_disk);
            return;
        }
    }
}

fn child(directory: &Path, shell_prefix: &str) -> Child {
    let program = env::current_exe().unwrap();
    let script = format!(
        "{shell_prefix} exec '{}' --exact kill::child_process --nocapture",
        program.display()
    );
    Command::new("sh")
        .args(["-c", &script])
        .env(CHILD_DIRECTORY, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_killed_run_leaves_a_readable_file_and_resumes_to_the_same_bits() {
    let expected = sample::frames(N_FRAMES, true);
    for trial in 0..10 {
        let directory = tempfile::tempdir().unwrap();
        let mut child = child(directory.path(), "");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while lines.next().unwrap().unwrap() != "started" {}
        let milliseconds = 40.0 + 400.0 * sample::noise(trial, 4);
        thread::sleep(Duration::from_secs_f64(milliseconds / 1000.0));
        child.kill().unwrap();
        child.wait().unwrap();

        let path = directory.path().join("t.h5");
        let found = sample::read(&path);
        sample::assert_same(&found, &sample::frames(found.len(), true));
        let mut progress = Default::default();
        if let Ok(checkpoint) = Checkpoint::load(&directory.path().join("checkpoint.bin")) {
            progress = checkpoint.writers.into_iter().next().unwrap();
        }
        assert!(found.len() >= progress.n_frames_on_disk, "trial {trial}");
        println!(
            "trial {trial}: killed after {milliseconds:.0} ms, {} frames",
            found.len()
        );
        let n = N_FRAMES.max(progress.n_frames_on_disk + progress.pending.len());
        sample::resume_to(&path, progress, n);
        sample::assert_same(&sample::read(&path)[..N_FRAMES], &expected);
    }
}

/// The shell's limit on file sizes stands in for a full disk; with its signal ignored, writes fail as on a full one.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_that_leaves_the_file_readable() {
    for kilobytes in [300, 401, 777, 1500] {
        let directory = tempfile::tempdir().unwrap();
        let limit = format!("trap '' XFSZ; ulimit -f {};", 2 * kilobytes);
        let output = child(directory.path(), &limit).wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{output:?}");
        let full = text
            .lines()
            .find_map(|line| line.strip_prefix("full after "));
        let n: usize = full.unwrap().parse().unwrap();
        let found = sample::read(&directory.path().join("t.h5"));
        sample::assert_same(&found, &sample::frames(n, true));
        let size = fs::metadata(directory.path().join("t.h5")).unwrap().len();
        assert!(size <= kilobytes * 1024);
        println!("{kilobytes} KiB: {n} frames in {size} bytes");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_room_for_the_header_is_an_error_that_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let output = child(directory.path(), "trap '' XFSZ; ulimit -f 1;")
        .wait_with_output()
        .unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("DiskFull"), "{text}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn devices_are_neither_written_nor_read() {
    let error = Writer::create(Path::new("/dev/null"), &sample::header(true), true).unwrap_err();
    assert!(matches!(error, TrajectoryError::Exists { .. }), "{error}");
    assert!(Reader::open(Path::new("/dev/null")).is_err());
}
