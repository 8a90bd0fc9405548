//! The structs that host and device share; a test compares each with naga's reflection of shaders/shared/types.wgsl.

use bytemuck::{Pod, Zeroable};

/// What changes from one dispatch to the next; the one uniform.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Default, Pod, Zeroable)]
pub struct Settings {
    /// Time steps of the dispatch.
    pub n_steps: u32,
    /// Number of the batch's first replica, for the noise counters.
    pub first_replica: u32,
    /// Zero, which the shader compiler must not know.
    pub zero: u32,
    /// Moves of the dispatch, for kernels that test proposals.
    pub n_moves: u32,
    /// Steps before this dispatch, low word.
    pub step_low: u32,
    /// High word.
    pub step_high: u32,
    /// Philox key, low word.
    pub key_low: u32,
    /// High word.
    pub key_high: u32,
    /// Time step in ps.
    pub timestep_ps: f32,
    /// Its inverse in ps⁻¹.
    pub inverse_timestep_per_ps: f32,
    /// exp(-friction dt).
    pub damping: f32,
    /// sqrt(1 - exp(-2 friction dt)).
    pub noise: f32,
    /// Where the outcomes of the kernel's tests begin.
    pub outcome_start: u32,
    /// Where the torsion leaps begin in the table of moves.
    pub leap_start: u32,
    /// Replicas of the batch; those beyond only fill the last workgroup.
    pub n_replicas: u32,
    /// Stages of a step of the splitting, 1 to 3, for trajectories of constant energy.
    pub n_stages: u32,
}

/// Parameters of one atom.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Default, Pod, Zeroable)]
pub struct Atom {
    /// Charge in e.
    pub charge: f32,
    /// Intrinsic Born radius in nm.
    pub radius: f32,
    /// Offset radius in nm.
    pub rho: f32,
    /// Screened offset radius in nm.
    pub screened: f32,
    /// First coefficient of the tanh.
    pub alpha: f32,
    /// Second coefficient.
    pub beta: f32,
    /// Third coefficient.
    pub gamma: f32,
    /// 1/m in Da⁻¹.
    pub inverse_mass: f32,
    /// 1/sqrt(m) in Da⁻½.
    pub inverse_root_mass: f32,
    /// m in Da.
    pub mass: f32,
    /// Unused.
    pub padding_0: f32,
    /// Unused.
    pub padding_1: f32,
}

/// A harmonic bond.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Default, Pod, Zeroable)]
pub struct Bond {
    /// First atom.
    pub atom_0: u32,
    /// Second atom.
    pub atom_1: u32,
    /// Equilibrium length in nm.
    pub length: f32,
    /// Force constant in kJ mol⁻¹ nm⁻².
    pub k: f32,
}

/// A harmonic angle.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Default, Pod, Zeroable)]
pub struct Angle {
    /// Outer atom.
    pub atom_0: u32,
    /// Vertex.
    pub atom_1: u32,
    /// Outer atom.
    pub atom_2: u32,
    /// Unused.
    pub padding_0: u32,
    /// Equilibrium angle in rad.
    pub angle: f32,
    /// Force constant in kJ mol⁻¹ rad⁻².
    pub k: f32,
    /// Unused.
    pub padding_1: u32,
    /// Unused.
    pub padding_2: u32,
}

/// Highest periodicity the kernels carry.
pub const MAX_PERIODICITY: usize = 6;

/// A Fourier series of torsions.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Default, Pod, Zeroable)]
pub struct Torsion {
    /// First atom.
    pub atom_0: u32,
    /// Second atom.
    pub atom_1: u32,
    /// Third atom.
    pub atom_2: u32,
    /// Fourth atom.
    pub atom_3: u32,
    /// Constant in kJ/mol.
    pub constant: f32,
    /// Orders in use.
    pub n_orders: u32,
    /// Unused.
    pub padding_0: u32,
    /// Unused.
    pub padding_1: u32,
    /// `[along_cosine, along_sine]` of every order in kJ/mol.
    pub coefficients: [[f32; 4]; MAX_PERIODICITY / 2],
}

/// A harmonic torsion.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Default, Pod, Zeroable)]
pub struct HarmonicTorsion {
    /// First atom.
    pub atom_0: u32,
    /// Second atom.
    pub atom_1: u32,
    /// Third atom.
    pub atom_2: u32,
    /// Fourth atom.
    pub atom_3: u32,
    /// Equilibrium angle in rad.
    pub angle: f32,
    /// Force constant in kJ mol⁻¹ rad⁻².
    pub k: f32,
    /// Unused.
    pub padding_0: u32,
    /// Unused.
    pub padding_1: u32,
}

/// Two torsions with an energy map.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
pub struct MappedTorsions {
    /// Atoms of the first torsion.
    pub first: [u32; 4],
    /// Atoms of the second.
    pub second: [u32; 4],
    /// First entry of the map in the table of patches.
    pub patch_start: u32,
    /// Cells of the map along each torsion.
    pub size: u32,
    /// Unused.
    pub padding_0: u32,
    /// Unused.
    pub padding_1: u32,
}

/// A rigid bond within its cluster.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Default, Pod, Zeroable)]
pub struct RigidBond {
    /// Place of the first atom in the cluster's list.
    pub local_0: u32,
    /// Place of the second atom.
    pub local_1: u32,
    /// Distance in nm.
    pub distance: f32,
    /// 1 / (1/m0 + 1/m1) in Da.
    pub reduced_mass: f32,
}

/// Rigid bonds that share atoms.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
pub struct Cluster {
    /// First of its bonds.
    pub first_bond: u32,
    /// Number of bonds.
    pub n_bonds: u32,
    /// First of its atoms in the list of all clusters' atoms.
    pub first_atom: u32,
    /// Number of atoms.
    pub n_atoms: u32,
}

/// First failure of a replica since the host cleared it.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Default, Pod, Zeroable)]
pub struct Failure {
    /// Step of the run (its low word) at which a force left the range of physics, or [`NO_FAILURE`].
    pub force_step: u32,
    /// Atom with the largest force then.
    pub atom_index: u32,
    /// Square of that force.
    pub worst_force: f32,
    /// Step of the run (its low word) at which constraints failed, or [`NO_FAILURE`].
    pub constraint_step: u32,
}

/// No failure so far.
pub const NO_FAILURE: u32 = u32::MAX;
