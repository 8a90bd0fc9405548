//! What the acceptance test makes of proposals that misbehave, and of settings that make no sense.

use crate::targets::DoubleWell;
use crate::toy_engine::ToyEngine;
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::integrator::Engine;
use saltus::mcmc::{Chain, Kernel, KernelError, MetropolisKernel, accept};
use saltus::proposal::{
    Current, Hmc, HmcSettings, LogRatio, Mala, MalaSettings, Outcome, Proposal, ProposalError,
    Proposed, ProposedVelocities,
};
use saltus::state::State;
use std::sync::Arc;

/// Returns the current positions, spoilt.
struct Spoilt(fn(&mut Proposed));

impl Proposal for Spoilt {
    fn name(&self) -> &str {
        "spoilt"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        _engine: &mut dyn Engine,
        _streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let mut proposed = Proposed::new(current.state.positions.clone(), LogRatio::Symmetric);
        (self.0)(&mut proposed);
        Ok(proposed)
    }
}

const N_REPLICAS: usize = 2;

/// One step of the spoilt proposal from x = 0.1 nm; the chain before and after with the kernel.
fn step(spoil: fn(&mut Proposed)) -> Result<([Chain; 2], MetropolisKernel), KernelError> {
    let mut engine = ToyEngine::new(Arc::new(DoubleWell));
    let mut chain = Chain {
        state: State::replicate(&[[0.1, 0.01, 0.02]], N_REPLICAS),
        temperatures_kelvin: vec![310.0; N_REPLICAS],
        ..Chain::default()
    };
    chain.energies(&mut engine);
    let before = chain.clone();
    let mut kernel = MetropolisKernel::new(Box::new(Spoilt(spoil)), N_REPLICAS, 91);
    kernel.step(&mut chain, &mut engine)?;
    Ok(([before, chain], kernel))
}

/// The first replica is rejected and counted as not finite, the second moves.
fn is_rejected_alone(spoil: fn(&mut Proposed)) {
    let ([before, after], kernel) = step(spoil).unwrap();
    assert_eq!(before.state.positions, after.state.positions);
    let first = |chain: &Chain| chain.energies.as_ref().map(|energies| energies[0]);
    assert_eq!(first(&before), first(&after));
    let statistics = kernel.statistics();
    assert_eq!(
        [
            statistics.proposed,
            statistics.accepted,
            statistics.non_finite
        ],
        [2, 1, 1]
    );
}

#[test]
fn what_is_not_finite_is_rejected_and_counted() {
    is_rejected_alone(|proposed| proposed.positions[1] = f64::NAN);
    is_rejected_alone(|proposed| proposed.positions[2] = f64::INFINITY);
    is_rejected_alone(|proposed| {
        // An engine that clamps would give a finite energy; the position alone must do.
        proposed.positions[0] = f64::NAN;
        proposed.energies = Some(vec![0.7; 2]);
    });
    is_rejected_alone(|proposed| proposed.log_auxiliary = Some(vec![f64::NAN, 0.0]));
    is_rejected_alone(|proposed| proposed.log_auxiliary = Some(vec![f64::INFINITY, 0.0]));
    is_rejected_alone(|proposed| {
        proposed.log_ratio = LogRatio::Densities {
            log_q_forward: vec![0.0; 2],
            log_q_reverse: vec![f64::NEG_INFINITY, 0.0],
        };
    });
}

#[test]
fn velocities_follow_the_outcome() {
    let ([_, after], _) = step(|proposed| {
        proposed.log_auxiliary = Some(vec![-1e9, 0.0]);
        proposed.velocities = Some(ProposedVelocities {
            accepted: vec![1.0; 6],
            rejected: vec![-1.0; 6],
        });
    })
    .unwrap();
    assert_eq!(after.state.velocities, [-1.0, -1.0, -1.0, 1.0, 1.0, 1.0]);
}

#[test]
fn a_wrong_shape_is_an_error_with_the_array_named() {
    let spoils: [(&str, fn(&mut Proposed)); 7] = [
        ("5 values for positions; 6", |p| p.positions.truncate(5)),
        ("1 values for log_q_forward; 2", |p| {
            let (log_q_forward, log_q_reverse) = (vec![0.0], vec![0.0; 2]);
            p.log_ratio = LogRatio::Densities {
                log_q_forward,
                log_q_reverse,
            };
        }),
        ("3 values for log_q_reverse; 2", |p| {
            let (log_q_forward, log_q_reverse) = (vec![0.0; 2], vec![0.0; 3]);
            p.log_ratio = LogRatio::Densities {
                log_q_forward,
                log_q_reverse,
            };
        }),
        ("0 values for log_auxiliary; 2", |p| {
            p.log_auxiliary = Some(Vec::new())
        }),
        ("1 values for energies; 2", |p| p.energies = Some(vec![0.0])),
        ("0 values for accepted velocities; 6", |p| {
            p.velocities = Some(ProposedVelocities {
                accepted: Vec::new(),
                rejected: vec![0.0; 6],
            });
        }),
        ("7 values for rejected velocities; 6", |p| {
            p.velocities = Some(ProposedVelocities {
                accepted: vec![0.0; 6],
                rejected: vec![0.0; 7],
            });
        }),
    ];
    for (expected, spoil) in spoils {
        let message = step(spoil).map(|_| ()).unwrap_err().to_string();
        assert!(
            message.contains("`spoilt`") && message.contains(expected),
            "{message}"
        );
    }
}

#[test]
fn the_acceptance_test_is_min_1_r() {
    assert_eq!(accept(0.0, 0.999_999), Outcome::Accepted);
    assert_eq!(accept(5.0, 0.999_999), Outcome::Accepted);
    assert_eq!(accept(-1.0, (-1.0_f64).exp() - 1e-9), Outcome::Accepted);
    assert_eq!(accept(-1.0, (-1.0_f64).exp() + 1e-9), Outcome::Rejected);
    assert_eq!(
        accept(-800.0, 0.0),
        Outcome::Accepted,
        "a uniform number of 0 passes anything finite"
    );
    assert!(matches!(accept(f64::NAN, 0.0), Outcome::NonFinite(_)));
    assert!(matches!(
        accept(f64::NEG_INFINITY, 0.0),
        Outcome::NonFinite(_)
    ));
    assert!(matches!(accept(f64::INFINITY, 0.0), Outcome::NonFinite(_)));
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let good = HmcSettings::default();
    let cases = [
        (HmcSettings { steps: 0, ..good }, "got 0 for steps"),
        (
            HmcSettings {
                timestep_fs: -100.0,
                ..good
            },
            "got -100 for timestep_fs",
        ),
        (
            HmcSettings {
                timestep_fs: f64::NAN,
                ..good
            },
            "got NaN for timestep_fs",
        ),
        (
            HmcSettings {
                refresh: 0.0,
                ..good
            },
            "got 0 for refresh",
        ),
        (
            HmcSettings {
                refresh: 1.1,
                ..good
            },
            "got 1.1 for refresh",
        ),
        (
            HmcSettings {
                adapt: true,
                target_acceptance: Some(1.0),
                ..good
            },
            "got 1 for target_acceptance",
        ),
        (
            HmcSettings {
                jitter: 1.0,
                ..good
            },
            "got 1 for jitter",
        ),
    ];
    for (settings, expected) in cases {
        let message = Hmc::new(&settings).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
    let settings = MalaSettings {
        timestep_fs: 0.0,
        adapt: false,
        target_acceptance: None,
        repeats: 1,
    };
    assert!(Mala::new(&settings).is_err());
}
