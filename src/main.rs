//! The `saltus` program. Everything it does is in the library's `cli` module.

use std::process::ExitCode;

fn main() -> ExitCode {
    quiet_mesa();
    survive_file_size_limits();
    saltus::cli::main()
}

/// Mesa's layer that chooses between adapters looks for a desktop session and complains on stderr where there is none.
/// We choose by ourselves.
#[expect(
    unsafe_code,
    reason = "the variable must be there before the Vulkan loader is"
)]
fn quiet_mesa() {
    // SAFETY: the program has a single thread here.
    unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
}

/// A file beyond `ulimit -f` shall be an error that is reported, not a signal that ends the program without a word.
#[cfg(unix)]
#[expect(
    unsafe_code,
    reason = "the standard library has no other way to ignore a signal"
)]
fn survive_file_size_limits() {
    // SAFETY: ignoring a signal installs no handler, and the program has a single thread here.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

#[cfg(not(unix))]
fn survive_file_size_limits() {}
