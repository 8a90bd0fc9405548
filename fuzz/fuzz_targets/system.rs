//! Serialized OpenMM Systems, the expressions of their custom forces included.
#![no_main]

use saltus::forcefield::openmm_system;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Err(error) = openmm_system::read_str(text, "fuzzed.xml") {
        assert!(!error.to_string().is_empty());
    }
});
