//! Distances between ensembles: Jensen-Shannon of histograms, Wasserstein-2 of values, angles and sets of torsions.

use std::f64::consts::{PI, TAU};

use thiserror::Error;

use super::assignment::cheapest_assignment;
use super::circular_transport::circular_cost;

/// Why two ensembles cannot be compared.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum DivergenceError {
    /// An ensemble without samples or a histogram without bins.
    #[error("the {which} ensemble is empty: give at least one frame")]
    Empty {
        /// `first` or `second`.
        which: &'static str,
    },
    /// Histograms over different bins, or different numbers of torsions.
    #[error(
        "the first ensemble has {first} {what}, the second {second}: make both of the same molecule with the same bins"
    )]
    SizeMismatch {
        /// `bins` or `torsions`.
        what: &'static str,
        /// Size of the first.
        first: usize,
        /// Size of the second.
        second: usize,
    },
    /// NaN, infinite, or a negative probability.
    #[error("entry {index} of the {which} ensemble is {value}, expected {expected}")]
    BadValue {
        /// `first` or `second`.
        which: &'static str,
        /// Which entry, from 0.
        index: usize,
        /// The value.
        value: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// A histogram whose counts are all zero.
    #[error("the {which} histogram sums to zero: count at least one frame")]
    NoMass {
        /// `first` or `second`.
        which: &'static str,
    },
}

const WHICH: [&str; 2] = ["first", "second"];

fn check_samples(first: &[f64], second: &[f64]) -> Result<(), DivergenceError> {
    for (which, values) in WHICH.into_iter().zip([first, second]) {
        if values.is_empty() {
            return Err(DivergenceError::Empty { which });
        }
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            return Err(DivergenceError::BadValue {
                which,
                index,
                value: values[index],
                expected: "a finite number",
            });
        }
    }
    Ok(())
}

fn normalised(weights: &[f64], which: &'static str) -> Result<Vec<f64>, DivergenceError> {
    if let Some(index) = weights.iter().position(|&weight| weight < 0.0) {
        return Err(DivergenceError::BadValue {
            which,
            index,
            value: weights[index],
            expected: "zero or a positive number",
        });
    }
    let total: f64 = weights.iter().sum();
    if total == 0.0 {
        return Err(DivergenceError::NoMass { which });
    }
    Ok(weights.iter().map(|weight| weight / total).collect())
}

/// Jensen-Shannon divergence in nats, (KL(p|m) + KL(q|m)) / 2 with m = (p + q) / 2, between 0 and ln 2.
///
/// `first` and `second` are counts or probabilities over the same bins, `[n_bins]`; each is normalised.
///
/// # Errors
/// [`DivergenceError`] for empty, unequal, negative, non-finite or all-zero histograms.
pub fn jensen_shannon_divergence(first: &[f64], second: &[f64]) -> Result<f64, DivergenceError> {
    check_samples(first, second)?;
    if first.len() != second.len() {
        return Err(DivergenceError::SizeMismatch {
            what: "bins",
            first: first.len(),
            second: second.len(),
        });
    }
    let p = normalised(first, WHICH[0])?;
    let q = normalised(second, WHICH[1])?;
    let term = |share: f64, centre: f64| match share {
        0.0 => 0.0,
        _ => share * (share / centre).ln(),
    };
    let sum: f64 = p
        .iter()
        .zip(&q)
        .map(|(&p, &q)| term(p, f64::midpoint(p, q)) + term(q, f64::midpoint(p, q)))
        .sum();
    // Rounding may leave equal histograms a hair below zero.
    Ok((sum / 2.0).max(0.0))
}

/// Jensen-Shannon distance, the square root of [`jensen_shannon_divergence`]; what SciPy's `jensenshannon` returns.
///
/// ```
/// let distance = saltus::analysis::jensen_shannon_distance(&[1.0, 0.0], &[0.0, 1.0])?;
/// assert!((distance - 2f64.ln().sqrt()).abs() < 1e-15);
/// # Ok::<(), saltus::analysis::DivergenceError>(())
/// ```
///
/// # Errors
/// As [`jensen_shannon_divergence`].
pub fn jensen_shannon_distance(first: &[f64], second: &[f64]) -> Result<f64, DivergenceError> {
    Ok(jensen_shannon_divergence(first, second)?.sqrt())
}

