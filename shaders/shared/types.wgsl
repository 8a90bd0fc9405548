// The structs that host and device share. Their Rust twins are in src/gpu/shader/layout.rs; a test compares the two by reflection.

/// What changes from one dispatch to the next.
struct Settings {
    n_steps: u32,
    first_replica: u32,
    /// Always zero; the compiler must not know (see `opaque`).
    zero: u32,
    /// Proposals of the dispatch, for kernels that test them.
    n_moves: u32,
    /// Steps of the run before this dispatch, low and high word.
    step_low: u32,
    step_high: u32,
    /// Philox key.
    key_low: u32,
    key_high: u32,
    timestep_ps: f32,
    inverse_timestep_per_ps: f32,
    /// exp(-friction dt) and sqrt(1 - exp(-2 friction dt)).
    damping: f32,
    noise: f32,
    /// Where the outcomes of the kernel's tests begin.
    outcome_start: u32,
    /// Where the torsion leaps begin in the table of moves.
    leap_start: u32,
    /// Replicas of the batch; those beyond only fill the last workgroup.
    n_replicas: u32,
    /// Stages of a step of the splitting; trajectories are whole steps.
    n_stages: u32,
}

/// Parameters of one atom.
struct Atom {
    charge: f32,
    /// Intrinsic Born radius R, offset radius rho and scaled radius s in nm.
    radius: f32,
    rho: f32,
    screened: f32,
    alpha: f32,
    beta: f32,
    gamma: f32,
    inverse_mass: f32,
    inverse_root_mass: f32,
    mass: f32,
    padding_0: f32,
    padding_1: f32,
}

struct Bond {
    atom_0: u32,
    atom_1: u32,
    length: f32,
    k: f32,
}

struct Angle {
    atom_0: u32,
    atom_1: u32,
    atom_2: u32,
    padding_0: u32,
    angle: f32,
    k: f32,
    padding_1: u32,
    padding_2: u32,
}

/// A Fourier series of up to six orders.
struct Torsion {
    atom_0: u32,
    atom_1: u32,
    atom_2: u32,
    atom_3: u32,
    constant: f32,
    n_orders: u32,
    padding_0: u32,
    padding_1: u32,
    /// `[along_cosine, along_sine]` of two orders each.
    coefficients: array<vec4<f32>, 3>,
}

struct HarmonicTorsion {
    atom_0: u32,
    atom_1: u32,
    atom_2: u32,
    atom_3: u32,
    angle: f32,
    k: f32,
    padding_0: u32,
    padding_1: u32,
}

/// Two torsions with an energy map.
struct MappedTorsions {
    /// Atoms of each torsion.
    first: vec4<u32>,
    second: vec4<u32>,
    /// The map's first entry in `patches`.
    patch_start: u32,
    /// Cells along each torsion.
    size: u32,
    padding_0: u32,
    padding_1: u32,
}

/// A rigid bond; both ends count from the first atom of its cluster's list.
struct RigidBond {
    local_0: u32,
    local_1: u32,
    distance: f32,
    /// 1 / (1/m0 + 1/m1).
    reduced_mass: f32,
}

/// Rigid bonds that share atoms: one thread solves them in turn.
struct Cluster {
    first_bond: u32,
    n_bonds: u32,
    first_atom: u32,
    n_atoms: u32,
}

/// First failure of a replica since the host cleared it, in steps of the run; `NO_FAILURE` where there is none.
struct Failure {
    force_step: u32,
    atom_index: u32,
    worst_force: f32,
    constraint_step: u32,
}
