//! Limits of a Poisson mean whose count is known.

/// The mean that a count as small as this has only with probability P(Z > `quantile`), Z standard normal: 3.7 for 0 at 1.96.
///
/// Wilson and Hilferty's approximation of the chi-squared quantile, doi:10.1073/pnas.17.12.684.
pub(crate) fn upper_limit(count: f64, quantile: f64) -> f64 {
    let next = count + 1.0;
    next * (1.0 - 1.0 / (9.0 * next) + quantile / (3.0 * next.sqrt())).powi(3)
}

/// The mean that a count as large as this has only with probability P(Z > `quantile`); 0 for a count of 0.
pub(crate) fn lower_limit(count: f64, quantile: f64) -> f64 {
    if count == 0.0 {
        return 0.0;
    }
    let root = 1.0 - 1.0 / (9.0 * count) - quantile / (3.0 * count.sqrt());
    count * root.max(0.0).powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_tables() {
        for (count, low, high) in [
            (0.0, 0.0, 3.689),
            (1.0, 0.0253, 5.572),
            (5.0, 1.6235, 11.668),
            (10.0, 4.795, 18.391),
        ] {
            let got = upper_limit(count, 1.96);
            assert!((got - high).abs() < 0.01 * high, "{got} {high}");
            let got = lower_limit(count, 1.96);
            assert!((got - low).abs() < 0.03, "{got} {low}");
        }
    }
}