/// Wasserstein-2 distance of two samples of a value (energy in kJ/mol, a distance), in that unit; sizes may differ.
///
/// W2^2 = integral over t of (Q_1(t) - Q_2(t))^2 with the empirical quantile functions.
///
/// # Errors
/// [`DivergenceError`] for empty or non-finite samples.
pub fn wasserstein2(first: &[f64], second: &[f64]) -> Result<f64, DivergenceError> {
    check_samples(first, second)?;
    let [a, b] = [first, second].map(|values| {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted
    });
    let (n_a, n_b) = (a.len(), b.len());
    let (mut index_a, mut index_b, mut done) = (0, 0, 0);
    let mut total = 0.0;
    // Masses in units of 1 / (n_a n_b) are whole numbers, so no step is lost to rounding.
    while index_a < n_a {
        let end = ((index_a + 1) * n_b).min((index_b + 1) * n_a);
        total += (end - done) as f64 * (a[index_a] - b[index_b]).powi(2);
        done = end;
        index_a = end / n_b;
        index_b = end / n_a;
    }
    Ok((total / (n_a as f64 * n_b as f64)).sqrt())
}

/// Wasserstein-2 distance in rad of two samples of one angle on the circle, exact; sizes may differ.
///
/// # Errors
/// [`DivergenceError`] for empty or non-finite samples.
pub fn wasserstein2_circular(
    first_rad: &[f64],
    second_rad: &[f64],
) -> Result<f64, DivergenceError> {
    check_samples(first_rad, second_rad)?;
    Ok(circular_cost(first_rad, second_rad).sqrt())
}

/// Wasserstein-2 distance in rad of two samples of several torsions jointly, `[n_frames][n_torsions]`, on the torus.
///
/// W2^2 = min over one-to-one assignments of the mean over frames of the summed squared shortest arcs, solved exactly on
/// evenly spaced frames: as many as the smaller sample has, at most `max_frames` (time grows with its cube; 1000 is usual).
/// Two samples of one ensemble differ by a positive amount that shrinks slowly with their size: compare with that.
///
/// # Errors
/// [`DivergenceError`] for empty or non-finite samples or differing numbers of torsions.
pub fn wasserstein2_torus(
    first_rad: &[Vec<f64>],
    second_rad: &[Vec<f64>],
    max_frames: usize,
) -> Result<f64, DivergenceError> {
    check_samples(&first_rad.concat(), &second_rad.concat())?;
    let n_torsions = first_rad[0].len();
    for frame in first_rad.iter().chain(second_rad) {
        if frame.len() != n_torsions {
            return Err(DivergenceError::SizeMismatch {
                what: "torsions",
                first: n_torsions,
                second: frame.len(),
            });
        }
    }
    let n_frames = first_rad.len().min(second_rad.len()).min(max_frames.max(1));
    let pick = |frames: &[Vec<f64>], index: usize| index * frames.len() / n_frames;
    let mut costs = vec![0.0; n_frames * n_frames];
    for (index, cost) in costs.iter_mut().enumerate() {
        let a = &first_rad[pick(first_rad, index / n_frames)];
        let b = &second_rad[pick(second_rad, index % n_frames)];
        *cost = a.iter().zip(b).map(|(a, b)| arc(a - b).powi(2)).sum();
    }
    let total = cheapest_assignment(n_frames, |row, column| costs[row * n_frames + column]);
    Ok((total / n_frames as f64).max(0.0).sqrt())
}

/// Signed shortest arc of an angle difference, in [-pi, pi).
fn arc(difference_rad: f64) -> f64 {
    (difference_rad + PI).rem_euclid(TAU) - PI
}
