//! TICA with and without Koopman reweighting against deeptime.

use saltus::analysis::{CovarianceAccumulator, KoopmanWeights, Tica, TicaScaling};
use serde::Deserialize;

use crate::reference::{TOLERANCE, assert_equal, deviation, load, magnitude, relative};

#[derive(Deserialize)]
struct File {
    trajectories: Vec<Vec<Vec<f64>>>,
    fits: Vec<Fit>,
    deficient_eigenvalues: Vec<f64>,
}

#[derive(Deserialize)]
struct Fit {
    lag_frames: usize,
    scaling: Option<String>,
    reweight: bool,
    mean: Vec<f64>,
    eigenvalues: Vec<f64>,
    timescales_frames: Vec<f64>,
    components: Vec<Vec<f64>>,
    projection: Vec<Vec<f64>>,
    koopman_coefficients: Option<Vec<f64>>,
    koopman_constant: Option<f64>,
}

impl Fit {
    fn solve(&self, trajectories: &[Vec<Vec<f64>>]) -> Tica {
        let scaling = match self.scaling {
            Some(_) => TicaScaling::KineticMap,
            None => TicaScaling::None,
        };
        Tica::fit_trajectories(trajectories, self.lag_frames, scaling, self.reweight)
            .expect("valid trajectories")
    }

    /// Deviation of every result, each relative to the largest entry of its reference.
    fn deviations(&self, trajectories: &[Vec<Vec<f64>>], tica: &Tica) -> Vec<(&str, f64)> {
        let components: Vec<f64> = tica.components.transpose().as_slice().to_vec();
        let projection: Vec<f64> = trajectories[1][..7]
            .iter()
            .flat_map(|frame| tica.project(frame, 4))
            .collect();
        [
            ("mean", tica.mean.as_slice().to_vec(), self.mean.clone()),
            (
                "eigenvalues",
                tica.eigenvalues.as_slice().to_vec(),
                self.eigenvalues.clone(),
            ),
            (
                "time scales",
                tica.implied_timescales_frames(),
                self.timescales_frames.clone(),
            ),
            ("components", components, self.components.concat()),
            ("projection", projection, self.projection.concat()),
        ]
        .into_iter()
        .map(|(name, got, expected)| (name, deviation(&got, &expected, magnitude(&expected))))
        .collect()
    }
}

#[test]
fn components_equal_deeptime() {
    let file: File = load("tica.json");
    for fit in &file.fits {
        let tica = fit.solve(&file.trajectories);
        for (name, found) in fit.deviations(&file.trajectories, &tica) {
            let Fit {
                lag_frames,
                reweight,
                ..
            } = fit;
            assert_equal(
                &format!("lag {lag_frames} reweight {reweight} {name}"),
                found,
            );
        }
    }
}

#[test]
fn koopman_weights_equal_deeptime() {
    let file: File = load("tica.json");
    for fit in file.fits.iter().filter(|fit| fit.reweight) {
        let mut accumulator =
            CovarianceAccumulator::new(4, fit.lag_frames, None).expect("positive lag");
        for trajectory in &file.trajectories {
            for frame in trajectory {
                accumulator.push(frame).expect("four finite features");
            }
            accumulator.end_trajectory().expect("long enough");
        }
        let covariances = accumulator.finish().expect("long enough");
        let weights = KoopmanWeights::fit(&covariances, Tica::EPSILON).expect("full rank");
        let expected = fit.koopman_coefficients.as_ref().expect("reweighted");
        assert_equal(
            "koopman coefficients",
            deviation(
                weights.coefficients.as_slice(),
                expected,
                magnitude(expected),
            ),
        );
        assert_equal(
            "koopman constant",
            relative(weights.constant, fit.koopman_constant.expect("reweighted")),
        );
    }
}

/// Planted errors: one feature of one frame moves, trajectories are joined, the lag is off by one, no reweighting.
#[test]
fn comparison_notices_planted_errors() {
    let file: File = load("tica.json");
    let fit = &file.fits[3];
    assert!(fit.reweight && fit.lag_frames == 5);
    let mut moved = file.trajectories.clone();
    moved[2][40][1] += 1e-3;
    let joined = [
        file.trajectories[0].clone(),
        file.trajectories[1..].concat(),
    ];
    let scaling = TicaScaling::KineticMap;
    let solve = |trajectories: &[Vec<Vec<f64>>], lag, reweight| {
        Tica::fit_trajectories(trajectories, lag, scaling, reweight).expect("valid trajectories")
    };
    for (plant, tica) in [
        ("moved frame", solve(&moved, 5, true)),
        ("joined trajectories", solve(&joined, 5, true)),
        ("wrong lag", solve(&file.trajectories, 4, true)),
        ("not reweighted", solve(&file.trajectories, 5, false)),
    ] {
        for (name, found) in fit.deviations(&file.trajectories, &tica) {
            assert!(found > TOLERANCE, "{name} did not notice: {plant}");
        }
    }
}

#[test]
fn dependent_features_are_cut_off() {
    let file: File = load("tica.json");
    let repeated: Vec<Vec<Vec<f64>>> = file
        .trajectories
        .iter()
        .map(|trajectory| {
            trajectory
                .iter()
                .map(|frame| [&frame[..], &[2.0 * frame[0]]].concat())
                .collect()
        })
        .collect();
    let tica =
        Tica::fit_trajectories(&repeated, 5, TicaScaling::None, false).expect("rank above zero");
    assert_eq!(tica.eigenvalues.len(), 4);
    assert_equal(
        "deficient eigenvalues",
        deviation(
            tica.eigenvalues.as_slice(),
            &file.deficient_eigenvalues,
            1.0,
        ),
    );
}
