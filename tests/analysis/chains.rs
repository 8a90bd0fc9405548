//! ESS, R-hat, MCSE, autocorrelation and Timewarp's ESS on chains that differ in what can go wrong.

use saltus::analysis::{
    ChainError, ess_bulk, ess_mean, ess_tail, integrated_autocorrelation_time, mcse_mean,
    pooled_autocorrelation, r_hat, timewarp_ess_per_frame,
};
use serde::Deserialize;

use crate::reference::{TOLERANCE, assert_equal, load, relative};

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    chains: Vec<Vec<f64>>,
    ess_bulk: f64,
    ess_tail: f64,
    ess_mean: f64,
    mcse_mean: f64,
    r_hat: Option<serde_json::Value>,
    integrated_autocorrelation_time: f64,
    timewarp_ess_per_frame: f64,
    autocorrelation: Vec<f64>,
}

type Estimator = fn(&[Vec<f64>]) -> Result<f64, ChainError>;

impl Case {
    /// Every estimate with its reference.
    fn estimates(&self) -> Vec<(&'static str, Estimator, f64)> {
        let mut list: Vec<(&'static str, Estimator, f64)> = vec![
            ("ess_bulk", ess_bulk, self.ess_bulk),
            ("ess_tail", ess_tail, self.ess_tail),
            ("ess_mean", ess_mean, self.ess_mean),
            ("mcse_mean", mcse_mean, self.mcse_mean),
            (
                "integrated_autocorrelation_time",
                integrated_autocorrelation_time,
                self.integrated_autocorrelation_time,
            ),
            (
                "timewarp_ess_per_frame",
                timewarp_ess_per_frame,
                self.timewarp_ess_per_frame,
            ),
        ];
        match &self.r_hat {
            Some(serde_json::Value::String(_)) => list.push(("r_hat", r_hat, f64::INFINITY)),
            Some(value) => list.push(("r_hat", r_hat, value.as_f64().expect("number"))),
            None => {}
        }
        list
    }
}

#[test]
fn estimates_equal_the_references() {
    let file: File = load("chains.json");
    assert_eq!(file.cases.len(), 16);
    for case in &file.cases {
        for (label, estimate, expected) in case.estimates() {
            let got = estimate(&case.chains).expect("valid chains");
            assert_equal(
                &format!("{} {label} {got}", case.name),
                relative(got, expected),
            );
        }
        let rho = pooled_autocorrelation(&case.chains).expect("valid chains");
        for (got, expected) in rho.iter().zip(&case.autocorrelation) {
            assert_equal(&case.name, (got - expected).abs());
        }
    }
}

/// Planted error: two neighbouring draws of one chain change places, or one draw moves by a thousandth.
#[test]
fn estimates_notice_a_changed_draw() {
    let file: File = load("chains.json");
    let case = &file.cases[1];
    assert_eq!(case.name, "ar1_slow");
    let mut swapped = case.chains.clone();
    swapped[1].swap(57, 58);
    let mut moved = case.chains.clone();
    moved[2][99] += 1e-3;
    for (label, estimate, expected) in case.estimates() {
        let noticed = [&swapped, &moved]
            .map(|chains| relative(estimate(chains).expect("valid chains"), expected) > TOLERANCE);
        // Ranks and quantiles see a small move only when it passes a neighbour; R-hat ignores the order within a half.
        let expected_to_notice = match label {
            "ess_tail" | "r_hat" => [false, false],
            "ess_bulk" => [true, false],
            _ => [true, true],
        };
        for (noticed, must) in noticed.into_iter().zip(expected_to_notice) {
            assert!(noticed || !must, "{label} did not notice a changed draw");
        }
    }
    let mut shifted = case.chains.clone();
    shifted[0].iter_mut().for_each(|value| *value += 0.5);
    for (label, estimate, expected) in case.estimates() {
        let got = estimate(&shifted).expect("valid chains");
        assert!(
            relative(got, expected) > 1e-6,
            "{label} did not notice a shifted chain"
        );
    }
}

/// An AR(1) chain has tau = (1 + rho) / (1 - rho) and ESS = n / tau, whatever any package says.
#[test]
fn long_autoregressive_chain_has_the_known_ess() {
    let rho: f64 = 0.8;
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let n_draws = 20_000;
    let chains: Vec<Vec<f64>> = (0..4)
        .map(|_| {
            let mut value = 0.0;
            (0..n_draws)
                .map(|_| {
                    let noise: f64 = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
                    value = rho * value + noise;
                    value
                })
                .collect()
        })
        .collect();
    let tau = (1.0 + rho) / (1.0 - rho);
    let expected = 4.0 * f64::from(n_draws) / tau;
    for (label, estimate) in [
        ("bulk", ess_bulk as Estimator),
        ("mean", ess_mean as Estimator),
    ] {
        let got = estimate(&chains).expect("valid chains");
        assert!(
            (got / expected - 1.0).abs() < 0.1,
            "{label} {got} {expected}"
        );
    }
    let got = integrated_autocorrelation_time(&chains).expect("valid chains");
    assert!((got / tau - 1.0).abs() < 0.1, "tau {got} {tau}");
    let per_frame = timewarp_ess_per_frame(&chains).expect("valid chains");
    assert!((per_frame * tau - 1.0).abs() < 0.1, "{per_frame}");
    assert!((r_hat(&chains).expect("valid chains") - 1.0).abs() < 0.01);
}
