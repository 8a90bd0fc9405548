//! Input files of `saltus run`: parsed, checked, and every fault located in the text and explained.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Err(message) = saltus::cli::check_input(text) {
        assert!(!message.is_empty());
    }
});
