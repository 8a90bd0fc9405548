//! Energies of a peptide from its sequence, in vacuum and in implicit water; `saltus energy` does it from a YAML file. Simulates nothing.
//!
//!     cargo run --release --example energy -- ACE-ALA-NME
#![expect(clippy::print_stdout, reason = "an example shows its numbers")]

use saltus::cpu::{CpuOptions, engine};
use saltus::forcefield::{BornModel, ForceField, SystemOptions, reference_energies};
use saltus::integrator::{MinimizeSettings, minimize};
use saltus::topology::{Sequence, build};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let text = std::env::args().nth(1);
    let sequence = Sequence::parse(text.as_deref().unwrap_or("ACE-ALA-NME"))?;
    let mut molecule = build(&sequence, &[])?;
    let force_field = ForceField::builtin("amber14")?;

    for solvent in [None, Some(BornModel::Obc1)] {
        let options = SystemOptions {
            solvent,
            ..SystemOptions::default()
        };
        let system = force_field.assign(&molecule.topology, &options)?;
        let mut engine = engine(&system, &CpuOptions::default())?;
        let settings = MinimizeSettings::default();
        let minimized = minimize(engine.as_mut(), &mut molecule.positions, &settings);
        // The engine gives sums, fast; the reference is slow and tells the terms apart.
        let (terms, _forces) = reference_energies(&system, &molecule.positions);
        println!(
            "{solvent:?}: {:.4} kJ/mol by the engine, {:.4} by the f64 reference\n  {terms:?}",
            minimized.final_energy_kj_per_mol,
            terms.total(),
        );
    }
    Ok(())
}
