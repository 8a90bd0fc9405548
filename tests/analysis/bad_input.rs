//! Every refusal says what was got and what is needed.

use saltus::analysis::{
    ChainError, CovarianceAccumulator, Tica, TicaScaling, configurational_heat_capacity, diagnose,
    ess_bulk, ess_mean, ess_tail, integrated_autocorrelation_time, jensen_shannon_distance,
    mcse_mean, pareto_smooth, r_hat, timewarp_ess_per_frame, wasserstein2, wasserstein2_torus,
};

type Estimator = fn(&[Vec<f64>]) -> Result<f64, ChainError>;

const ESTIMATORS: [Estimator; 7] = [
    ess_bulk,
    ess_tail,
    ess_mean,
    mcse_mean,
    r_hat,
    integrated_autocorrelation_time,
    timewarp_ess_per_frame,
];

#[test]
fn chains_that_cannot_be_diagnosed_are_refused() {
    let good = vec![0.1, 0.4, 0.2, 0.5, 0.3];
    let mut with_nan = good.clone();
    with_nan[3] = f64::NAN;
    let cases = [
        (vec![], "got no chains"),
        (
            vec![good.clone(), good[..4].to_vec()],
            "chain 1 has 4 draws, chain 0 has 5",
        ),
        (vec![good.clone(), with_nan], "draw 3 of chain 1 is NaN"),
        (vec![vec![2.5; 9]; 2], "all 18 draws equal 2.5"),
        (vec![vec![1.0]; 2], "got 1 draws a chain, but at least"),
    ];
    for (chains, message) in cases {
        for estimate in ESTIMATORS {
            let error = estimate(&chains).expect_err(message).to_string();
            assert!(error.contains(message), "{error}");
        }
    }
    let short = vec![good[..3].to_vec(); 4];
    for estimate in &ESTIMATORS[..6] {
        let error = estimate(&short).expect_err("three draws");
        assert_eq!(error, ChainError::TooFewDraws { got: 3, needed: 4 });
    }
    let (name, error) = diagnose(&[("sin_phi_2".to_owned(), short)]).expect_err("three draws");
    assert_eq!(name, "sin_phi_2");
    assert!(error.to_string().contains("at least 4 are needed"));
}

#[test]
fn trajectories_that_give_no_slow_coordinates_are_refused() {
    let fit = |trajectories: &[Vec<Vec<f64>>], lag| {
        Tica::fit_trajectories(trajectories, lag, TicaScaling::None, false)
            .expect_err("no slow coordinates")
            .to_string()
    };
    let good: Vec<Vec<f64>> = (0..30).map(|i| vec![f64::from(i).sin(), 1.0]).collect();
    let mut bad = good.clone();
    bad[4][1] = f64::INFINITY;
    let constant = vec![vec![1.0, 2.0]; 30];
    for (message, lag, trajectories) in [
        ("got a lag of 0", 0, vec![good.clone()]),
        (
            "trajectory 1 has 5 frames, but a lag of 5 frames needs at least 6",
            5,
            vec![good.clone(), good[..5].to_vec()],
        ),
        (
            "trajectory 1 has 3 features, expected 2",
            1,
            vec![good.clone(), vec![vec![0.0; 3]; 9]],
        ),
        ("feature 1 of frame 4 of trajectory 0 is inf", 1, vec![bad]),
        ("all features are constant", 1, vec![constant]),
        ("trajectory 0 has 0 frames", 1, vec![]),
    ] {
        let error = fit(&trajectories, lag);
        assert!(error.contains(message), "{error}");
    }
    let empty = CovarianceAccumulator::new(2, 1, None).expect("positive lag");
    assert!(empty.finish().is_err());
}

#[test]
fn ensembles_that_cannot_be_compared_are_refused() {
    let messages = [
        (
            jensen_shannon_distance(&[1.0], &[1.0, 2.0]),
            "1 bins, the second 2",
        ),
        (
            jensen_shannon_distance(&[1.0, 0.0], &[0.0, 0.0]),
            "second histogram sums to zero",
        ),
        (
            jensen_shannon_distance(&[1.0, -1.0], &[1.0, 1.0]),
            "entry 1 of the first ensemble is -1",
        ),
        (wasserstein2(&[], &[1.0]), "first ensemble is empty"),
        (
            wasserstein2(&[1.0], &[f64::NAN]),
            "entry 0 of the second ensemble is NaN",
        ),
        (
            wasserstein2_torus(&[vec![1.0, 2.0]], &[vec![1.0]], 9),
            "2 torsions, the second 1",
        ),
        (
            wasserstein2_torus(&[], &[vec![1.0]], 9),
            "first ensemble is empty",
        ),
    ];
    for (result, message) in messages {
        let error = result.expect_err(message).to_string();
        assert!(error.contains(message), "{error}");
    }
    let error = configurational_heat_capacity(&[1.0], 300.0).expect_err("one energy");
    assert!(error.to_string().contains("at least 2 are needed"));
    assert!(configurational_heat_capacity(&[1.0, 2.0], 0.0).is_err());
    assert!(pareto_smooth(&[], 1.0).is_err());
    assert!(pareto_smooth(&[0.0, f64::NAN], 1.0).is_err());
    assert!(pareto_smooth(&[0.0], -1.0).is_err());
}
