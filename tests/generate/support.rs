//! Molecules and systems. No tests of its own.

use saltus::integrator::{Engine, MinimizeSettings, minimize};
use saltus::topology::{Molecule, Sequence, build};
use saltus::{BornModel, ForceField, System, SystemOptions};

pub(crate) const TEMPERATURE_KELVIN: f64 = 310.0;

pub(crate) fn molecule(sequence: &str) -> Molecule {
    build(&Sequence::parse(sequence).unwrap(), &[]).unwrap()
}

pub(crate) fn system(molecule: &Molecule) -> System {
    let options = SystemOptions {
        solvent: Some(BornModel::Obc1),
        ..SystemOptions::default()
    };
    let force_field = ForceField::builtin("amber14").unwrap();
    force_field.assign(&molecule.topology, &options).unwrap()
}

pub(crate) fn minimized(sequence: &str) -> (Molecule, Box<dyn Engine>) {
    let mut molecule = molecule(sequence);
    let options = saltus::cpu::CpuOptions::default();
    let mut engine = saltus::cpu::engine(&system(&molecule), &options).unwrap();
    let settings = MinimizeSettings::default();
    minimize(engine.as_mut(), &mut molecule.positions, &settings);
    (molecule, engine)
}
