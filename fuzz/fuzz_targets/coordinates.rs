//! AMBER's coordinate files, text and classic NetCDF.
#![no_main]

use saltus::topology::inpcrd;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(coordinates) = inpcrd::from_bytes(bytes, "fuzzed.rst7") {
        let finite = |x: &f64| x.is_finite();
        assert!(coordinates.positions.as_flattened().iter().all(finite));
    }
});
