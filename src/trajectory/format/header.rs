//! What a trajectory says about itself, once: the molecule, the run, the device.

use crate::topology::Topology;

/// Everything a trajectory file states beside its frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// Atoms, residues and bonds.
    pub topology: Topology,
    /// The input file, whole, as the user wrote it.
    pub input_yaml: String,
    /// Version of the program that wrote the file.
    pub program_version: String,
    /// Seed of the run.
    pub seed: u64,
    /// Device, instruction set and precision.
    pub device: String,
    /// Whether every kernel leaves the Boltzmann distribution exactly invariant.
    pub exact: bool,
    /// Kernels in the order of the sampler list.
    pub kernel_names: Vec<String>,
    /// Which replica this file holds.
    pub replica: usize,
    /// Bath temperature in K.
    pub temperature_kelvin: f64,
    /// Kinetic degrees of freedom.
    pub n_degrees_of_freedom: usize,
    /// Masses in Da, `[n_atoms]`.
    pub masses_da: Vec<f64>,
    /// Whether frames carry velocities.
    pub velocities: bool,
    /// ln of the importance weight of every frame of a file of `saltus generate`; empty for the frames of a chain.
    pub log_weights: Vec<f64>,
    /// Anything else, kept as JSON.
    pub metadata: serde_json::Value,
}

impl Default for Header {
    fn default() -> Self {
        Self {
            topology: Topology::default(),
            input_yaml: String::new(),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: 0,
            device: String::new(),
            exact: true,
            kernel_names: Vec::new(),
            replica: 0,
            temperature_kelvin: 0.0,
            n_degrees_of_freedom: 0,
            masses_da: Vec::new(),
            velocities: false,
            log_weights: Vec::new(),
            metadata: serde_json::Value::Null,
        }
    }
}
