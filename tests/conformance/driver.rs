//! The chain driver: two phases, stopping and going on, warnings.

use crate::checks::exact_chain;
use crate::moves::Scaling;
use crate::table::{Row, rows};
use crate::toy_engine::ToyEngine;
use saltus::integrator::Engine;
use saltus::mcmc::{
    Chain, DriveError, Ending, Kernel, LangevinKernel, MetropolisKernel, Mixture, Observer, Repeat,
    SamplerWarning, Schedule, VelocityVerletKernel, check_sampler, drive,
};
use std::error::Error;

/// Notes what it sees and stops where it is told to.
#[derive(Default)]
struct Watcher {
    stop_after: Option<u64>,
    fail_after: Option<u64>,
    cycles: Vec<u64>,
    proposed: Vec<u64>,
}

impl Observer for Watcher {
    fn after_cycle(
        &mut self,
        cycle: u64,
        _chain: &mut Chain,
        _engine: &mut dyn Engine,
        kernels: &[Box<dyn Kernel>],
    ) -> Result<bool, Box<dyn Error + Send + Sync>> {
        self.cycles.push(cycle);
        self.proposed.push(kernels[0].statistics().proposed);
        if self.fail_after == Some(cycle) {
            return Err("disk full".into());
        }
        Ok(self.stop_after != Some(cycle))
    }
}

fn row() -> Row {
    rows()
        .into_iter()
        .find(|row| row.name == "hmc tuned, harmonic")
        .unwrap()
}

const SCHEDULE: Schedule = Schedule {
    equilibration_cycles: 20,
    production_cycles: 30,
};

#[test]
fn kernels_are_frozen_between_the_phases() {
    let row = row();
    let mut engine = ToyEngine::new((row.target)());
    let mut chain = exact_chain(&row, 2, 81);
    let mut kernels = vec![row.kernel(2, 82)];
    let mut watcher = Watcher::default();
    let driven = drive(
        SCHEDULE,
        0,
        &mut chain,
        &mut engine,
        &mut kernels,
        &mut watcher,
    )
    .unwrap();
    assert_eq!(driven.ending, Ending::Completed);
    assert!(driven.warnings.is_empty());
    assert_eq!(watcher.cycles, (1..=50).collect::<Vec<u64>>());
    // Counters start again with production, whose first cycle proposes once for each replica.
    assert_eq!(watcher.proposed[18..22], [38, 0, 2, 4]);
    assert!(!kernels[0].save()["adapting"].as_bool().unwrap());
}

#[test]
fn without_equilibration_nothing_adapts() {
    let row = row();
    let mut engine = ToyEngine::new((row.target)());
    let mut chain = exact_chain(&row, 2, 83);
    let mut kernels = vec![row.kernel(2, 84)];
    let before = kernels[0].save()["proposal"].clone();
    let schedule = Schedule {
        equilibration_cycles: 0,
        production_cycles: 5,
    };
    drive(
        schedule,
        0,
        &mut chain,
        &mut engine,
        &mut kernels,
        &mut Watcher::default(),
    )
    .unwrap();
    assert_eq!(kernels[0].save()["proposal"], before);
    assert_eq!(kernels[0].statistics().proposed, 10);
}

#[test]
fn a_stopped_run_goes_on_as_if_it_had_not_stopped() {
    let row = row();
    let run = |stops: &[u64]| {
        let mut engine = ToyEngine::new((row.target)());
        let mut chain = exact_chain(&row, 3, 85);
        let mut kernels = vec![row.kernel(3, 86)];
        let mut start = 0;
        for &stop in stops {
            let mut watcher = Watcher {
                stop_after: Some(stop),
                ..Watcher::default()
            };
            let driven = drive(
                SCHEDULE,
                start,
                &mut chain,
                &mut engine,
                &mut kernels,
                &mut watcher,
            )
            .unwrap();
            assert_eq!(driven.ending, Ending::Stopped { cycle: stop });
            let saved = kernels[0].save();
            kernels = vec![row.kernel(3, 0)];
            kernels[0].restore(&saved).unwrap();
            start = stop;
        }
        drive(
            SCHEDULE,
            start,
            &mut chain,
            &mut engine,
            &mut kernels,
            &mut Watcher::default(),
        )
        .unwrap();
        chain
    };
    let whole = run(&[]);
    // In equilibration, at its very end, in production.
    for stop in [7, 20, 33] {
        assert_eq!(run(&[stop]), whole, "stopped after {stop}");
    }
}

#[test]
fn an_observers_failure_ends_the_run() {
    let row = row();
    let mut engine = ToyEngine::new((row.target)());
    let mut chain = exact_chain(&row, 2, 87);
    let mut kernels = vec![row.kernel(2, 88)];
    let mut watcher = Watcher {
        fail_after: Some(3),
        ..Watcher::default()
    };
    let error = drive(
        SCHEDULE,
        0,
        &mut chain,
        &mut engine,
        &mut kernels,
        &mut watcher,
    )
    .unwrap_err();
    assert!(matches!(error, DriveError::Observer(_)));
    assert_eq!(error.to_string(), "disk full");
}

fn scaling() -> Box<dyn Kernel> {
    Box::new(MetropolisKernel::new(Box::new(Scaling::new(0.1)), 1, 89))
}

#[test]
fn a_sampler_that_reaches_not_everything_gives_a_warning() {
    let verlet: Box<dyn Kernel> = Box::new(VelocityVerletKernel::new(1, 0.001));
    let warnings = check_sampler(&[Box::new(Repeat::new(scaling(), 2).unwrap()), verlet]);
    let names = vec!["scaling".to_owned(), "velocity_verlet".to_owned()];
    assert_eq!(warnings, [SamplerWarning::NotErgodic { names }]);
    assert!(
        warnings[0]
            .to_string()
            .contains("add `langevin`, `hmc` or `mala`")
    );
    let langevin: Box<dyn Kernel> = Box::new(LangevinKernel::new(1, 0.001, 1.0, 1));
    let mixture = Mixture::new(vec![(1.0, scaling()), (0.1, langevin)], 1).unwrap();
    assert!(check_sampler(&[Box::new(mixture)]).is_empty());
    assert_eq!(check_sampler(&[]).len(), 1);
}
