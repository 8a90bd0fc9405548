//! Langevin dynamics of 64 alanine dipeptides from Rust: mean energy, temperature and how many have phi > 0. Writes no file.
//!
//!     cargo run --release --example langevin -- 20
//!
//! The argument is the length in ps.
#![expect(clippy::print_stdout, reason = "an example shows its numbers")]

use saltus::cpu::{CpuOptions, engine};
use saltus::forcefield::{BornModel, ForceField, SystemOptions};
use saltus::integrator::{MinimizeSettings, minimize};
use saltus::mcmc::{Chain, Kernel, LangevinKernel};
use saltus::state::State;
use saltus::topology::{Sequence, TorsionKind, backbone_torsions, build, torsion_rad};
use saltus::units::BOLTZMANN_KJ_PER_MOL_K;
use std::error::Error;

const N_REPLICAS: usize = 64;
const TEMPERATURE_KELVIN: f64 = 310.0;
const SEED: u64 = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let picoseconds: u64 = std::env::args()
        .nth(1)
        .map_or(Ok(20), |text| text.parse())?;
    let mut molecule = build(&Sequence::parse("ACE-ALA-NME")?, &[])?;
    let options = SystemOptions {
        solvent: Some(BornModel::Obc1),
        ..SystemOptions::default()
    };
    let system = ForceField::builtin("amber14")?.assign(&molecule.topology, &options)?;
    let mut engine = engine(&system, &CpuOptions::default())?;
    let settings = MinimizeSettings::default();
    minimize(engine.as_mut(), &mut molecule.positions, &settings);

    let mut chain = Chain {
        state: State::replicate(&molecule.positions, N_REPLICAS),
        temperatures_kelvin: vec![TEMPERATURE_KELVIN; N_REPLICAS],
        ..Chain::default()
    };
    engine.draw_velocities(&mut chain.state, &chain.temperatures_kelvin, SEED, 0);
    let phi = backbone_torsions(&molecule.topology)
        .into_iter()
        .find(|torsion| torsion.kind == TorsionKind::Phi)
        .ok_or("the molecule has no phi")?;

    // Any kernel could stand here: one picosecond of dynamics a step, all replicas at once.
    let mut kernel = LangevinKernel::new(1000, 0.001, 1.0, SEED);
    for _ in 0..picoseconds {
        kernel.step(&mut chain, engine.as_mut())?;
        let potential = mean(chain.energies(engine.as_mut()));
        let kinetic = mean(&chain.kinetic_energies(engine.masses_da()));
        let freedom = engine.n_degrees_of_freedom() as f64;
        let temperature = 2.0 * kinetic / freedom / BOLTZMANN_KJ_PER_MOL_K;
        let n_positive = (0..N_REPLICAS)
            .filter(|&replica| {
                let positions = chain.state.replica_positions(replica).as_chunks::<3>().0;
                torsion_rad(positions, phi.atoms) > 0.0
            })
            .count();
        println!(
            "{:6.1} ps  potential energy {potential:8.2} kJ/mol  temperature {temperature:5.1} K  phi > 0: {n_positive}",
            chain.time_ps
        );
    }
    Ok(())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
