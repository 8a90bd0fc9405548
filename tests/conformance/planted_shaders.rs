//! Errors planted in copies of the shaders, and in proposals that a GPU evaluates: the suite must notice each.

use crate::adapter;
use crate::checks;
use crate::cycles::{self, cycles};
use crate::engines::faults;
use crate::machines::Machine;
use crate::planted::{Fault, Faulty};
use crate::table::{Make, Row, rows};
use saltus::gpu::{CycleSampler, ShaderSources};
use saltus::mcmc::{HostSampler, MetropolisKernel};

const N_REPLICAS: usize = 2400;

/// A row of a table by its name.
fn named(rows: Vec<Row>, name: &str) -> Row {
    rows.into_iter().find(|row| row.name == name).unwrap()
}

/// The verdict on a cycle whose shaders have one text replaced.
fn verdict(
    name: &str,
    make: fn(u64, &ShaderSources) -> CycleSampler,
    sources: &ShaderSources,
) -> Result<(), String> {
    let row = named(cycles(), name);
    checks::invariance(&row, &mut make(71, sources), 12, N_REPLICAS)
}

/// The cycle passes with the shaders as they are, and with none of the texts replaced.
fn are_caught(
    name: &str,
    make: fn(u64, &ShaderSources) -> CycleSampler,
    faults: &[(&str, &str, &str)],
) {
    if adapter::choice().is_none() {
        return;
    }
    verdict(name, make, &ShaderSources::default()).expect("sound shaders pass");
    for (path, from, to) in faults {
        let sources = ShaderSources::default().replaced(path, from, to).unwrap();
        let verdict = verdict(name, make, &sources);
        assert!(verdict.is_err(), "`{to}` in {path} was not noticed");
    }
}

#[test]
fn wrong_tests_of_torsion_moves_are_caught() {
    are_caught(
        "cycle of torsion, four atoms",
        cycles::torsions,
        &[
            // A wrong temperature.
            (
                "mcmc/metropolis.wgsl",
                "/ thermal_energies[replica];",
                "/ (1.2 * thermal_energies[replica]);",
            ),
            // Everything accepted.
            (
                "mcmc/metropolis.wgsl",
                "logarithm(uniform_value) < log_ratio",
                "log_ratio < 1e30",
            ),
            // Energies compared with that of a state left long ago.
            (
                "mcmc/metropolis.wgsl",
                "current_energy = proposed_energy;",
                "",
            ),
            // Turns one way only: not symmetric, although the ratio says so.
            (
                "proposal/torsion.wgsl",
                "select(uniform_number(turns.z)",
                "select(0.2 * uniform_number(turns.z)",
            ),
        ],
    );
}

#[test]
fn wrong_tests_of_hmc_are_caught() {
    are_caught(
        "cycle of hmc, springs",
        cycles::hmc_on_springs,
        &[
            // The kinetic energy left out of the test.
            (
                "mcmc/hmc.wgsl",
                "(gain.x + gain.y) / thermal_energies[replica]",
                "0.0",
            ),
            // A rejected state kept.
            (
                "mcmc/metropolis.wgsl",
                "position[k] = kept_position[k];",
                "",
            ),
            // Velocities too hot.
            (
                "mcmc/hmc.wgsl",
                "velocity[k] = width",
                "velocity[k] = 1.05 * width",
            ),
        ],
    );
}

#[test]
fn wrong_noise_of_langevin_is_caught() {
    are_caught(
        "cycle of langevin, springs",
        cycles::langevin_on_springs,
        &[(
            "integrator/steps.wgsl",
            "settings.noise * sqrt",
            "1.05 * settings.noise * sqrt",
        )],
    );
}

/// The GPU engine as a row's machine, with one text of the shaders replaced.
fn tampered(path: &str, from: &str, to: &str) -> Option<Machine> {
    let sources = ShaderSources::default().replaced(path, from, to).unwrap();
    Some(Machine::Gpu(adapter::choice()?, sources))
}

#[test]
fn a_wrong_energy_of_the_engine_is_caught() {
    let row = named(rows(), "hmc, springs");
    let machine = tampered(
        "forcefield/bond.wgsl",
        "0.5 * tension * stretch",
        "0.55 * tension * stretch",
    );
    let Some(machine) = machine else { return };
    let found = faults(&row, machine.engine(&row).as_mut());
    assert!(!found.is_empty(), "the energy of a bond is 10 % too large");
}

/// Faults of proposals that a GPU evaluates.
#[test]
fn wrong_ratios_on_the_gpu_engine_are_caught() {
    let Some(machine) = Machine::gpu() else {
        return;
    };
    for (name, fault) in [
        ("mala, springs", Fault::WrongSign),
        ("hmc, springs", Fault::ForgottenAuxiliary),
    ] {
        let row = named(rows(), name);
        let mut engine = machine.engine(&row);
        let Make::Proposal(make) = row.make else {
            panic!("{name} is not a row of a proposal");
        };
        let mut verdict = |proposal| {
            let kernel = MetropolisKernel::new(proposal, N_REPLICAS, 72);
            let mut sampler = HostSampler::lent(engine.as_mut(), vec![Box::new(kernel)]);
            checks::invariance(&row, &mut sampler, 20, N_REPLICAS)
        };
        verdict(make()).expect("the sound proposal passes");
        let sound = make();
        let verdict = verdict(Box::new(Faulty { sound, fault }));
        assert!(verdict.is_err(), "{name}: the fault was not noticed");
    }
}
