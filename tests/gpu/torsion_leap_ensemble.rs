//! One ensemble and one acceptance from leaps on the device and on the CPU, with a good model and with random weights.

use crate::ensembles::{LIMIT, Setup, cpu_engine, hmc, largest_deviation, resident_hmc, setup};
use crate::support::choice;
use saltus::flow::torsion::LeapModel;
use saltus::gpu::{
    CycleSampler, GpuOptions, Resident, ResidentMove, ShaderSources, TorsionLeaps, TorsionMoves,
};
use saltus::mcmc::{HostSampler, MetropolisKernel, Sampler};
use saltus::proposal::{TorsionLeapProposal, builtin_leap_model, random_leap_model};

fn on_host(setup: &Setup, model: &LeapModel, seed: u64) -> HostSampler<'static> {
    let leap = TorsionLeapProposal::new(&setup.topology, model, None).unwrap();
    let kernel = MetropolisKernel::new(Box::new(leap), setup.n_chains, seed + 1);
    let kernels = vec![hmc(setup.n_chains, seed), Box::new(kernel)];
    HostSampler::new(cpu_engine(&setup.system), kernels)
}

fn on_device(
    setup: &Setup,
    model: &LeapModel,
    seed: u64,
    sources: ShaderSources,
) -> Option<CycleSampler> {
    let proposal = TorsionLeapProposal::new(&setup.topology, model, None).unwrap();
    let leaps = TorsionLeaps::new(&proposal, model).unwrap();
    let leap = ResidentMove::TorsionLeap {
        n_moves: 1,
        seed: seed + 1,
    };
    let options = GpuOptions {
        choice: choice()?,
        sources,
        ..GpuOptions::default()
    };
    let moves = vec![resident_hmc(seed), leap];
    let none = TorsionMoves::default();
    let resident = Resident::with_leaps(&setup.system, &options, moves, &none, Some(&leaps));
    let engine = cpu_engine(&setup.system);
    Some(CycleSampler::new(resident.unwrap(), engine))
}

/// Share of leaps accepted, and its error if they were independent.
fn acceptance(statistics: saltus::mcmc::KernelStatistics) -> (f64, f64) {
    let n = statistics.proposed as f64;
    let share = statistics.accepted as f64 / n;
    (share, (share * (1.0 - share) / n).sqrt())
}

#[test]
fn leaps_sample_one_ensemble_on_the_device_and_on_the_cpu() {
    let setup = setup();
    let builtin = builtin_leap_model("amber14", "obc1");
    let mut host = on_host(&setup, &builtin, 20);
    let expected = setup.sample(&mut host);
    let there = acceptance(host.statistics()[1]);
    for (name, model) in [
        ("builtin", builtin),
        ("random weights", random_leap_model(3)),
    ] {
        let sources = ShaderSources::default();
        let Some(mut device) = on_device(&setup, &model, 30, sources) else {
            return;
        };
        let found = setup.sample(&mut device);
        let deviation = largest_deviation(&expected, &found);
        let here = acceptance(device.reports()[0].children[1].statistics);
        println!(
            "{name}: {deviation:.2} standard errors, acceptance {here:?}, on the CPU {there:?}"
        );
        assert!(
            deviation < LIMIT,
            "{name} is off by {deviation} standard errors"
        );
        if name == "builtin" {
            // Leaps of one chain resemble each other: ten of them count as one.
            let error = 10.0_f64.sqrt() * here.1.hypot(there.1);
            assert!((here.0 - there.0).abs() < 4.0 * error, "{here:?} {there:?}");
            assert!(here.0 > 0.6, "{here:?}");
        }
    }
}

#[test]
fn a_forgotten_density_spoils_the_ensemble() {
    let setup = setup();
    let model = random_leap_model(3);
    let expected = setup.sample(&mut on_host(&setup, &model, 40));
    let sources = ShaderSources::default()
        .replaced("mcmc/torsion_leaps.wgsl", "log_q.y - log_q.x", "-log_q.x")
        .unwrap();
    let Some(mut wrong) = on_device(&setup, &model, 50, sources) else {
        return;
    };
    let wrong = setup.sample(&mut wrong);
    let deviation = largest_deviation(&expected, &wrong);
    println!("without ln q of the way back: {deviation:.1} standard errors");
    assert!(deviation > LIMIT, "unnoticed: {deviation}");
}
