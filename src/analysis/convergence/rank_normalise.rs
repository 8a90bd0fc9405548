//! Replaces draws by normal scores of their ranks, so that diagnostics hold for heavy tails too.

use crate::analysis::numbers::normal_quantile::normal_quantile;

/// Offset of ranks before the normal quantile: Blom 1958, as Stan and ArviZ use it.
const BLOM_OFFSET: f64 = 0.375;

/// Normal scores of all draws ranked together, ties sharing their mean rank; same shape as the input.
///
/// z = Phi^-1((r - 3/8) / (S + 1/4)) with rank r from 1 to S. Source: Vehtari et al. 2021, doi:10.1214/20-BA1221.
pub(super) fn rank_normalise(chains: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let n_draws = chains[0].len();
    let values: Vec<f64> = chains.iter().flatten().copied().collect();
    let denominator = values.len() as f64 - 2.0 * BLOM_OFFSET + 1.0;
    let scores: Vec<f64> = mean_ranks(&values)
        .into_iter()
        .map(|rank| normal_quantile((rank - BLOM_OFFSET) / denominator))
        .collect();
    scores.chunks_exact(n_draws).map(<[f64]>::to_vec).collect()
}

/// Ranks from 1, tied values sharing the mean of their ranks.
fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for group in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = start as f64 + f64::midpoint(1.0, group.len() as f64);
        for &index in group {
            ranks[index] = rank;
        }
        start += group.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(
            mean_ranks(&[2.0, 1.0, 2.0, 5.0, -0.0, 0.0]),
            [4.5, 3.0, 4.5, 6.0, 1.5, 1.5]
        );
    }
}
