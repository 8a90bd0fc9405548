//! One ensemble from three machines: cycles on the device, the samplers' kernels over the GPU engine, and over the CPU engine.

use crate::support::{choice, molecule, on_software, system};
use saltus::analysis::dihedral_rad;
use saltus::cpu::{self, CpuOptions};
use saltus::forcefield::{BornModel, System};
use saltus::gpu;
use saltus::gpu::{CycleSampler, GpuOptions, Resident, ResidentMove, ShaderSources, TorsionMoves};
use saltus::integrator::{Engine, MinimizeSettings, Splitting, minimize};
use saltus::mcmc::{Chain, HostSampler, Kernel, MetropolisKernel, Sampler};
use saltus::proposal::{
    BlockKind, Hmc, HmcSettings, TorsionProposal, TorsionSettings, torsion_blocks,
};
use saltus::topology::{Topology, backbone_torsions};

const TEMPERATURE: f64 = 310.0;
const N_STEPS: u64 = 6;
const TIMESTEP_PS: f64 = 0.0015;
/// Trajectories of 3 to 9 steps, of the same lengths on all machines.
const JITTER: f64 = 0.5;
/// Standard errors that a mean may be off; four observables, three comparisons.
pub(crate) const LIMIT: f64 = 4.5;

pub(crate) struct Setup {
    pub(crate) system: System,
    pub(crate) topology: Topology,
    positions: Vec<[f64; 3]>,
    pub(crate) n_chains: usize,
    cycles: [u64; 2],
}

pub(crate) fn setup() -> Setup {
    let file = molecule("alanine_dipeptide");
    let system = system(&file, Some(BornModel::Obc1), false);
    let mut positions = file.positions_nm.clone();
    let mut engine = cpu_engine(&system);
    minimize(
        engine.as_mut(),
        &mut positions,
        &MinimizeSettings::default(),
    );
    let (n_chains, cycles) = if on_software() {
        (64, [120, 250])
    } else {
        (256, [300, 2000])
    };
    Setup {
        topology: file.topology(),
        system,
        positions,
        n_chains,
        cycles,
    }
}

pub(crate) fn cpu_engine(system: &System) -> Box<dyn Engine> {
    cpu::engine(
        system,
        &CpuOptions {
            threads: 2,
            ..CpuOptions::default()
        },
    )
    .unwrap()
}

/// Hybrid Monte Carlo as a host kernel.
pub(crate) fn hmc(n_chains: usize, seed: u64) -> Box<dyn Kernel> {
    let settings = HmcSettings {
        steps: N_STEPS,
        timestep_fs: 1e3 * TIMESTEP_PS,
        ..HmcSettings::default()
    };
    let hmc = Hmc::new(&settings).unwrap();
    Box::new(MetropolisKernel::new(Box::new(hmc), n_chains, seed))
}

/// The same on the device.
pub(crate) fn resident_hmc(seed: u64) -> ResidentMove {
    ResidentMove::Hmc {
        n_moves: 1,
        splitting: Splitting::VelocityVerlet,
        n_steps: N_STEPS,
        jitter: JITTER,
        timestep_ps: TIMESTEP_PS,
        target_acceptance: None,
        seed,
    }
}

impl Setup {
    /// Hybrid Monte Carlo and a uniform move of (phi, psi), as host kernels.
    fn host_kernels(&self, seed: u64) -> Vec<Box<dyn Kernel>> {
        let torsion = TorsionProposal::new(&self.topology, &TorsionSettings::default()).unwrap();
        vec![
            hmc(self.n_chains, seed),
            Box::new(MetropolisKernel::new(
                Box::new(torsion),
                self.n_chains,
                seed + 1,
            )),
        ]
    }

    /// The same on the device.
    fn cycle(&self, seed: u64, sources: ShaderSources) -> Option<CycleSampler> {
        let torsions = TorsionMoves {
            blocks: torsion_blocks(&self.topology, BlockKind::Pair, false),
            widths_rad: Vec::new(),
        };
        let moves = vec![
            resident_hmc(seed),
            ResidentMove::Torsion {
                n_moves: 1,
                seed: seed + 1,
            },
        ];
        let options = GpuOptions {
            choice: choice()?,
            sources,
            ..GpuOptions::default()
        };
        let resident = Resident::new(&self.system, &options, moves, &torsions).unwrap();
        Some(CycleSampler::new(resident, cpu_engine(&self.system)))
    }

