//! The rule by which a row of the table counts as converged, and its words. Estimates nothing.

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
    let (Some(bulk), Some(tail)) = (summary.ess_bulk, summary.ess_tail) else {
        return Some(format!("always {}, nothing to estimate from", summary.mean));
    };
    let mut reasons = Vec::new();
    match summary.r_hat {
        Some(r_hat) if !r_hat.is_finite() => reasons.push("R-hat infinite".to_owned()),
        Some(r_hat) if r_hat > MAX_R_HAT => reasons.push(format!("R-hat {r_hat:.3} > {MAX_R_HAT}")),
        Some(_) => {}
        None => reasons.push("no R-hat".to_owned()),
    }
    if bulk.min(tail) < MIN_ESS {
        reasons.push(format!("ESS {:.0} < {MIN_ESS}", bulk.min(tail)));
    }
    (!reasons.is_empty()).then(|| reasons.join(", "))
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
