//! Numbers and names beyond what a machine can do are refused at once, with the figure: no panic, no gigabytes, no silent death.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use crate::support::{Small, saltus};

/// What the program may take for a refusal on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(10);

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn refused_at_once(call: &mut assert_cmd::Command) -> String {
    let start = Instant::now();
    let output = call.output().unwrap();
    let message = stderr(&output);
    assert!(
        start.elapsed() < AT_ONCE,
        "{:?}: {message}",
        start.elapsed()
    );
    assert_eq!(output.status.code(), Some(2), "{message}");
    message
}

#[test]
fn more_replicas_than_memory_are_refused_with_the_figure() {
    let small = Small::new(|text| text.replace("replicas: 2", "replicas: 100000000"));
    for dry in [false, true] {
        let mut call = small.run();
        if dry {
            call.arg("--dry-run");
        }
        let message = refused_at_once(&mut call);
        assert!(
            message.contains("error: 100000000 replicas of 22 atoms take at least ")
                && message.contains("GiB, but this machine has ")
                && message.contains("of memory left\n  help: "),
            "{message}"
        );
        assert!(!small.output.exists());
    }
}

#[test]
fn more_chains_or_draws_than_memory_are_refused() {
    let small = Small::new(|text| text);
    let most = usize::MAX.to_string();
    let message = refused_at_once(
        saltus()
            .args(["bench", "--chains", &most])
            .arg(&small.input),
    );
    assert!(message.contains("--chains: got "), "{message}");
    let message = refused_at_once(
        saltus()
            .args(["bench", "--chains", "90000000"])
            .arg(&small.input),
    );
    assert!(message.contains("of memory left"), "{message}");
    for draws in [most.as_str(), "90000000000"] {
        let message = refused_at_once(saltus().args(["generate", "-n", draws]).arg(&small.input));
        assert!(message.contains("of memory left"), "{message}");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_whose_name_is_no_text_is_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let small = Small::new(|text| text);
    let name = small.home.path().join(OsStr::from_bytes(b"out\xff"));
    let message = refused_at_once(
        saltus()
            .arg("run")
            .arg(&small.input)
            .arg("--output")
            .arg(&name),
    );
    assert!(message.contains("the name is not valid UTF-8"), "{message}");
    assert!(!Path::new(&name).exists());
    // The name of an input file is only shown.
    let input = small.home.path().join(OsStr::from_bytes(b"in\xff.yaml"));
    fs::copy(&small.input, &input).unwrap();
    let output = saltus().arg("energy").arg(&input).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

#[cfg(unix)]
#[test]
fn a_limit_of_file_sizes_is_an_error_and_no_silent_death() {
    let small = Small::new(|text| text.replace("cycles: 60", "cycles: 6000"));
    let program = assert_cmd::cargo::cargo_bin!("saltus");
    let script = format!(
        "ulimit -f 60; exec '{}' run '{}' --output '{}'",
        program.display(),
        small.input.display(),
        small.output.display()
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    let message = stderr(&output);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{:?}: {message}",
        output.status
    );
    assert!(message.contains("File too large"), "{message}");
}