    /// Means of every chain: energy, cos and sin of phi, cos of psi.
    pub(crate) fn sample(&self, sampler: &mut dyn Sampler) -> Vec<[f64; 4]> {
        let mut chain = Chain::start(&self.positions, &vec![TEMPERATURE; self.n_chains]);
        let named = backbone_torsions(&self.topology);
        let find = |name: &str| named.iter().find(|t| t.name == name).unwrap().atoms;
        let (phi, psi) = (find("phi_2"), find("psi_2"));
        let mut means = vec![[0.0; 4]; self.n_chains];
        for cycle in 0..self.cycles[0] + self.cycles[1] {
            sampler.run(&mut chain, 1).unwrap();
            if cycle < self.cycles[0] {
                continue;
            }
            let energies = chain.energies(sampler.engine()).to_vec();
            for (replica, means) in means.iter_mut().enumerate() {
                let x: Vec<f32> = chain
                    .state
                    .replica_positions(replica)
                    .iter()
                    .map(|&x| x as f32)
                    .collect();
                let (phi, psi) = (dihedral_rad(&x, phi), dihedral_rad(&x, psi));
                let values = [energies[replica], phi.cos(), phi.sin(), psi.cos()];
                for (mean, value) in means.iter_mut().zip(values) {
                    *mean += value / self.cycles[1] as f64;
                }
            }
        }
        means
    }
}

fn mean_and_error(chains: &[[f64; 4]], observable: usize) -> (f64, f64) {
    let n = chains.len() as f64;
    let mean = chains.iter().map(|c| c[observable]).sum::<f64>() / n;
    let variance: f64 = chains
        .iter()
        .map(|c| (c[observable] - mean).powi(2))
        .sum::<f64>()
        / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// Largest difference of two samples in standard errors.
pub(crate) fn largest_deviation(a: &[[f64; 4]], b: &[[f64; 4]]) -> f64 {
    (0..4)
        .map(|observable| {
            let (a, b) = (mean_and_error(a, observable), mean_and_error(b, observable));
            (a.0 - b.0).abs() / a.1.hypot(b.1)
        })
        .fold(0.0, f64::max)
}

#[test]
fn device_cycles_and_both_engines_sample_one_ensemble() {
    let setup = setup();
    let Some(mut device) = setup.cycle(1, ShaderSources::default()) else {
        return;
    };
    let options = GpuOptions {
        choice: choice().unwrap(),
        ..GpuOptions::default()
    };
    let cpu = cpu_engine(&setup.system);
    let gpu = gpu::engine(&setup.system, &options).unwrap();

    let expected = setup.sample(&mut HostSampler::new(cpu, setup.host_kernels(2)));
    let by_engine = setup.sample(&mut HostSampler::new(gpu, setup.host_kernels(3)));
    let by_device = setup.sample(&mut device);
    for (name, found) in [("gpu engine", &by_engine), ("device cycles", &by_device)] {
        let deviation = largest_deviation(&expected, found);
        println!(
            "{name}: {:?}, {deviation:.2} standard errors",
            mean_and_error(found, 0)
        );
        assert!(
            deviation < LIMIT,
            "{name} is off by {deviation} standard errors"
        );
    }
    // As many evaluations on all three: their means must be as sharp, or the device wasted moves.
    for found in [&by_engine, &by_device] {
        for observable in 0..4 {
            let (here, there) = (
                mean_and_error(found, observable).1,
                mean_and_error(&expected, observable).1,
            );
            assert!(
                here < 1.5 * there,
                "observable {observable}: error {here}, on the CPU {there}"
            );
        }
    }
    let statistics = device.statistics()[0];
    let acceptance = statistics.accepted as f64 / statistics.proposed as f64;
    assert!(acceptance > 0.3 && acceptance < 0.99, "{acceptance}");

    // Velocities 4 % too fast are 8 % too hot.
    let sources = ShaderSources::default()
        .replaced(
            "mcmc/hmc.wgsl",
            "velocity[k] = width",
            "velocity[k] = 1.04 * width",
        )
        .unwrap();
    let wrong = setup.sample(&mut setup.cycle(4, sources).unwrap());
    let deviation = largest_deviation(&expected, &wrong);
    assert!(
        deviation > LIMIT,
        "a wrong temperature went unnoticed: {deviation}"
    );
}
