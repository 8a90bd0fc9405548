//! Trajectories of hybrid Monte Carlo that differ in length, on the device: their lengths, and the work that is booked.

use crate::ensembles::cpu_engine;
use crate::resident::{TEMPERATURE, setup};
use saltus::gpu::{CycleSampler, GpuOptions, ResidentMove};
use saltus::integrator::Splitting;
use saltus::mcmc::{Chain, HostSampler, Kernel, LangevinKernel, MetropolisKernel, Repeat, Sampler};
use saltus::proposal::{Hmc, HmcSettings, TrajectoryLength};
use saltus::state::State;

/// Cycles of two trajectories that differ in length, between Langevin steps that the step count of the run also counts.
fn of_many_lengths() -> Vec<ResidentMove> {
    let hmc = ResidentMove::Hmc {
        n_moves: 2,
        splitting: Splitting::ThreeStage,
        n_steps: 9,
        jitter: 0.8,
        timestep_ps: 0.002,
        target_acceptance: None,
        seed: 4,
    };
    let langevin = ResidentMove::Langevin {
        n_steps: 3,
        timestep_ps: 0.001,
        friction_per_ps: 1.0,
        seed: 5,
    };
    vec![langevin, hmc]
}

#[test]
fn trajectories_have_the_lengths_that_the_step_count_draws() {
    let mut setup = setup(None);
    let n_replicas = 6;
    let begin = setup.start(n_replicas);
    let temperatures = vec![TEMPERATURE; n_replicas];
    let [langevin, hmc] = of_many_lengths().try_into().unwrap();
    let Some(mut resident) = setup.resident(vec![langevin, hmc], GpuOptions::default()) else {
        return;
    };
    resident.upload(&begin, &temperatures).unwrap();
    resident.run(4, u64::MAX, &mut |_| {}).unwrap();
    let mut found = begin.clone();
    resident.download(&mut found).unwrap();

    // The same one by one, every trajectory as a cycle of that length alone.
    let mut expected = begin;
    let one = |entry: ResidentMove, counter: u64, state: &mut State| {
        let mut resident = setup.resident(vec![entry], GpuOptions::default()).unwrap();
        resident.set_counters(&[counter]);
        resident.upload(state, &temperatures).unwrap();
        resident.run(1, u64::MAX, &mut |_| {}).unwrap();
        resident.download(state).unwrap();
    };
    let mut lengths = Vec::new();
    for cycle in 0..4 {
        one(langevin, 0, &mut expected);
        for trajectory in 0..2 {
            let length = TrajectoryLength::new(Splitting::ThreeStage, 9, 0.8).at(expected.step);
            lengths.push(length);
            let alone = ResidentMove::Hmc {
                n_moves: 1,
                splitting: Splitting::ThreeStage,
                n_steps: length,
                jitter: 0.0,
                timestep_ps: 0.002,
                target_acceptance: None,
                seed: 4,
            };
            one(alone, 2 * cycle + trajectory, &mut expected);
        }
    }
    assert!(lengths.iter().max() > lengths.iter().min(), "{lengths:?}");
    assert_eq!(found.step, 4 * 3 + lengths.iter().sum::<u64>());
    assert_eq!(found, expected, "{lengths:?}");
}

#[test]
fn work_is_booked_as_on_the_host() {
    let mut setup = setup(None);
    let n_replicas = 3;
    let mut chain = Chain {
        state: setup.start(n_replicas),
        temperatures_kelvin: vec![TEMPERATURE; n_replicas],
        ..Chain::default()
    };
    let mut host = chain.clone();
    let Some(resident) = setup.resident(of_many_lengths(), GpuOptions::default()) else {
        return;
    };
    let settings = HmcSettings {
        integrator: Splitting::ThreeStage,
        steps: 9,
        timestep_fs: 2.0,
        jitter: 0.8,
        ..HmcSettings::default()
    };
    let hmc = Box::new(Hmc::new(&settings).unwrap());
    let kernels: Vec<Box<dyn Kernel>> = vec![
        Box::new(LangevinKernel::new(3, 0.001, 1.0, 5)),
        Box::new(Repeat::new(Box::new(MetropolisKernel::new(hmc, n_replicas, 4)), 2).unwrap()),
    ];
    let mut on_host = HostSampler::lent(setup.reference.as_mut(), kernels);
    on_host.run(&mut host, 5).unwrap();
    let mut on_device = CycleSampler::new(resident, cpu_engine(&setup.system));
    on_device.run(&mut chain, 5).unwrap();
    assert_eq!(chain.state.step, host.state.step);
    // Every step evaluates once, and so does what every trajectory starts from.
    let n_evaluations = chain.state.step + 5 * 2;
    assert_eq!(chain.n_energy_evaluations, n_evaluations * 3);
    assert!(
        (chain.time_ps - host.time_ps).abs() < 1e-12,
        "{} {}",
        chain.time_ps,
        host.time_ps
    );
}
