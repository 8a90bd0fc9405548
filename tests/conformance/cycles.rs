//! Whole cycles on the GPU, which decide by themselves, against exact distributions. What is planted is in `planted_shaders.rs`.

use crate::adapter;
use crate::checks;
use crate::engines::faults;
use crate::machines::{Machine, options};
use crate::reproducibility::{a_saved_sampler_goes_on, the_seed_decides};
use crate::table::{Make, Row, four_atoms, springs};
use crate::targets::Target;
use crate::torsion_moves::topology;
use saltus::cpu::{self, CpuOptions};
use saltus::gpu::{CycleSampler, Resident, ResidentMove, ShaderSources, TorsionMoves};
use saltus::integrator::Splitting;
use saltus::mcmc::Sampler;
use saltus::proposal::{BlockKind, torsion_blocks};
use std::sync::Arc;

/// A cycle; `width_rad` is for normal torsion angles.
///
/// # Panics
/// Where there is no adapter.
fn cycle(
    target: &dyn Target,
    moves: &[ResidentMove],
    width_rad: Option<f64>,
    sources: &ShaderSources,
) -> CycleSampler {
    let system = target.system().unwrap();
    let blocks = torsion_blocks(&topology(system.n_atoms()), BlockKind::Single, false);
    let torsions = TorsionMoves {
        widths_rad: width_rad.map_or_else(Vec::new, |width| vec![width; blocks.len()]),
        blocks,
    };
    let options = options(&adapter::choice().unwrap(), sources);
    let resident = Resident::new(&system, &options, moves.to_vec(), &torsions).unwrap();
    // The cycle brings its own engine; this one is for whoever looks at energies.
    let engine = cpu::engine(&system, &CpuOptions::default()).unwrap();
    CycleSampler::new(resident, engine)
}

fn hmc(timestep_ps: f64, target_acceptance: Option<f64>, seed: u64) -> ResidentMove {
    ResidentMove::Hmc {
        n_moves: 2,
        splitting: Splitting::VelocityVerlet,
        n_steps: 3,
        jitter: 0.0,
        timestep_ps,
        target_acceptance,
        seed,
    }
}

fn many_lengths_on_springs(seed: u64) -> CycleSampler {
    let hmc = ResidentMove::Hmc {
        n_moves: 2,
        splitting: Splitting::ThreeStage,
        n_steps: 9,
        jitter: 0.7,
        timestep_ps: 0.045,
        target_acceptance: None,
        seed,
    };
    cycle(&*springs(), &[hmc], None, &ShaderSources::default())
}

fn torsion(seed: u64) -> ResidentMove {
    ResidentMove::Torsion { n_moves: 3, seed }
}

pub(crate) fn hmc_on_springs(seed: u64, sources: &ShaderSources) -> CycleSampler {
    cycle(&*springs(), &[hmc(0.035, None, seed)], None, sources)
}

pub(crate) fn langevin_on_springs(seed: u64, sources: &ShaderSources) -> CycleSampler {
    let langevin = ResidentMove::Langevin {
        n_steps: 5,
        timestep_ps: 0.02,
        friction_per_ps: 5.0,
        seed,
    };
    cycle(&*springs(), &[langevin], None, sources)
}

pub(crate) fn torsions(seed: u64, sources: &ShaderSources) -> CycleSampler {
    cycle(&*four_atoms(), &[torsion(seed)], None, sources)
}

pub(crate) fn hmc_and_torsions(seed: u64, sources: &ShaderSources) -> CycleSampler {
    let moves = [hmc(0.008, None, seed), torsion(seed + 1)];
    cycle(&*four_atoms(), &moves, None, sources)
}

fn tuned(seed: u64, sources: &ShaderSources) -> CycleSampler {
    let moves = [hmc(0.003, Some(0.8), seed), torsion(seed + 1)];
    cycle(&*four_atoms(), &moves, Some(0.5), sources)
}

fn row(name: &'static str, target: fn() -> Arc<dyn Target>, make: fn(u64) -> CycleSampler) -> Row {
    Row {
        name,
        target,
        make: Make::Cycle(make),
        ergodic: true,
        reversible: false,
        on_ladder: false,
    }
}

/// A row for each cycle, with sound shaders.
pub(crate) fn cycles() -> Vec<Row> {
    vec![
        Row {
            reversible: true,
            ..row("cycle of hmc, springs", springs, |seed| {
                hmc_on_springs(seed, &ShaderSources::default())
            })
        },
        Row {
            reversible: true,
            ..row(
                "cycle of hmc of many lengths, springs",
                springs,
                many_lengths_on_springs,
            )
        },
        row("cycle of langevin, springs", springs, |seed| {
            langevin_on_springs(seed, &ShaderSources::default())
        }),
        Row {
            reversible: true,
            ergodic: false,
            ..row("cycle of torsion, four atoms", four_atoms, |seed| {
                torsions(seed, &ShaderSources::default())
            })
        },
        row("cycle of hmc and torsion, four atoms", four_atoms, |seed| {
            hmc_and_torsions(seed, &ShaderSources::default())
        }),
        row("cycle of both, tuned, four atoms", four_atoms, |seed| {
            tuned(seed, &ShaderSources::default())
        }),
    ]
}

#[test]
fn every_cycle_conforms() {
    if adapter::choice().is_none() {
        return;
    }
    let mut found = Vec::new();
    for row in cycles() {
        let mut engine = Machine::Cpu.engine(&row);
        found.extend(faults(&row, engine.as_mut()));
        the_seed_decides(&row, engine.as_mut());
        a_saved_sampler_goes_on(&row, engine.as_mut());
        let mut sampler = row.sampler(engine.as_mut(), 6, 45);
        if !checks::stays_frozen(&row, sampler.as_mut()).unwrap() {
            found.push(format!("{}: tuned after the end of tuning", row.name));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn cycles_count_every_test() {
    if adapter::choice().is_none() {
        return;
    }
    let row = cycles().swap_remove(4);
    let (n_replicas, n_cycles) = (500, 7);
    let mut sampler = hmc_and_torsions(61, &ShaderSources::default());
    let mut chain = checks::exact_chain(&row, n_replicas, 62);
    sampler.run(&mut chain, n_cycles).unwrap();
    assert!(sampler.is_exact() && sampler.is_ergodic());
    let all = n_replicas as u64 * n_cycles;
    let children = &sampler.reports()[0].children;
    for (child, (name, per_cycle)) in children.iter().zip([("hmc", 2), ("torsion", 3)]) {
        let statistics = child.statistics;
        assert_eq!(child.name, name);
        assert_eq!(statistics.proposed, per_cycle * all, "{name}");
        assert_eq!(statistics.non_finite, 0, "{name}");
        let share = statistics.accepted as f64 / statistics.proposed as f64;
        assert!((0.1..0.995).contains(&share), "{name}: {share:.3} accepted");
    }
    // Two trajectories of three steps, with the forces they start from, and three torsion moves.
    assert_eq!(chain.n_energy_evaluations, (2 * 4 + 3) * all);
}
