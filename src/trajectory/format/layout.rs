//! Where everything lies inside a trajectory file: names, units, chunk size.
//!
//! H5MD (doi:10.1016/j.cpc.2014.01.018) and MDTraj's HDF5 convention share every dataset through hard links.

/// A per-frame dataset under its H5MD path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// Path of the dataset itself.
    pub(crate) path: &'static str,
    /// Second name at the root, where MDTraj looks.
    pub(crate) root_link: Option<&'static str>,
    /// H5MD's `unit` attribute, empty for pure numbers.
    pub(crate) unit: &'static str,
    /// MDTraj's `units` attribute.
    pub(crate) units: &'static str,
}

/// Positions, f32 `[n_frames, n_atoms, 3]`.
pub(crate) const POSITIONS: Column = Column {
    path: "/particles/trajectory/position/value",
    root_link: Some("coordinates"),
    unit: "nm",
    units: "nanometers",
};

/// Velocities, f32 `[n_frames, n_atoms, 3]`.
pub(crate) const VELOCITIES: Column = Column {
    path: "/particles/trajectory/velocity/value",
    root_link: Some("velocities"),
    unit: "nm ps-1",
    units: "nanometers/picosecond",
};

/// Step counts, i64 `[n_frames]`.
pub(crate) const STEP: Column = Column {
    path: "/particles/trajectory/position/step",
    root_link: None,
    unit: "",
    units: "",
};

/// Simulated time, f64 `[n_frames]`.
pub(crate) const TIME: Column = Column {
    path: "/particles/trajectory/position/time",
    root_link: Some("time"),
    unit: "ps",
    units: "picoseconds",
};

/// Potential energy, f64 `[n_frames]`.
pub(crate) const POTENTIAL_ENERGY: Column = Column {
    path: "/observables/potential_energy/value",
    root_link: Some("potentialEnergy"),
    unit: "kJ mol-1",
    units: "kilojoules_per_mole",
};

/// Kinetic energy, f64 `[n_frames]`.
pub(crate) const KINETIC_ENERGY: Column = Column {
    path: "/observables/kinetic_energy/value",
    root_link: Some("kineticEnergy"),
    unit: "kJ mol-1",
    units: "kilojoules_per_mole",
};

/// Instantaneous temperature, f64 `[n_frames]`.
pub(crate) const TEMPERATURE: Column = Column {
    path: "/observables/temperature/value",
    root_link: Some("temperature"),
    unit: "K",
    units: "kelvin",
};

/// Acceptance of every kernel, f64 `[n_frames, n_kernels]`; absent without kernels.
pub(crate) const ACCEPTANCE: Column = Column {
    path: "/saltus/acceptance",
    root_link: None,
    unit: "",
    units: "",
};

/// MDTraj's topology: JSON, one fixed-length string.
pub(crate) const TOPOLOGY: &str = "/topology";

/// Our own group: attributes of the run and the datasets below.
pub(crate) const SALTUS: &str = "/saltus";
/// The full YAML input.
pub(crate) const INPUT_YAML: &str = "/saltus/input_yaml";
/// Kernel names, a JSON array.
pub(crate) const KERNEL_NAMES: &str = "/saltus/kernel_names_json";
/// Free JSON.
pub(crate) const METADATA: &str = "/saltus/metadata_json";
/// ln of importance weights, f64 `[n_frames]`; only in files of independent draws.
pub(crate) const LOG_WEIGHTS: &str = "/saltus/log_weights";
/// Masses in Da, f64 `[n_atoms]`.
pub(crate) const MASSES: &str = "/saltus/masses_da";

const CHUNK_BYTES: usize = 128 * 1024;
const MIN_FRAMES_PER_CHUNK: usize = 16;
const MAX_FRAMES_PER_CHUNK: usize = 256;

/// Frames of one chunk: positions of about 128 KiB, 16 to 256 frames.
pub(crate) fn frames_per_chunk(n_atoms: usize) -> usize {
    (CHUNK_BYTES / (n_atoms.max(1) * 3 * size_of::<f32>()))
        .clamp(MIN_FRAMES_PER_CHUNK, MAX_FRAMES_PER_CHUNK)
}

#[cfg(test)]
mod tests {
    use super::frames_per_chunk;

    #[test]
    fn chunk_follows_the_atom_count() {
        assert_eq!(frames_per_chunk(0), 256);
        assert_eq!(frames_per_chunk(22), 256);
        assert_eq!(frames_per_chunk(138), 79);
        assert_eq!(frames_per_chunk(100_000), 16);
    }
}
