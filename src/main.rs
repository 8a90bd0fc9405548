//! The `saltus` program. Everything it does is in the library's `cli` module.

use std::process::ExitCode;

fn main() -> ExitCode {
    quiet_mesa();
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
