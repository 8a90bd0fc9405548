//! Rows whose target is a molecule, on the engines that users run: one body for the CPU and the GPU.

use crate::checks::{self, exact_chain};
use crate::machines::{Machine, system};
use crate::reproducibility::{a_saved_sampler_goes_on, the_seed_decides};
use crate::table::{Row, rows};
use saltus::forcefield::reference_energies;
use saltus::integrator::Engine;
use saltus::mcmc::Chain;
use std::collections::BTreeMap;

/// Replicas of a batch: a GPU takes many for the price of few, so that a few steps do.
const N_REPLICAS: usize = 2400;

/// Rows on molecules.
pub(crate) fn molecular_rows() -> Vec<Row> {
    let is_molecule = |row: &Row| (row.target)().system().is_some();
    rows().into_iter().filter(is_molecule).collect()
}

/// What the checks of exactness find wrong with a row.
pub(crate) fn faults(row: &Row, engine: &mut dyn Engine) -> Vec<String> {
    let n = N_REPLICAS;
    let mut sampler = row.sampler(engine, n, 41);
    let mut verdicts = vec![checks::invariance(row, sampler.as_mut(), 8, n)];
    drop(sampler);
    if row.ergodic {
        let mut sampler = row.sampler(engine, 60, 42);
        verdicts.push(checks::moments(row, sampler.as_mut(), 60, [150, 250]));
    }
    if row.reversible {
        let mut sampler = row.sampler(engine, 6 * n, 43);
        verdicts.push(checks::symmetric_flux(row, sampler.as_mut(), 6 * n));
        drop(sampler);
        let mut sampler = row.sampler(engine, n, 44);
        verdicts.push(checks::uniform_ranks(row, sampler.as_mut(), n));
    }
    verdicts.into_iter().filter_map(Result::err).collect()
}

/// Every molecular row on one machine, exactness first, then bits.
fn conforms(machine: &Machine) {
    let mut found = Vec::new();
    let mut engines: BTreeMap<usize, Box<dyn Engine>> = BTreeMap::new();
    for row in molecular_rows() {
        let engine = engines
            .entry(row.target as usize)
            .or_insert_with(|| machine.engine(&row));
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
fn every_molecular_row_conforms_on_the_cpu_engine() {
    conforms(&Machine::Cpu);
}

#[test]
fn every_molecular_row_conforms_on_the_gpu_engine() {
    if let Some(machine) = Machine::gpu() {
        conforms(&machine);
    }
}

#[test]
fn the_molecules_are_the_targets() {
    for row in molecular_rows() {
        let target = (row.target)();
        let chain = exact_chain(&row, 20, 46);
        for replica in 0..20 {
            let x = chain.state.replica_positions(replica);
            let (terms, forces) = reference_energies(&system(&row), x.as_chunks().0);
            let error = (terms.total() - target.energy(x)).abs();
            assert!(error < 1e-9, "{}: {error:e} kJ/mol", row.name);
            for (found, expected) in forces.as_flattened().iter().zip(target.forces(x)) {
                let error = (found - expected).abs();
                assert!(error < 1e-3, "{}: {found} for {expected}", row.name);
            }
        }
        assert_eq!(system(&row).masses_da, target.masses_da());
    }
}

/// Share of replicas that end at the same place.
fn agreement(a: &Chain, b: &Chain) -> f64 {
    let n_replicas = a.state.n_replicas;
    let same = |replica: &usize| {
        let pairs = a.state.replica_positions(*replica).iter();
        let mut pairs = pairs.zip(b.state.replica_positions(*replica));
        pairs.all(|(a, b)| (a - b).abs() < 1e-4)
    };
    (0..n_replicas).filter(same).count() as f64 / n_replicas as f64
}

#[test]
fn both_engines_decide_alike_and_count_alike() {
    let Some(gpu) = Machine::gpu() else { return };
    for row in molecular_rows() {
        let n_replicas = 3000;
        let start = exact_chain(&row, n_replicas, 47);
        let outcomes = [&Machine::Cpu, &gpu].map(|machine| {
            let mut engine = machine.engine(&row);
            let mut sampler = row.sampler(engine.as_mut(), n_replicas, 48);
            let mut chain = start.clone();
            sampler.run(&mut chain, 1).unwrap();
            (chain, sampler.statistics()[0])
        });
        let [(on_cpu, cpu), (on_gpu, gpu)] = outcomes;
        let share = agreement(&on_cpu, &on_gpu);
        assert!(share >= 0.999, "{}: only {share} decide alike", row.name);
        assert_ne!(on_cpu.state.positions, start.state.positions);
        assert_eq!(cpu.proposed, gpu.proposed, "{}", row.name);
        assert_eq!([cpu.non_finite, gpu.non_finite], [0, 0], "{}", row.name);
        let flips = cpu.accepted.abs_diff(gpu.accepted) as f64;
        assert!(
            flips <= 0.001 * cpu.proposed as f64,
            "{}: {flips}",
            row.name
        );
        assert_eq!(
            on_cpu.n_energy_evaluations, on_gpu.n_energy_evaluations,
            "{}",
            row.name
        );
    }
}
