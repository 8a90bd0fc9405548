//! Choices by importance weights.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// An index by its weight, and ln of the mean weight.
pub(super) fn choose(log_weights: &[f64], stream: &mut Xoshiro256PlusPlus) -> (usize, f64) {
    let largest = log_weights
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return (0, largest);
    }
    let weights: Vec<f64> = log_weights.iter().map(|w| (w - largest).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let mut rest = stream.random::<f64>() * sum;
    let mut chosen = weights.len() - 1;
    for (index, weight) in weights.iter().enumerate() {
        rest -= weight;
        if rest < 0.0 {
            chosen = index;
            break;
        }
    }
    (chosen, largest + (sum / weights.len() as f64).ln())
}
