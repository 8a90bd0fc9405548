//! The adapter that tests run on, shared with the conformance suite and the tests of Timewarp.

use saltus::gpu::{AdapterKind, Choice, adapters};
use std::io::Write;
use std::sync::OnceLock;

/// The adapter that the tests run on: a real GPU, else software; `None` (said aloud) where there is none.
///
/// # Panics
/// Where there is none although one is required.
pub(crate) fn choice() -> Option<Choice> {
    static NAME: OnceLock<Option<String>> = OnceLock::new();
    let name = NAME.get_or_init(|| {
        // Before any thread asks for an adapter: silences a warning of Mesa's device selection.
        let found = adapters();
        let name = found.first().map(|adapter| adapter.name.clone());
        let required = ["CI", "SALTUS_REQUIRE_GPU"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
        assert!(
            name.is_some() || !required,
            "no Vulkan adapter, but CI or SALTUS_REQUIRE_GPU is set"
        );
        let verdict = match found.first() {
            Some(adapter) => format!("GPU tests run on {} ({})\n", adapter.name, adapter.kind),
            None => "SKIPPED: no Vulkan adapter, nothing of the GPU engine is tested\n".to_owned(),
        };
        // Not through print!, which the test harness would swallow.
        std::io::stderr().write_all(verdict.as_bytes()).unwrap();
        name
    });
    name.clone().map(Choice::Named)
}

/// Whether the tests' adapter is the CPU in disguise, where sizes must stay small.
#[allow(dead_code, reason = "not every test that shares this file asks")]
pub(crate) fn on_software() -> bool {
    adapters()
        .first()
        .is_some_and(|adapter| adapter.kind == AdapterKind::Software)
}
