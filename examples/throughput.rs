//! Wall-clock cost of a Langevin step for the molecule of a PDB file, as one JSON object on stdout. Writes no frames.
//!
//!     cargo run --release --example throughput -- peptide.pdb REPLICAS THREADS SECONDS
//!
//! ff14SB, OBC1, 1 fs, 310 K, no constraints, no cutoff. `benches/openmm_comparison.py` runs it beside OpenMM.
#![expect(clippy::print_stdout, reason = "the JSON object goes to stdout")]

use saltus::cpu::{CpuOptions, engine};
use saltus::forcefield::{BornModel, ForceField, SystemOptions};
use saltus::integrator::{Engine, LangevinSettings};
use saltus::state::State;
use saltus::topology::pdb;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

const TEMPERATURE_KELVIN: f64 = 310.0;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, n_replicas, threads, seconds] = arguments.as_slice() else {
        return Err("expected four arguments: FILE.pdb REPLICAS THREADS SECONDS".into());
    };
    let n_replicas: usize = n_replicas.parse()?;
    let molecule = pdb::read(Path::new(file))?;
    let options = SystemOptions {
        solvent: Some(BornModel::Obc1),
        ..SystemOptions::default()
    };
    let system = ForceField::builtin("amber14")?.assign(&molecule.topology, &options)?;
    let options = CpuOptions {
        threads: threads.parse()?,
        ..CpuOptions::default()
    };
    let mut engine = engine(&system, &options)?;
    let mut state = State::replicate(&molecule.positions, n_replicas);
    let duration = Duration::from_secs_f64(seconds.parse()?);
    let (n_steps, elapsed) = measure(engine.as_mut(), &mut state, duration)?;
    let n_replica_steps = n_steps as f64 * n_replicas as f64;
    println!(
        "{}",
        serde_json::json!({
            "n_atoms": system.n_atoms(),
            "n_replicas": n_replicas,
            "device": engine.description(),
            "n_steps": n_steps,
            "us_per_replica_step": elapsed.as_secs_f64() * 1e6 / n_replica_steps,
        })
    );
    Ok(())
}

/// Steps taken and the time they took, after a tenth of it as warm-up.
fn measure(
    engine: &mut dyn Engine,
    state: &mut State,
    duration: Duration,
) -> Result<(u64, Duration), Box<dyn Error>> {
    let temperatures_kelvin = vec![TEMPERATURE_KELVIN; state.n_replicas];
    engine.draw_velocities(state, &temperatures_kelvin, 1, 0);
    let settings = LangevinSettings {
        timestep_ps: 0.001,
        friction_per_ps: 1.0,
        temperatures_kelvin,
        seed: 1,
    };
    let mut run = |duration: Duration| -> Result<(u64, Duration), Box<dyn Error>> {
        let (start, mut n_steps) = (Instant::now(), 0);
        while start.elapsed() < duration {
            engine.langevin(state, &settings, 100)?;
            n_steps += 100;
        }
        Ok((n_steps, start.elapsed()))
    };
    run(duration / 10)?;
    run(duration)
}
