//! Reads reference files and measures deviations.

use serde::de::DeserializeOwned;

/// Largest relative deviation that still counts as equal; the references hold about 1e-15.
pub(crate) const TOLERANCE: f64 = 1e-9;

/// A file of tests/data/analysis.
pub(crate) fn load<T: DeserializeOwned>(name: &str) -> T {
    let path = format!("{}/tests/data/analysis/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("reference file is committed");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// |got - expected| / max(1, |expected|)-like deviation: relative to `scale`; infinite where either is NaN or the sizes differ.
pub(crate) fn deviation(got: &[f64], expected: &[f64], scale: f64) -> f64 {
    if got.len() != expected.len() {
        return f64::INFINITY;
    }
    got.iter()
        .zip(expected)
        .map(|(g, e)| if g == e { 0.0 } else { (g - e).abs() / scale })
        .fold(0.0, |worst: f64, d| {
            if d.is_nan() {
                f64::INFINITY
            } else {
                worst.max(d)
            }
        })
}

/// Deviation of one number relative to its expected value.
pub(crate) fn relative(got: f64, expected: f64) -> f64 {
    deviation(&[got], &[expected], expected.abs())
}

/// Largest magnitude, the natural scale of an array.
pub(crate) fn magnitude(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |worst: f64, v| worst.max(v.abs()))
}

/// Asserts a measured deviation and shows it with `--nocapture`.
pub(crate) fn assert_equal(label: &str, deviation: f64) {
    eprintln!("{label}: deviation {deviation:.1e}");
    assert!(
        deviation < TOLERANCE,
        "{label}: deviation {deviation:e}, allowed {TOLERANCE:e}"
    );
}
