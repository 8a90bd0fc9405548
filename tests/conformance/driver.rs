//! The chain driver: two phases, stopping and going on, warnings.

use crate::checks::exact_chain;
use crate::moves::Scaling;
use crate::planted::on_toy;
use crate::table::{Row, rows};
use crate::toy_engine::ToyEngine;
use saltus::integrator::Engine;
use saltus::mcmc::{
    Chain, DriveError, Ending, HostSampler, Kernel, KernelReport, KernelStatistics, LangevinKernel,
    MetropolisKernel, Mixture, Observer, Repeat, Sampler, SamplerWarning, Schedule,
    VelocityVerletKernel, check_sampler, drive,
};
use std::error::Error;

/// Notes what it sees and stops where it is told to.
#[derive(Default)]
struct Watcher {
    stop_after: Option<u64>,
    fail_after: Option<u64>,
    /// Looks after every so many cycles; 0 for after each.
    every: u64,
    cycles: Vec<u64>,
    proposed: Vec<u64>,
}

impl Observer for Watcher {
    fn next_look(&mut self, done: u64) -> u64 {
        (done + 1).next_multiple_of(self.every.max(1))
    }

    fn after_cycle(
        &mut self,
        cycle: u64,
        _chain: &mut Chain,
        sampler: &mut dyn Sampler,
    ) -> Result<bool, Box<dyn Error + Send + Sync>> {
        self.cycles.push(cycle);
        self.proposed.push(sampler.statistics()[0].proposed);
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
    let mut chain = exact_chain(&row, 2, 81);
    let mut sampler = on_toy(&row, row.kernel(2, 82));
    let mut watcher = Watcher::default();
    let driven = drive(SCHEDULE, 0, &mut chain, &mut sampler, &mut watcher).unwrap();
    assert_eq!(driven.ending, Ending::Completed);
    assert!(driven.warnings.is_empty());
    assert_eq!(watcher.cycles, (1..=50).collect::<Vec<u64>>());
    // Counters start again with production, whose first cycle proposes once for each replica.
    assert_eq!(watcher.proposed[18..22], [38, 0, 2, 4]);
    assert!(!sampler.save()[0]["adapting"].as_bool().unwrap());
}

#[test]
fn without_equilibration_nothing_adapts() {
    let row = row();
    let mut chain = exact_chain(&row, 2, 83);
    let mut sampler = on_toy(&row, row.kernel(2, 84));
    let before = sampler.save()[0]["proposal"].clone();
    let schedule = Schedule {
        equilibration_cycles: 0,
        production_cycles: 5,
    };
    drive(
        schedule,
        0,
        &mut chain,
        &mut sampler,
        &mut Watcher::default(),
    )
    .unwrap();
    assert_eq!(sampler.save()[0]["proposal"], before);
    assert_eq!(sampler.statistics()[0].proposed, 10);
}

#[test]
fn a_stopped_run_goes_on_as_if_it_had_not_stopped() {
    let row = row();
    let run = |stops: &[u64]| {
        let mut chain = exact_chain(&row, 3, 85);
        let mut sampler = on_toy(&row, row.kernel(3, 86));
        let mut start = 0;
        for &stop in stops {
            let mut watcher = Watcher {
                stop_after: Some(stop),
                ..Watcher::default()
            };
            let driven = drive(SCHEDULE, start, &mut chain, &mut sampler, &mut watcher).unwrap();
            assert_eq!(driven.ending, Ending::Stopped { cycle: stop });
            let saved = sampler.save();
            sampler = on_toy(&row, row.kernel(3, 0));
            sampler.restore(&saved).unwrap();
            start = stop;
        }
        drive(
            SCHEDULE,
            start,
            &mut chain,
            &mut sampler,
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
    let mut chain = exact_chain(&row, 2, 87);
    let mut sampler = on_toy(&row, row.kernel(2, 88));
    let mut watcher = Watcher {
        fail_after: Some(3),
        ..Watcher::default()
    };
    let error = drive(SCHEDULE, 0, &mut chain, &mut sampler, &mut watcher).unwrap_err();
    assert!(matches!(error, DriveError::Observer(_)));
    assert_eq!(error.to_string(), "disk full");
}

/// Notes how many cycles it is asked for, and 0 where it is frozen.
struct Device {
    engine: ToyEngine,
    runs: Vec<u64>,
}

impl Sampler for Device {
    fn run(&mut self, _chain: &mut Chain, n_cycles: u64) -> Result<(), DriveError> {
        self.runs.push(n_cycles);
        Ok(())
    }

    fn at_once(&self) -> u64 {
        5
    }

    fn engine(&mut self) -> &mut dyn Engine {
        &mut self.engine
    }

    fn is_ergodic(&self) -> bool {
        true
    }

    fn statistics(&self) -> Vec<KernelStatistics> {
        vec![KernelStatistics::default()]
    }

    fn reports(&self) -> Vec<KernelReport> {
        Vec::new()
    }

    fn freeze(&mut self) {
        self.runs.push(0);
    }

    fn save(&self) -> Vec<serde_json::Value> {
        Vec::new()
    }

    fn restore(&mut self, _saved: &[serde_json::Value]) -> Result<(), String> {
        Ok(())
    }
}

#[test]
fn a_sampler_runs_on_to_the_next_look_or_the_end_of_a_phase() {
    let row = row();
    let mut chain = exact_chain(&row, 2, 90);
    let (engine, runs) = (row.toy(), Vec::new());
    let mut device = Device { engine, runs };
    let mut watcher = Watcher {
        every: 7,
        ..Watcher::default()
    };
    drive(SCHEDULE, 0, &mut chain, &mut device, &mut watcher).unwrap();
    let equilibration: &[u64] = &[5, 2, 5, 2, 5, 1, 0];
    let production: &[u64] = &[1, 5, 2, 5, 2, 5, 2, 5, 2, 1];
    assert_eq!(device.runs, [equilibration, production].concat());
    let ends: &[u64] = &[5, 7, 12, 14, 19, 20, 21, 26, 28, 33, 35, 40, 42, 47, 49, 50];
    assert_eq!(watcher.cycles, ends);
}

fn scaling() -> Box<dyn Kernel> {
    Box::new(MetropolisKernel::new(Box::new(Scaling::new(0.1)), 1, 89))
}

fn warnings(kernels: Vec<Box<dyn Kernel>>) -> Vec<SamplerWarning> {
    check_sampler(&HostSampler::new(Box::new(row().toy()), kernels))
}

#[test]
fn a_sampler_that_reaches_not_everything_gives_a_warning() {
    let repeat = Box::new(Repeat::new(scaling(), 2).unwrap());
    let found = warnings(vec![repeat, Box::new(VelocityVerletKernel::new(1, 0.001))]);
    let names = vec!["scaling".to_owned(), "velocity_verlet".to_owned()];
    assert_eq!(found, [SamplerWarning::NotErgodic { names }]);
    assert!(
        found[0]
            .to_string()
            .contains("add `langevin`, `hmc` or `mala`")
    );
    let langevin: Box<dyn Kernel> = Box::new(LangevinKernel::new(1, 0.001, 1.0, 1));
    let mixture = Mixture::new(vec![(1.0, scaling()), (0.1, langevin)], 1).unwrap();
    assert!(warnings(vec![Box::new(mixture)]).is_empty());
    assert_eq!(warnings(Vec::new()).len(), 1);
}
