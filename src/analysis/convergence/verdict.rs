//! The rule by which a row of the table counts as converged, and its words.

use super::diagnose::ObservableSummary;

/// Largest R-hat of a converged observable (Vehtari et al. 2021, doi:10.1214/20-BA1221).
pub const MAX_R_HAT: f64 = 1.01;

/// Smallest bulk and tail ESS, over all chains, at which R-hat and MCSE can be trusted (same source).
pub const MIN_ESS: f64 = 400.0;

/// The rule in words, for the foot of a table.
pub const CONVERGENCE_RULE: &str = "converged: R-hat at most 1.01 and ESS bulk and tail at least 400 over all chains (doi:10.1214/20-BA1221)";

/// Why an observable is not converged, in words; `None` if it is.
#[must_use]
pub fn convergence_fault(summary: &ObservableSummary) -> Option<String> {
    accuracy_fault(summary, MAX_R_HAT, MIN_ESS)
}

/// Why an observable is not as accurate as asked for, in words; `None` if it is.
#[must_use]
pub fn accuracy_fault(summary: &ObservableSummary, max_r_hat: f64, min_ess: f64) -> Option<String> {
    let (Some(bulk), Some(tail)) = (summary.ess_bulk, summary.ess_tail) else {
        return Some(format!("always {}, nothing to estimate from", summary.mean));
    };
    let mut reasons = Vec::new();
    match summary.r_hat {
        Some(r_hat) if !r_hat.is_finite() => reasons.push("R-hat infinite".to_owned()),
        Some(r_hat) if r_hat > max_r_hat => reasons.push(format!("R-hat {r_hat:.3} > {max_r_hat}")),
        Some(_) => {}
        None => reasons.push("no R-hat".to_owned()),
    }
    if bulk.min(tail) < min_ess {
        reasons.push(format!("ESS {:.0} < {min_ess}", bulk.min(tail)));
    }
    (!reasons.is_empty()).then(|| reasons.join(", "))
}

/// Fewest entries into a state, over all chains, for its population to mean something.
const MIN_ENTRIES: usize = 10;

/// Why the population of a state is not to be trusted, from its 0/1 indicator `[n_chains][n_draws]`; `None` for other
/// observables and for states entered often enough. A state met once has an ESS near the number of frames, which says
/// nothing of how often it ought to be met.
#[must_use]
pub fn entries_fault(chains: &[Vec<f64>]) -> Option<String> {
    if chains
        .iter()
        .flatten()
        .any(|&value| value != 0.0 && value != 1.0)
    {
        return None;
    }
    let changes = |chain: &Vec<f64>| chain.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let entries = chains.iter().map(changes).sum::<usize>().div_ceil(2);
    (entries < MIN_ENTRIES)
        .then(|| format!("entered {entries} times, at least {MIN_ENTRIES} expected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(r_hat: f64, ess: f64) -> ObservableSummary {
        ObservableSummary {
            name: "x".to_owned(),
            mean: 0.0,
            mcse: Some(0.1),
            ess_bulk: Some(ess),
            ess_tail: Some(1e4),
            r_hat: Some(r_hat),
        }
    }

    #[test]
    fn a_state_met_once_is_not_sampled() {
        let mut chains = vec![vec![0.0; 100]; 4];
        chains[1][50] = 1.0;
        assert!(
            entries_fault(&chains)
                .unwrap()
                .starts_with("entered 1 times")
        );
        let often = vec![[0.0, 1.0].repeat(50); 4];
        assert_eq!(entries_fault(&often), None);
        assert_eq!(entries_fault(&[vec![0.5, 0.0]]), None);
    }

    #[test]
    fn every_limit_is_named() {
        assert_eq!(convergence_fault(&row(1.0, 401.0)), None);
        let fault = convergence_fault(&row(1.02, 12.0)).unwrap();
        assert_eq!(fault, "R-hat 1.020 > 1.01, ESS 12 < 400");
        let constant = ObservableSummary {
            ess_bulk: None,
            ..row(1.0, 1.0)
        };
        assert!(convergence_fault(&constant).unwrap().contains("always 0"));
    }
}
