//! Sequence, repetition, mixture: how often each part runs, what is reported, what is refused.

use crate::moves::{GaussianStep, Scaling};
use crate::targets::DoubleWell;
use crate::toy_engine::ToyEngine;
use saltus::mcmc::{
    Chain, CompositionError, Kernel, KernelSequence, LangevinKernel, MetropolisKernel, Mixture,
    Repeat,
};
use saltus::state::State;
use std::sync::Arc;

fn gaussian(seed: u64) -> Box<dyn Kernel> {
    Box::new(MetropolisKernel::new(
        Box::new(GaussianStep::new(0.05)),
        2,
        seed,
    ))
}

fn scaling(seed: u64) -> Box<dyn Kernel> {
    Box::new(MetropolisKernel::new(Box::new(Scaling::new(0.1)), 2, seed))
}

fn chain() -> Chain {
    Chain {
        state: State::replicate(&[[0.1, 0.01, 0.02]], 2),
        temperatures_kelvin: vec![310.0; 2],
        ..Chain::default()
    }
}

fn run(kernel: &mut dyn Kernel, n_steps: usize) {
    let mut engine = ToyEngine::new(Arc::new(DoubleWell));
    let mut chain = chain();
    for _ in 0..n_steps {
        kernel.step(&mut chain, &mut engine).unwrap();
    }
}

#[test]
fn parts_run_as_often_as_they_should_and_report_for_themselves() {
    let repeated = Repeat::new(scaling(1), 3).unwrap();
    let mut sequence = KernelSequence::new(vec![gaussian(2), Box::new(repeated)]).unwrap();
    run(&mut sequence, 10);
    let report = sequence.report();
    let counts: Vec<(&str, u64)> = report
        .children
        .iter()
        .map(|child| (child.name.as_str(), child.statistics.proposed))
        .collect();
    assert_eq!(counts, [("gaussian_step", 20), ("scaling", 60)]);
    assert_eq!(report.statistics.proposed, 80);
    let accepted: u64 = report
        .children
        .iter()
        .map(|child| child.statistics.accepted)
        .sum();
    assert_eq!(report.statistics.accepted, accepted);
    sequence.freeze();
    assert_eq!(sequence.statistics().proposed, 0);
}

#[test]
fn a_mixture_draws_by_weight() {
    let mut mixture = Mixture::new(vec![(1.0, gaussian(3)), (3.0, scaling(4))], 5).unwrap();
    let n_steps = 8000;
    run(&mut mixture, n_steps);
    let drawn = mixture.report().children[1].statistics.proposed as f64 / 2.0;
    let (expected, error) = (0.75 * n_steps as f64, (n_steps as f64 * 0.1875).sqrt());
    assert!(
        (drawn - expected).abs() < 4.5 * error,
        "{drawn} draws instead of {expected}"
    );
}

#[test]
fn the_report_is_what_run_json_prints() {
    let mixture = Mixture::new(vec![(1.0, gaussian(6))], 7).unwrap();
    let value = serde_json::to_value(mixture.report()).unwrap();
    assert_eq!(value["name"], "mixture");
    assert_eq!(value["exact"], true);
    assert_eq!(value["children"][0]["name"], "gaussian_step");
    for key in ["proposed", "accepted", "non_finite", "seconds"] {
        assert!(
            value[key].is_number() && value["children"][0][key].is_number(),
            "{key}"
        );
    }
    assert!(value["children"][0].get("children").is_none());
}

#[test]
fn one_inexact_part_makes_the_whole_inexact() {
    let langevin: Box<dyn Kernel> = Box::new(LangevinKernel::new(1, 0.001, 1.0, 8));
    let mixture = Mixture::new(vec![(9.0, gaussian(9)), (0.1, langevin)], 10).unwrap();
    assert!(!mixture.is_exact() && !mixture.report().exact);
    assert!(KernelSequence::new(vec![gaussian(11)]).unwrap().is_exact());
}

#[test]
fn compositions_without_a_meaning_are_refused() {
    let empty = KernelSequence::new(Vec::new()).map(|_| ()).unwrap_err();
    assert_eq!(
        empty,
        CompositionError::Empty {
            composition: "sequence"
        }
    );
    let empty = Mixture::new(Vec::new(), 1).map(|_| ()).unwrap_err();
    assert_eq!(
        empty,
        CompositionError::Empty {
            composition: "mixture"
        }
    );
    for got in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let parts = vec![(1.0, gaussian(1)), (got, scaling(2))];
        let error = Mixture::new(parts, 3).map(|_| ()).unwrap_err();
        assert!(
            matches!(&error, CompositionError::Weight { index: 1, kernel, .. } if kernel == "scaling"),
            "{error}"
        );
    }
    let error = Repeat::new(gaussian(4), 0).map(|_| ()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`gaussian_step` is repeated 0 times")
    );
}

#[test]
fn a_checkpoint_of_another_sampler_is_refused() {
    let saved = KernelSequence::new(vec![gaussian(1), scaling(2)])
        .unwrap()
        .save();
    let mut other = KernelSequence::new(vec![gaussian(1)]).unwrap();
    assert!(
        other
            .restore(&saved)
            .unwrap_err()
            .contains("2 nested kernels")
    );
}
