//! The physics of the engine: parameters, energies, forces and integrators against OpenMM, the f64 reference and theory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "measured deviations belong in the log")]

mod constraint_failures;
mod correction_maps;
mod cpu_engine;
mod force_field_files;
mod forces;
mod impossible_parameters;
mod integrators;
mod openmm_parity;
mod openmm_reference;
mod plain_energy;
mod position;
